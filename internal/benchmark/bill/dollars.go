package bill

import "math/big"

// Dollars are exact.
type Dollars struct{ *big.Rat }

// Total is the sum of all lines.
func (b Bill) Total() Dollars {
	sum := new(big.Rat)
	for _, l := range b {
		sum.Add(sum, l.Sum.Rat)
	}
	return Dollars{sum}
}

// PerMillion makes of what so many alerts cost what a million of them cost.
func (d Dollars) PerMillion(alerts int) Dollars {
	return Dollars{new(big.Rat).Mul(d.Rat, big.NewRat(1e6, int64(alerts)))}
}

// AtMost says whether it is at most so many dollars.
func (d Dollars) AtMost(dollars int64) bool { return d.Cmp(big.NewRat(dollars, 1)) <= 0 }

// MarshalJSON implements json.Marshaler: a number, to a hundredth of a cent.
func (d Dollars) MarshalJSON() ([]byte, error) {
	if d.Rat == nil {
		return []byte("null"), nil
	}
	return []byte(d.FloatString(4)), nil
}
