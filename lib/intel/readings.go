package intel

import (
	"encoding/base64"
	"strings"
)

const (
	mostLayers = 8 // links stand in links; deeper is an attack, whose inner layers tell nobody anything
	leastCoded = 8 // characters
)

// readings are what a text says to whoever takes it apart, in lower case: as it stands, without each layer of percent signs, and what in it
// is base64, as links that are made for one person have his address.
func readings(text string) []string {
	var out []string
	for _, s := range layers(text) {
		out = append(out, strings.ToLower(s))
		for _, coded := range decoded(s) {
			for _, inner := range layers(coded) {
				out = append(out, strings.ToLower(inner))
			}
		}
	}
	return out
}

func layers(s string) []string {
	out := []string{s}
	for range mostLayers {
		once := unescaped(s)
		if once == s {
			break
		}
		s = once
		out = append(out, s)
	}
	return out
}

// unescaped takes one layer of percent signs away. What is no escape stays: others stand behind it.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && nibble(s[i+1]) >= 0 && nibble(s[i+2]) >= 0 {
			b.WriteByte(byte(nibble(s[i+1])<<4 | nibble(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func nibble(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }

// decoded are the texts in base64, in both of its alphabets (RFC 4648, sections 4 and 5).
func decoded(s string) (out []string) {
	for extra, e := range map[string]*base64.Encoding{"+/": base64.RawStdEncoding, "-_": base64.RawURLEncoding} {
		coded := func(r rune) bool {
			return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(extra, r)
		}
		for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return !coded(r) }) {
			if len(run) < leastCoded {
				continue
			}
			b := make([]byte, e.DecodedLen(len(run)))
			n, _ := e.Decode(b, []byte(run)) // up to where it is none any more
			out = append(out, string(b[:n]))
		}
	}
	return out
}

// spellings of a name: as the DNS has it, and as people write it.
func spellings(name string) []string {
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if code, ok := strings.CutPrefix(label, "xn--"); ok {
			labels[i] = punycode(code)
		}
	}
	if people := strings.ToLower(strings.Join(labels, ".")); people != name {
		return []string{name, people}
	}
	return []string{name}
}

// punycode decodes the part of a label behind xn-- (RFC 3492, sections 5, 6.1 and 6.2); what is none stays.
func punycode(code string) string {
	at := strings.LastIndexByte(code, '-')
	out := []rune(code[:max(at, 0)])
	n, i, bias, first := 128, 0, 72, true
	for rest := code[at+1:]; rest != ""; {
		was, weight := i, 1
		for k := 36; ; k += 36 {
			if rest == "" || weight > 1<<24 {
				return code
			}
			digit := strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", rest[0])
			rest = rest[1:]
			if digit < 0 {
				return code
			}
			i += digit * weight
			t := min(max(k-bias, 1), 26)
			if digit < t {
				break
			}
			weight *= 36 - t
		}
		bias, first = adapt(i-was, len(out)+1, first), false
		n, i = n+i/(len(out)+1), i%(len(out)+1)
		if n > 0x10ffff {
			return code
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out)
}

func adapt(delta, points int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	k := 0
	for delta += delta / points; delta > 455; k += 36 {
		delta /= 35
	}
	return k + 36*delta/(delta+38)
}
