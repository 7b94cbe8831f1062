package bound

// weights are what each byte of a JSON text counts that stands in no string.
type weights [256]int

var objects = weights{'{': 1, '[': 1}

// Objects counts the objects and lists in a JSON text, without decoding it: each takes hundreds of bytes of memory when
// it is decoded, and two in the text. A text that is no JSON has some count too.
func Objects(text string) int { return objects.of(text) }

func (w *weights) of(text string) (n int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted:
			n += w[c]
		}
	}
	return n
}
