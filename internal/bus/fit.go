package bus

import (
	"cmp"
	"slices"
	"sort"

	"github.com/m-mizutani/AlertResponder/internal/bound"
)

// fitsNotification says whether a topic takes a value as JSON. What cannot be written is not made to fit.
func fitsNotification(v any, attrs []Attribute) bool {
	n, err := encodedSize(v)
	return err != nil || n+Message{Attributes: attrs}.Size() <= MaxNotification
}

// cut makes a smaller copy of a value: to leaves n of something, from most, where nothing is lost that could
// fit, down to least.
type cut[T any] struct {
	least int
	to    func(v T, n int) T
	most  int // MaxNotification if zero: no text of more bytes and no list of more entries can fit
}

// fit makes cuts, in their order, until the value fits: each to its least, but for the last one, which goes
// about as far as it must. What fits is searched for, not tried one by one: each try writes the whole value.
func fit[T any](v T, fits func(T) bool, cuts []cut[T]) T {
	if fits(v) {
		return v
	}
	after := []T{v}
	for _, c := range cuts {
		after = append(after, c.to(after[len(after)-1], c.least))
	}
	last := sort.Search(len(cuts), func(i int) bool { return fits(after[i+1]) })
	if last == len(cuts) {
		return after[last]
	}
	c := cuts[last]
	more := c.choices()
	n := sort.Search(len(more), func(i int) bool { return !fits(c.to(after[last], more[i])) })
	if n == 0 {
		return after[last+1]
	}
	return c.to(after[last], more[n-1])
}

// choices are the numbers above least that are worth a try: all small ones, then in steps of a sixteenth.
func (c cut[T]) choices() (list []int) {
	most := cmp.Or(c.most, MaxNotification)
	for n := c.least + 1; n <= most; n = max(n+1, n+n/16) {
		list = append(list, n)
	}
	return list
}

// shrunk is a deep copy of which lists have so many entries at most, and texts so many bytes.
func shrunk[T any](v T, list, text int) T {
	v, _ = bound.Copy(v, list, text)
	return v
}

// best keeps the n entries of most weight, in the order of the list; of equal ones the first.
func best[T any](list []T, n int, weight func(T) float64) []T {
	if len(list) <= n {
		return list
	}
	index := make([]int, len(list))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(a, b int) int { return cmp.Compare(weight(list[b]), weight(list[a])) })
	index = index[:n]
	slices.Sort(index)
	var out []T
	for _, i := range index {
		out = append(out, list[i])
	}
	return out
}
