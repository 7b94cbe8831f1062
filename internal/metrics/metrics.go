// Package metrics turns a few of the log's lines into metrics as well, in the embedded metric format: CloudWatch reads
// the numbers out of the line, and no call is made for them. docs/metrics.md says what each of them counts.
//
// in → out: log records of the functions → the same, with numbers by the names of their metrics and what CloudWatch
// needs to find them.
package metrics

import "log/slog"

// Namespace and Dimension are where the metrics are found. The stack's name is the only dimension: each value of another
// one, as an inspector's id, would be billed as further metrics.
const (
	Namespace = "AlertResponder"
	Dimension = "Stack"
)

// The metrics. A verdict counts one for its severity. The names are short, since each line has them twice, and is billed
// by the byte.
const (
	Urgent       = "Urgent"
	Unclassified = "Unclassified"
	Safe         = "Safe"
	Alerts       = "Alerts"
	Time         = "Time" // in milliseconds
	Late         = "Late"
	HandedBack   = "HandedBack"
	GivenUp      = "GivenUp"
)

// The lines that are measured, by their messages, and the attributes that they tell it by.
const (
	verdictLine = "verdict"                                      // severity, and of a first verdict alerts and ms
	lateLine    = "answers are missing at the deadline"          // late
	failedLine  = "a message failed and will be delivered again" // receive_count
)

// Meter measures the lines of one function. The zero value measures nothing.
type Meter struct {
	Stack string // its name, see Stack
	// Receives is how often a message is received before its queue gives it up; 0 if that is not known.
	Receives int
}

// Measure gives a record as CloudWatch takes it for metrics, if it is one of those that are measured.
func (m Meter) Measure(r slog.Record) (slog.Record, bool) {
	if m.Stack == "" || r.Time.IsZero() {
		return r, false
	}
	s := sheet{line: r.Message, receives: m.Receives}
	r.Attrs(s.read)
	if len(s.names) == 0 {
		return r, false
	}
	measured := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	measured.AddAttrs(s.attrs...)
	measured.AddAttrs(slog.String(Dimension, m.Stack), slog.Any(metadataKey, metadata{r.Time.UnixMilli(), s.names}))
	return measured, true
}

// sheet collects what one line tells.
type sheet struct {
	line     string
	receives int
	attrs    []slog.Attr
	names    []string // of the metrics among the attributes
}

// read takes the next attribute of the line.
func (s *sheet) read(a slog.Attr) bool {
	switch {
	case a.Key == Dimension || a.Key == metadataKey: // not twice: the first one would count
	case s.line == verdictLine && a.Key == "severity":
		s.severity(a)
	case s.line == verdictLine && a.Key == "alerts":
		s.number(Alerts, a)
	case s.line == verdictLine && a.Key == "ms":
		s.number(Time, a)
	case s.line == lateLine && a.Key == "late":
		s.number(Late, a)
	case s.line == failedLine && a.Key == "receive_count":
		s.attrs = append(s.attrs, a)
		s.failed(a)
	default:
		s.attrs = append(s.attrs, a)
	}
	return true
}

// severity puts a count in the place of the word, which says the same in fewer bytes than both.
func (s *sheet) severity(a slog.Attr) {
	for _, name := range []string{Urgent, Unclassified, Safe} {
		if word(name) == a.Value.String() {
			s.add(name, slog.Int64Value(1))
			return
		}
	}
	s.attrs = append(s.attrs, a)
}

// word is a severity as the wire has it.
func word(name string) string { return string(name[0]|0x20) + name[1:] }

// number is an attribute by the name of its metric; what is no number stays what it is.
func (s *sheet) number(name string, a slog.Attr) {
	if a.Value.Kind() != slog.KindInt64 {
		s.attrs = append(s.attrs, a)
		return
	}
	s.add(name, a.Value)
}

// failed counts a message that goes back to its queue, or to the dead letters if it was received often enough.
func (s *sheet) failed(receives slog.Attr) {
	s.add(HandedBack, slog.Int64Value(1))
	if receives.Value.Kind() == slog.KindInt64 && s.receives > 0 && receives.Value.Int64() >= int64(s.receives) {
		s.add(GivenUp, slog.Int64Value(1))
	}
}

func (s *sheet) add(name string, v slog.Value) {
	s.attrs = append(s.attrs, slog.Attr{Key: name, Value: v})
	s.names = append(s.names, name)
}
