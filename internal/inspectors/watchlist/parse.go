package watchlist

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of texts in a list, in bytes.
const (
	maxName = 100
	maxNote = 300
)

// list is a list as it was read.
type list struct {
	name   string // the file's, without extension
	items  []item
	faults faults
}

func (l *list) size() int {
	if l == nil {
		return 0
	}
	return len(l.items)
}

// item is an entry of a list.
type item struct {
	indicator
	*meta
}

// meta is what else an entry says. Entries share it.
type meta struct {
	list    *list
	kind    string // the attribute type; "": any
	verdict responder.SignalVerdict
	score   float64
	note    string
	source  string
	seen    int64 // epoch seconds; 0: not said
	expires int64 // likewise
}

// parser reads one list.
type parser struct {
	file  string
	list  *list
	metas map[meta]*meta
	left  int // how many more items may come
	// record reads a line by the list's format; nil before the first one.
	record func(line string, base meta) error
}

// parse reads a list by its format. Lines that are at fault are skipped. A text that is no list, or one of more than
// limit indicators, is a permanent error; other errors are those of the reader.
func parse(file string, r io.Reader, limit int) (*list, error) {
	stem := strings.TrimSuffix(file, path.Ext(file))
	l := &list{name: clean(stem, maxName)}
	p := &parser{file: clean(file, maxName), list: l, metas: map[meta]*meta{}, left: limit}
	v := verdictOfName(stem)
	base := meta{list: l, verdict: v, score: defaultScore(v), source: l.name}
	for lines := newLines(r); ; {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return p.end()
		} else if err == nil {
			err = p.line(line, base)
		} else if !errors.Is(err, errLong) {
			return nil, err
		}
		if responder.IsPermanent(err) {
			return nil, fmt.Errorf("line %d: %w", lines.n, err)
		} else if err != nil {
			l.faults.add(p.file, lines.n, err)
		}
	}
}

// line reads a line. The first one that is neither empty nor a comment says what the format is.
func (p *parser) line(line string, base meta) error {
	text := strings.TrimSpace(line)
	switch {
	case text == "" || text[0] == '#':
		return nil
	case p.record != nil:
		return p.record(line, base)
	}
	named := strings.EqualFold(path.Ext(p.file), ".csv")
	if c, ok := readHeader(line); ok && (named || c.several) {
		p.record = p.csv(c)
		return nil
	} else if named {
		return responder.Permanent(fmt.Errorf("%.80q, expected a header with a column indicator, value or ioc", text))
	}
	p.record = p.plain
	return p.record(line, base)
}

// end is the list, if there is any sense in it.
func (p *parser) end() (*list, error) {
	if f := &p.list.faults; len(p.list.items) == 0 && f.Count > 0 {
		return nil, responder.Permanent(fmt.Errorf("%d lines and none of them an indicator: %s", f.Count, f.First[0]))
	}
	return p.list, nil
}

// plain reads an indicator with or without a comment behind it.
func (p *parser) plain(line string, m meta) error {
	if i := commentAt(line); i > 0 {
		m.note = clean(strings.TrimLeft(line[i:], "# \t"), maxNote)
		line = line[:i]
	}
	line = strings.TrimSpace(line)
	if strings.ContainsFunc(line, unicode.IsSpace) {
		return fmt.Errorf("%.40q, expected one indicator per line", line)
	}
	return p.add(line, m)
}

// commentAt is the index of a # that follows white space; -1 if there is none.
func commentAt(line string) int {
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// add puts an indicator into the list.
func (p *parser) add(text string, m meta) error {
	found, err := readIndicators(text, m.kind)
	if err != nil {
		return err
	}
	if p.left -= len(found); p.left < 0 {
		return responder.Permanent(fmt.Errorf("more than %d indicators in all lists", MaxIndicators))
	}
	shared, ok := p.metas[m]
	if !ok {
		kept := m // so that only what is kept is allocated
		shared = &kept
		p.metas[m] = shared
	}
	for _, i := range found {
		p.list.items = append(p.list.items, item{i, shared})
	}
	return nil
}

// clean bounds a text for people, and takes out what a terminal would obey.
func clean(s string, n int) string {
	return entity.Cut(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, entity.Cut(s, n)), n)
}
