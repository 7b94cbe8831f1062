package respondertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"sync"
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// TestInspector checks an inspector against the contract of responder.Inspector, or of
// responder.BatchInspector where it is one, with all sample tasks of the types that it accepts (none: all):
// it does not panic; it answers each task with a zero page, a valid page (see [CheckPage]) or an error that is
// marked; the same task gives the same answer, also from eight goroutines at once and beside other tasks; it
// returns when its context is cancelled; it leaves its task as it is.
func TestInspector(t testing.TB, i responder.Inspector, types ...string) {
	t.Helper()
	ask := one(i)
	if b, ok := i.(responder.BatchInspector); ok {
		ask = alone(b)
		testBatch(t, b, types)
	}
	tasks := Tasks(types...)
	if len(tasks) == 0 {
		t.Errorf("there are no sample tasks of the types %q", types)
		return
	}
	answers := make([]string, len(tasks))
	for n, task := range tasks {
		answers[n] = inspect(t, ask, task)
	}
	together(t, ask, tasks, answers)
	cancelled(t, name(tasks[0]), func(ctx context.Context) { _, _ = ask(ctx, tasks[0]) })
}

type askFunc func(ctx context.Context, task responder.Task) (responder.Page, error)

func one(i responder.Inspector) askFunc {
	return func(ctx context.Context, task responder.Task) (responder.Page, error) { return i.Inspect(ctx, task) }
}

// alone asks a BatchInspector for one task.
func alone(b responder.BatchInspector) askFunc {
	return func(ctx context.Context, task responder.Task) (responder.Page, error) {
		pages, err := b.InspectAll(ctx, []responder.Task{task})
		if err != nil {
			return responder.Page{}, err
		}
		if len(pages) != 1 {
			return responder.Page{}, fmt.Errorf("InspectAll gave %d pages for 1 task", len(pages))
		}
		return pages[0], nil
	}
}

func name(task responder.Task) string {
	return fmt.Sprintf("%s %q", task.Attribute.Type, short(task.Attribute.Value))
}

// inspect asks for one task, checks the answer, and gives it as text.
func inspect(t testing.TB, ask askFunc, task responder.Task) string {
	t.Helper()
	what := name(task)
	was := text(t, what, task)
	var page responder.Page
	var err error
	if !call(t, what, func() { page, err = ask(context.Background(), task) }) {
		return ""
	}
	same(t, what+": the inspector changed its task", was, text(t, what, task))
	checkError(t, what, err)
	if err != nil {
		return "error"
	}
	if err := CheckPage(task, page); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return text(t, what, page)
}

// together asks for all tasks from eight goroutines, and compares.
func together(t testing.TB, ask askFunc, tasks []responder.Task, want []string) {
	t.Helper()
	next := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range next {
				got := inspect(t, ask, tasks[n])
				same(t, name(tasks[n])+": asked twice, answered differently", want[n], got)
			}
		})
	}
	for n := range tasks {
		next <- n
	}
	close(next)
	wg.Wait()
}

// testBatch checks that the pages are one for each task, in their order.
func testBatch(t testing.TB, b responder.BatchInspector, types []string) {
	t.Helper()
	for _, tasks := range [][]responder.Task{nil, Tasks(types...)} {
		what := fmt.Sprintf("InspectAll of %d tasks", len(tasks))
		var pages []responder.Page
		var err error
		if !call(t, what, func() { pages, err = b.InspectAll(context.Background(), tasks) }) {
			continue
		}
		checkError(t, what, err)
		if err == nil && len(pages) != len(tasks) {
			t.Errorf("%s gave %d pages", what, len(pages))
			continue
		}
		for n := range pages {
			same(t, name(tasks[n])+": asked alone, answered differently than beside others",
				inspect(t, alone(b), tasks[n]), text(t, what, pages[n]))
		}
	}
}

// MaxPage is the size in bytes of JSON above which the host cuts a page.
const MaxPage = 128 << 10

// CheckPage says, all at once, what is wrong with a page as the answer to a task: an outcome or a verdict that
// is none, a score outside 0 to 100, a link that is not http(s), an empty new attribute, another task's
// attribute, more than MaxPage.
func CheckPage(task responder.Task, p responder.Page) error {
	errs := []error{checkOutcome(p), checkSize(p)}
	if p.ReportID != "" && p.ReportID != task.ReportID {
		errs = append(errs, fmt.Errorf("report_id: %q, expected none or that of the task", p.ReportID))
	}
	if p.Attribute != nil && p.Attribute.Type != task.Attribute.Type {
		errs = append(errs, fmt.Errorf("attribute: type %q, expected none or that of the task", p.Attribute.Type))
	}
	for i, s := range p.Signals {
		errs = append(errs, checkSignal(i, s)...)
	}
	for i, a := range p.NewAttributes {
		if a.Type == "" || a.Value == "" {
			errs = append(errs, fmt.Errorf("new_attributes[%d]: expected a type and a value", i))
		}
	}
	return errors.Join(errs...)
}

func checkOutcome(p responder.Page) error {
	switch p.Outcome {
	case "", responder.Found:
		return nil
	case responder.Nothing, responder.Skipped:
		if p.HasContent() {
			return fmt.Errorf("outcome: %s, but the page has content", p.Outcome)
		}
		return nil
	case responder.Failed:
		if p.Error == "" {
			return errors.New("outcome: failed, but error does not say why")
		}
		return nil
	}
	return fmt.Errorf("outcome: %q, expected found, nothing, failed, skipped or none", p.Outcome)
}

func checkSignal(i int, s responder.Signal) (errs []error) {
	if s.Kind == "" {
		errs = append(errs, fmt.Errorf("signals[%d].kind: is empty", i))
	}
	if s.Verdict.Rank() == 0 && s.Verdict != responder.UnknownSignal {
		errs = append(errs, fmt.Errorf("signals[%d].verdict: %q, expected malicious, suspicious, harmless or unknown", i, s.Verdict))
	}
	if math.IsNaN(s.Score) || s.Score < 0 || s.Score > 100 {
		errs = append(errs, fmt.Errorf("signals[%d].score: %v, expected 0 to 100", i, s.Score))
	}
	if u, err := url.Parse(s.URL); s.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, fmt.Errorf("signals[%d].url: %q, expected http or https", i, short(s.URL)))
	}
	return errs
}

func checkSize(p responder.Page) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("the page cannot be written as JSON: %w", err)
	}
	if len(b) > MaxPage {
		return fmt.Errorf("the page has %d bytes, expected %d at most", len(b), MaxPage)
	}
	return nil
}
