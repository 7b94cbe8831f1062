package intel

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseLimits reads limits as they stand in an environment variable, separated by commas: 4/minute, 500/day. Empty is what
// is usual; none is none. The error names all that cannot be read.
func ParseLimits(list string, usual ...Limit) ([]Limit, error) {
	switch list = strings.TrimSpace(list); list {
	case "":
		return usual, nil
	case "none":
		return nil, nil
	}
	var limits []Limit
	var errs []error
	for one := range strings.SplitSeq(list, ",") {
		l, err := parseLimit(strings.TrimSpace(one))
		if err == nil && slices.ContainsFunc(limits, func(other Limit) bool { return other.Per == l.Per }) {
			err = fmt.Errorf("limit: %.40q, expected one for each period", one)
		}
		if err != nil {
			errs = append(errs, err)
		}
		limits = append(limits, l)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return limits, nil
}

// mostLimit is more than any service allows.
const mostLimit = 1_000_000_000

func parseLimit(s string) (Limit, error) {
	most, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(most))
	l := Limit{Per: Period(strings.TrimSpace(per)), Most: n}
	switch l.Per {
	case Minute, Hour, Day, Month:
	default:
		err = errors.New("the period is none")
	}
	if err != nil || n < 1 || n > mostLimit {
		return Limit{}, fmt.Errorf("limit: %.40q, expected a number from 1 on and a period, as in 4/minute or 500/day (hour, month)", s)
	}
	return l, nil
}
