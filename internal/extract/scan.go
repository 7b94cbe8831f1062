package extract

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// scanner goes once through a text, from run to run.
type scanner struct {
	*finding
	text  string
	marks []int // of dots that were defanged
	hint  hint
}

// scan looks at each run of characters that can be an entity, or several with separators between them.
func (s *scanner) scan() {
	cut := -1
	for i := 0; i < len(s.text) && len(s.list) < maxFound; {
		n := inRun(s.text[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s.text[i:])
			i += size
			continue
		}
		end := i + n
		for n > 0 && end < len(s.text) {
			n = inRun(s.text[end:])
			end += n
		}
		next := s.border(i, end)
		if (next < end || i == cut) && hasWide(s.text[i:next]) { // the words around a name
			i, cut = next, next
			continue
		}
		cut = next
		i = max(next, s.run(i, next))
	}
}

// border is where a Chinese, Japanese or Korean word begins right behind a name, or ends in front of one: they are written
// without spaces.
func (s *scanner) border(i, end int) int {
	was := rune(0)
	for n, r := range s.text[i:end] {
		if isWide(r) && was < utf8.RuneSelf && isWord(byte(was)) || isWide(was) && r < utf8.RuneSelf && isWord(byte(r)) {
			return i + n
		}
		was = r
	}
	return end
}

// isWide knows what is written in these scripts (Unicode Standard, "Roadmap to the BMP"): all that stands behind them, too.
func isWide(r rune) bool { return r >= 0x2E80 && r != utf8.RuneError }

func hasWide(text string) bool { return strings.IndexFunc(text, isWide) >= 0 }

// inRun gives the size of a character that can be in a run; 0 for one that ends it.
func inRun(text string) int {
	c := text[0]
	switch {
	case isLetter(c) || isDigit(c) || strings.IndexByte(`._-@:/%+~\`, c) >= 0:
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	r, size := utf8.DecodeRuneInString(text)
	if r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) {
		return size
	}
	return 0
}

// run looks at one run, and says how far it went, which may be beyond its end.
func (s *scanner) run(i, end int) int {
	run := s.text[i:end]
	if n := strings.Index(run, "://"); n > 0 {
		return s.link(i, i+n)
	}
	if n := strings.Index(run, "arn:aws"); n >= 0 && (n == 0 || !isWord(run[n-1])) {
		return s.arn(i + n)
	}
	if strings.Count(run, ":") > 1 && s.addr6(i, end) || strings.IndexByte(run, '@') > 0 && s.mail(i, end) {
		return end
	}
	if strings.IndexByte(run, '%') > 0 && s.encoded(run) {
		return end
	}
	s.parts(i, end)
	return end
}

// part is a piece of a run between separators.
type part struct {
	text       string
	start, end int  // in the text of the scanner
	before     byte // the separator in front of it; 0 for the first of a run
	after      byte // behind it; what ends the run for the last, 0 for the end of the text
	path       bool // it is within the path of a file
}

// parts looks at the pieces of a run.
func (s *scanner) parts(i, end int) {
	path, dotted := s.isPath(i, end), false
	p := part{start: i}
	for at := i; at <= end; at++ {
		if at < end && strings.IndexByte(`/\:@`, s.text[at]) < 0 {
			continue
		}
		p.end, p.after, p.path = at, 0, path
		p.text = s.text[p.start:at]
		if at < len(s.text) {
			p.after = s.text[at]
		}
		s.part(p)
		dotted = dotted || strings.IndexByte(p.text, '.') > 0
		path = path || dotted && p.after == '/' && at < end // what stands behind a first name
		p = part{start: at + 1, before: p.after}
	}
}

// isPath knows paths of files: /var/log/x, ./x, ~/x, C:\x, \\server\x.
func (s *scanner) isPath(i, end int) bool {
	run := s.text[i:end]
	return run[0] == '/' || run[0] == '~' || strings.HasPrefix(run, "./") || strings.HasPrefix(run, "../") || strings.IndexByte(run, '\\') >= 0
}

// part looks at one piece. A piece is one entity at most.
func (s *scanner) part(p part) {
	p = s.trimmed(p)
	switch {
	case len(p.text) < 4:
	case s.addr4(p), s.hash(p), s.identifier(p):
	case p.path:
	default:
		s.domain(p)
	}
}

// trimmed is a piece without the punctuation around it.
func (s *scanner) trimmed(p part) part {
	last := p.end
	for p.start < p.end && strings.IndexByte(".-+%~", s.text[p.start]) >= 0 {
		p.start++
	}
	for p.end > p.start && strings.IndexByte("._-+%~", s.text[p.end-1]) >= 0 {
		p.end--
	}
	if p.end < last && p.start < p.end && s.text[p.end] == '_' && s.text[p.start] == '_' { // emphasis
		p.start++
	}
	p.text = s.text[p.start:p.end]
	return p
}

// defanged says whether a dot in a piece of the text was written so that nobody follows it.
func (s *scanner) defanged(i, end int) bool {
	n := sort.SearchInts(s.marks, i)
	return n < len(s.marks) && s.marks[n] < end
}

// before is the end of the line in front of a place, in lower case.
func (s *scanner) before(i int) string {
	text := s.text[max(0, i-48):i]
	return strings.ToLower(text[strings.LastIndexByte(text, '\n')+1:])
}

// words are the last n words in front of a place, the nearest first.
func (s *scanner) words(i, n int) []string {
	all := strings.FieldsFunc(s.before(i), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var out []string
	for k := len(all) - 1; k >= 0 && len(out) < n; k-- {
		out = append(out, all[k])
	}
	return out
}

// arn takes an Amazon Resource Name, to the first character that cannot be in one.
func (s *scanner) arn(i int) int {
	end := i
	for end < len(s.text) && s.text[end] > ' ' && strings.IndexByte("\"'`<>|,;()[]{}", s.text[end]) < 0 && s.text[end] < utf8.RuneSelf {
		end++
	}
	value := strings.TrimRight(s.text[i:end], ".:/*?!\\")
	if strings.Count(value, ":") >= 5 && len(value) <= 1024 {
		s.add(responder.TypeARN, value, s.hint.label("ARN"))
	}
	return end
}

// identifier takes what is known by its form: an instance, an access key, a vulnerability.
func (s *scanner) identifier(p part) bool {
	t := p.text
	switch {
	case strings.HasPrefix(t, "i-") && (len(t) == 2+8 || len(t) == 2+17) && only(t[2:], hexDigits):
		s.add(responder.TypeInstance, t, s.hint.label("instance"), responder.ContextLocal)
	case len(t) == 20 && (t[:4] == "AKIA" || t[:4] == "ASIA") && only(t[4:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
		s.add(responder.TypeAccessKey, t, s.hint.label("access key"), responder.ContextLocal)
	case len(t) >= 13 && len(t) <= 16 && strings.EqualFold(t[:4], "CVE-") && t[8] == '-' && only(t[4:8], digits) && only(t[9:], digits):
		s.add(responder.TypeCVE, strings.ToUpper(t), s.hint.label("vulnerability"))
	default:
		return false
	}
	return true
}

const (
	digits    = "0123456789"
	hexDigits = digits + "abcdef"
)

func only(s, set string) bool { return s != "" && strings.Trim(s, set) == "" }
