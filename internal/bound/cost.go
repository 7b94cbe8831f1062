package bound

// The memory that values take when they are decoded, in bytes, and what is thrown away while lists and maps grow.
const (
	costObject = 400 // with one field; an empty one takes less
	costList   = 64
	costValue  = 100
)

// Cost estimates the bytes that it takes to decode a JSON text, besides its own: an object takes hundreds, and two in the
// text. It tends to say too much. A text that is no JSON has some cost too.
func Cost(text string) (n int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{':
			n += costObject
		case '[':
			n += costList
		case ',':
			n += costValue
		}
	}
	return n
}
