package intel

import (
	"slices"
	"time"
)

// skew is how much the clocks of functions may differ, and how late a request may be made after it was counted.
const skew = time.Second

// A sliding period has 30 slots, and a request counts in its own and the 31 that follow: so a period and one slot at
// least (two seconds of a minute), which is twice skew.
const slots = 32

// counter is a limit with the requests that were counted for it, the oldest first.
type counter struct {
	Limit
	Counts []count `json:"counts,omitempty"`
}

// count is a slot of time and the number of its requests.
type count [2]int64

// width of a slot in milliseconds; 0 for the periods of the calendar, which are one slot.
func (p Period) width() int64 {
	switch p {
	case Minute:
		return time.Minute.Milliseconds() / (slots - 2)
	case Hour:
		return time.Hour.Milliseconds() / (slots - 2)
	}
	return 0
}

// slot is the number of the slot that a time is in.
func (p Period) slot(t int64) int64 {
	switch w := p.width(); {
	case w > 0:
		return t / w
	case p == Month:
		year, month, _ := milli(t).Date()
		return int64(year)*12 + int64(month) - 1
	}
	return t / (24 * time.Hour).Milliseconds()
}

// begin is when a slot begins.
func (p Period) begin(slot int64) int64 {
	switch w := p.width(); {
	case w > 0:
		return slot * w
	case p == Month:
		return time.Date(int(slot/12), time.Month(slot%12+1), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	}
	return slot * (24 * time.Hour).Milliseconds()
}

// touched are the slots that a request of a time is counted in: near midnight, of both days, since it is not known on
// which of them it is made.
func (p Period) touched(t int64) []int64 {
	if p.width() > 0 {
		return []int64{p.slot(t)}
	}
	return slices.Compact([]int64{p.slot(t - skew.Milliseconds()), p.slot(t + 2*skew.Milliseconds())})
}

// free is when the limit has room, t or later.
func (c *counter) free(t int64) int64 {
	if w := c.Per.width(); w > 0 {
		for _, k := range c.Counts {
			if c.used(t) < int64(c.Most) {
				break
			}
			t = max(t, (k[0]+slots)*w)
		}
		return t
	}
	for slices.ContainsFunc(c.Per.touched(t), func(slot int64) bool { return c.in(slot) >= int64(c.Most) }) {
		t = c.Per.begin(c.Per.slot(t-skew.Milliseconds())+1) + skew.Milliseconds()
	}
	return t
}

// used is what counts at a time.
func (c *counter) used(t int64) (n int64) {
	slot := c.Per.slot(t)
	if c.Per.width() == 0 {
		return c.in(slot)
	}
	for _, k := range c.Counts {
		if k[0] > slot-slots {
			n += k[1]
		}
	}
	return n
}

func (c *counter) in(slot int64) int64 {
	for _, k := range c.Counts {
		if k[0] == slot {
			return k[1]
		}
	}
	return 0
}

// add counts a request. Time does not go back, so that its slot is the last.
func (c *counter) add(t int64) {
	for _, slot := range c.Per.touched(t) {
		i, ok := slices.BinarySearchFunc(c.Counts, slot, func(k count, slot int64) int { return int(k[0] - slot) })
		if !ok {
			c.Counts = slices.Insert(c.Counts, i, count{slot})
		}
		c.Counts[i][1]++
	}
}

// forget drops what does not count any more.
func (c *counter) forget(t int64) {
	oldest := c.Per.slot(t) - slots
	if c.Per.width() == 0 {
		oldest = c.Per.slot(t-skew.Milliseconds()) - 1
	}
	c.Counts = slices.DeleteFunc(c.Counts, func(k count) bool { return k[0] <= oldest })
}
