package watchlist

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// columns says where in a line of CSV each thing is; -1: nowhere. Names in the header are in any order and case, other
// columns are ignored. The separator is a comma, a semicolon or a tab; a record is one line.
type columns struct {
	separator byte
	several   bool // more than one
	at        [columnCount]int
}

const (
	columnIndicator = iota
	columnKind
	columnVerdict
	columnScore
	columnNote
	columnSource
	columnExpires
	columnSeen
	columnCount
)

// columnNames of each column, the best first. Expires is the end of an entry, seen when the indicator was seen first;
// both are RFC 3339 or a date. Score is 0 to 100.
var columnNames = [columnCount][]string{
	columnIndicator: {"indicator", "value", "ioc"},
	columnKind:      {"type"},
	columnVerdict:   {"verdict"},
	columnScore:     {"score"},
	columnNote:      {"summary", "description", "comment"},
	columnSource:    {"source"},
	columnExpires:   {"expires", "valid_until"},
	columnSeen:      {"seen_at", "first_seen"},
}

// readHeader takes a line for a header if it names the column of indicators.
func readHeader(line string) (columns, bool) {
	for _, separator := range []byte{',', ';', '\t'} {
		fields, err := split(line, separator)
		if err != nil {
			continue
		}
		c := columns{separator: separator, several: len(fields) > 1}
		for i, names := range columnNames {
			c.at[i] = find(fields, names)
		}
		if c.at[columnIndicator] >= 0 {
			return c, true
		}
	}
	return columns{}, false
}

func find(fields, names []string) int {
	for _, name := range names {
		for i, f := range fields {
			if strings.EqualFold(f, name) {
				return i
			}
		}
	}
	return -1
}

// csv makes a function that reads a record.
func (p *parser) csv(c columns) func(line string, m meta) error {
	return func(line string, m meta) error {
		fields, err := split(line, c.separator)
		if err != nil {
			return err
		}
		get := func(column int) string {
			if i := c.at[column]; i >= 0 && i < len(fields) {
				return fields[i]
			}
			return ""
		}
		if err := m.fill(get); err != nil {
			return err
		}
		return p.add(get(columnIndicator), m)
	}
}

// fill puts what a record says in place of what is said of the whole list.
func (m *meta) fill(get func(column int) string) (err error) {
	m.kind = attributeType(get(columnKind))
	m.note = clean(get(columnNote), maxNote)
	if s := clean(get(columnSource), maxName); s != "" {
		m.source = s
	}
	if s := get(columnVerdict); s != "" {
		if m.verdict, err = verdictOf(s); err != nil {
			return err
		}
		m.score = defaultScore(m.verdict)
	}
	if s := get(columnScore); s != "" {
		if m.score, err = scoreOf(s); err != nil {
			return err
		}
	}
	if m.seen, err = date("seen_at", get(columnSeen), 0); err != nil {
		return err
	}
	m.expires, err = date("expires", get(columnExpires), 24*time.Hour)
	return err
}

func scoreOf(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n <= 100) {
		return 0, fmt.Errorf("score: %.40q, expected 0 to 100", s)
	}
	return n, nil
}

// date reads a time as epoch seconds; 0 for none. A date is its beginning in UTC, plus the given time.
func date(name, s string, plus time.Duration) (int64, error) {
	if s == "" {
		return 0, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if layout == time.DateOnly {
			t = t.Add(plus)
		}
		return t.Unix(), nil
	}
	return 0, fmt.Errorf("%s: %.40q, expected RFC 3339 or a date", name, s)
}

// split gives the fields of a record without white space around them (RFC 4180, "Common Format", but on one line).
func split(line string, separator byte) (fields []string, err error) {
	for {
		var field string
		line = strings.TrimLeft(line, " ")
		if strings.HasPrefix(line, `"`) {
			if field, line, err = quoted(line[1:]); err != nil {
				return nil, err
			}
			if line = strings.TrimLeft(line, " "); line != "" && line[0] != separator {
				return nil, fmt.Errorf("%.40q, expected a separator behind a quoted field", line)
			}
		} else {
			end := strings.IndexByte(line, separator)
			if end < 0 {
				end = len(line)
			}
			field, line = line[:end], line[end:]
		}
		if fields = append(fields, strings.TrimSpace(field)); line == "" {
			return fields, nil
		}
		line = line[1:]
	}
}

// quoted reads to the closing quote.
func quoted(s string) (field, rest string, err error) {
	for {
		before, after, ok := strings.Cut(s, `"`)
		if !ok {
			return "", "", errors.New("a quote is not closed, expected a record on one line")
		}
		field += before
		if !strings.HasPrefix(after, `"`) {
			return field, after, nil
		}
		field, s = field+`"`, after[1:]
	}
}
