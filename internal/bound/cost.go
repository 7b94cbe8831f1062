package bound

// The memory that values take when they are decoded, in bytes, and what is thrown away while lists and maps grow.
const (
	costObject = 400 // with one field; an empty one takes less
	costList   = 64
	costValue  = 100
)

var costs = weights{'{': costObject, '[': costList, ',': costValue}

// Cost estimates the bytes that it takes to decode a JSON text, besides its own: an object takes hundreds, and two in the
// text. It tends to say too much. A text that is no JSON has some cost too.
func Cost(text string) int { return costs.of(text) }
