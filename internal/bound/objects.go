package bound

// Objects counts the objects and lists in a JSON text, without decoding it: each takes hundreds of bytes of memory when
// it is decoded, and two in the text. A text that is no JSON has some count too.
func Objects(text string) (n int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '{' || c == '['):
			n++
		}
	}
	return n
}
