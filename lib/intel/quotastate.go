package intel

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"
)

// state is the item of a quota. Times are epoch milliseconds.
type state struct {
	Name   string    `json:"name"`
	At     int64     `json:"at"` // the latest that any function's clock said: time never goes back
	Limits []counter `json:"limits"`
	Until  int64     `json:"until,omitempty"` // the service said that the quota is used up until then
	Line   int64     `json:"line,omitempty"`  // when the next who is refused may come
	By     string    `json:"by"`              // names the change
}

// readState reads an item. What cannot be read is none: the limits of a month may be exceeded once, rather than that
// nobody ever asks again.
func readState(value []byte) *state {
	s := &state{}
	if json.Unmarshal(value, s) != nil {
		return &state{}
	}
	return s
}

// limit puts the limits that are in force, with what is counted for their periods.
func (s *state) limit(name string, limits []Limit) {
	was := s.Limits
	s.Name, s.Limits = name, nil
	for _, l := range limits {
		c := counter{Limit: l}
		if i := slices.IndexFunc(was, func(w counter) bool { return w.Per == l.Per }); i >= 0 {
			c.Counts = slices.Clone(was[i].Counts)
		}
		s.Limits = append(s.Limits, c)
	}
}

// mostAhead is more than two clocks differ. Who is told of a later time does not believe it: else one clock that was wrong would
// have all wait until it is right.
const mostAhead = time.Hour

// tick takes the clock of a function.
func (s *state) tick(now time.Time) {
	s.doubt(now.UnixMilli())
	s.At = max(s.At, now.UnixMilli())
	for i := range s.Limits {
		s.Limits[i].forget(s.At)
	}
}

// doubt drops what cannot be.
func (s *state) doubt(now int64) {
	if s.At > now+mostAhead.Milliseconds() {
		s.At = now
	}
	for i, c := range s.Limits {
		last := c.Per.slot(s.At + 2*skew.Milliseconds())
		s.Limits[i].Counts = slices.DeleteFunc(c.Counts, func(k count) bool { return k[0] > last || k[1] <= 0 })
	}
	if s.Until > now+quotaKept.Milliseconds()/2+mostAhead.Milliseconds() {
		s.Until = 0
	}
	if s.Line > now+2*comeBack.Milliseconds() {
		s.Line = 0
	}
}

// free is the earliest time at which a request may be made, s.At or later.
func (s *state) free() int64 {
	t := max(s.At, s.Until)
	for again := true; again; { // what one limit makes wait for, another may not have
		again = false
		for _, c := range s.Limits {
			if f := c.free(t); f > t {
				t, again = f, true
			}
		}
	}
	return t
}

// count counts a request that is made now.
func (s *state) count() {
	for i := range s.Limits {
		s.Limits[i].add(s.At)
	}
}

// queue gives the next place in the line, which begins at free.
func (s *state) queue(free int64) int64 {
	t := max(free, s.Line)
	s.Line = t + s.gap()
	return t
}

// leastGap is between those who wait where no sliding limit says more.
const leastGap = 250 * time.Millisecond

// gap is the time for one request.
func (s *state) gap() int64 {
	gap := leastGap.Milliseconds()
	for _, c := range s.Limits {
		if w := c.Per.width(); w > 0 {
			gap = max(gap, w*slots/int64(c.Most))
		}
	}
	return gap
}

// share is how many places a task can use when it comes back.
func (s *state) share() int {
	share := mostPlaces
	for _, c := range s.Limits {
		share = min(share, c.Most)
	}
	return share
}

// tooFar says that somebody has to come back before it is his turn, for a later place in the line.
func (s *state) tooFar(free int64, now time.Time) bool {
	return max(free, s.Line)-now.UnixMilli() > comeBack.Milliseconds()
}

// spread is a time somewhat before d.
func spread(d time.Duration) time.Duration { return d - rand.N(d/4) }

func milli(t int64) time.Time { return time.UnixMilli(t).UTC() }
