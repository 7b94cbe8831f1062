package load

import "time"

// Workload is some alerts of one kind.
type Workload struct {
	Name string
	// First are sent before anything is measured: the incidents that are repeated later.
	First    [][]byte
	Messages [][]byte
	New      int // how many of them open a report
}

// Attributes is how many entities an alert usually has, and Many how many a large one has.
const (
	Attributes = 4
	Many       = 64
)

// News are alerts of one incident each.
func News(n, attributes int) Workload {
	w := Workload{Name: "new", New: n}
	if attributes == Many {
		w.Name = "new, 64 attributes"
	}
	for i := range n {
		w.Messages = append(w.Messages, Alert(i, attributes, Start))
	}
	return w
}

// counts is more than a hundred: the tenth and the hundredth repeat of an incident are kept and told of, the next after
// them is the thousandth.
const counts = 110

// Repeats are alerts of one incident that is known.
func Repeats(n int) Workload {
	w := Workload{Name: "repeats of one key"}
	for range counts {
		w.First = append(w.First, Alert(0, Attributes, Start))
	}
	for i := range n {
		w.Messages = append(w.Messages, Alert(0, Attributes, Start.Add(time.Duration(i)*time.Millisecond)))
	}
	return w
}

// known is how many incidents are known before a mix: so many that no batch repeats one of them twice.
const known = 50

// Mix is a quarter of repeats, each of another incident than the one before: repeats of one incident would share their
// calls.
func Mix(n int) Workload {
	w := Workload{Name: "mix, 25 % repeats"}
	for i := range known {
		w.First = append(w.First, Alert(i, Attributes, Start))
	}
	for i := range n {
		if i%4 == 3 {
			w.Messages = append(w.Messages, Alert(i/4%known, Attributes, Start))
			continue
		}
		w.Messages = append(w.Messages, Alert(known+i, Attributes, Start))
		w.New++
	}
	return w
}
