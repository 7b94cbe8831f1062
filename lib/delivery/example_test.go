package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// board is an emitter that keeps one note of each report on a board of notes.
type board struct{ client *delivery.Client }

func newBoard(s delivery.Settings) (responder.Emitter, error) {
	o, err := delivery.ParseOptions(s.Env("BOARD_OPTIONS"), "team")
	if err != nil {
		return nil, fmt.Errorf("BOARD_OPTIONS: %w", err)
	}
	return board{&delivery.Client{Service: "board", BaseURL: s.BaseURL + "/" + o["team"], Authorize: delivery.Bearer(s.Key),
		Transport: s.Transport, Now: s.Now}}, nil
}

// Emit implements responder.Emitter.
func (b board) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	receipt := responder.Receipt{"id": prev["id"], "doubt": prev["doubt"]}
	if receipt["id"] == "" && (receipt["doubt"] != "" || responder.Interrupted(ctx)) { // there may be one, of which no receipt tells
		if err := b.find(ctx, r.ReportID, receipt); err != nil {
			return receipt, err
		}
	}
	note := map[string]string{"report": r.ReportID, "text": string(r.Result.Severity)}
	if id := receipt["id"]; id != "" {
		_, err := b.client.Do(ctx, http.MethodPut, "/notes/"+id, note, nil)
		return receipt, err
	}
	var out struct{ ID string }
	_, err := b.client.Do(ctx, http.MethodPost, "/notes", note, &out)
	if receipt["id"] = out.ID; delivery.InDoubt(err) {
		receipt["doubt"] = "it may be there" // a receipt is kept also with an error
	}
	return receipt, err
}

// find looks for the report's note.
func (b board) find(ctx context.Context, report string, receipt responder.Receipt) error {
	var notes []struct{ ID, Report string }
	_, err := b.client.Do(ctx, http.MethodGet, "/notes", nil, &notes)
	for _, n := range notes {
		if n.Report == report {
			receipt["id"] = n.ID
		}
	}
	return err
}

// An emitter of a service that loses an answer: the note is there once.
func Example() {
	var notes []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			_, _ = fmt.Fprintf(w, "[%s]", strings.Join(notes, ","))
		case http.MethodPost:
			var in map[string]string
			_ = json.NewDecoder(r.Body).Decode(&in)
			notes = append(notes, fmt.Sprintf(`{"id": "7", "report": %q}`, in["report"]))
			w.WriteHeader(http.StatusBadGateway) // it was done, but a gateway says that it has failed
		}
	}))
	defer service.Close()

	emitter, err := newBoard(delivery.Settings{
		Key:     func(context.Context) (string, error) { return "token", nil },
		Getenv:  func(string) string { return "team=blue" },
		BaseURL: service.URL,
	})
	fmt.Println("new:", err)
	report := respondertest.Report()
	receipt, err := emitter.Emit(context.Background(), report, nil)
	fmt.Println("first:", err)
	receipt, err = emitter.Emit(context.Background(), report, receipt)
	fmt.Println("then:", receipt["id"], err)
	fmt.Println("notes:", len(notes))
	// Output:
	// new: <nil>
	// first: board: the service cannot be reached: it answered 502
	// then: 7 <nil>
	// notes: 1
}
