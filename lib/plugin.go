package responder

import "context"

// Inspector looks into one attribute of an alert.
//
// Inspect is called from up to Options.Concurrency goroutines at once, at least once for each accepted
// attribute of a report: a redelivered task asks again, and the same answer twice is harmless. A zero Page
// means that nothing was found. An error is retried with back-off, unless it is wrapped by [Permanent];
// [RetryAfter] says when. When the retries are used up, the error becomes a page of outcome failed. The context
// ends shortly before the function's time does: return then. Values of attributes come from outside: escape
// them, bound them, never fetch a URL that an alert brought.
type Inspector interface {
	Inspect(ctx context.Context, task Task) (Page, error)
}

// BatchInspector is an Inspector that rather answers all attributes of a task at once, with one query of a
// log store for example. Where a value implements both, InspectAll is called, and never Inspect. The pages
// are in the order of the tasks, one each; an error is for all of them.
type BatchInspector interface {
	InspectAll(ctx context.Context, tasks []Task) ([]Page, error)
}

// Reviewer judges a report by the organization's policy.
//
// Review is called each time a report has new evidence and nobody is awaited any more, or their time is
// over; so more than once per report, and with the same report again after a crash. A zero Severity means
// that a person has to look. An error is retried; at last, and at once where it is [Permanent], the report is
// published as Unclassified with the error as the reason. A severity that is none of the three is refused
// likewise.
type Reviewer interface {
	Review(ctx context.Context, report Report) (Result, error)
}

// Emitter carries a report to where people look.
//
// Emit is called for a report's notifications one at a time, in the order of Seq, leaving out those that a
// later one has overtaken and those that would show what is shown already. prev is the Receipt that the
// previous call for the same report returned, nil at first. The Receipt is remembered also when an error comes
// with it, so that what was posted is not posted twice; a nil Receipt keeps the previous one. An error is
// retried unless it is [Permanent]; [RetryAfter] says when. A notice (status new or ongoing) adds to what is
// shown and takes nothing away.
type Emitter interface {
	Emit(ctx context.Context, report Report, prev Receipt) (Receipt, error)
}

// InspectorFunc is a function as an Inspector.
type InspectorFunc func(ctx context.Context, task Task) (Page, error)

// Inspect calls f.
func (f InspectorFunc) Inspect(ctx context.Context, task Task) (Page, error) { return f(ctx, task) }

// ReviewerFunc is a function as a Reviewer.
type ReviewerFunc func(ctx context.Context, report Report) (Result, error)

// Review calls f.
func (f ReviewerFunc) Review(ctx context.Context, report Report) (Result, error) {
	return f(ctx, report)
}

// EmitterFunc is a function as an Emitter.
type EmitterFunc func(ctx context.Context, report Report, prev Receipt) (Receipt, error)

// Emit calls f.
func (f EmitterFunc) Emit(ctx context.Context, report Report, prev Receipt) (Receipt, error) {
	return f(ctx, report, prev)
}

// Actor is an Emitter that does something about an incident, and tells of it in the report itself. Where a value
// implements both, Act is called, and never Emit.
//
// The pages are all that there is to tell at this time, in each call: the host hands them in as an inspector that nobody
// awaits, named by the emitter's id, where they are not what was told last. A page replaces the former one about the same
// attribute. They are evidence, so a verdict follows, and with it another call: say the same of what stands as before.
type Actor interface {
	Emitter
	Act(ctx context.Context, report Report, prev Receipt) ([]Page, Receipt, error)
}

type interrupted struct{}

// Interrupt marks the context of a call of Emit, for hosts and tests: see Interrupted.
func Interrupt(ctx context.Context) context.Context {
	return context.WithValue(ctx, interrupted{}, true)
}

// Interrupted says whether an earlier call of Emit for the same report may have done something of which no receipt is
// left: its function died, or the receipt could not be kept. An emitter whose destination cannot tell a repeat from
// something new looks there for what it may have posted. Rarely it is said without a reason.
func Interrupted(ctx context.Context) bool {
	is, _ := ctx.Value(interrupted{}).(bool)
	return is
}
