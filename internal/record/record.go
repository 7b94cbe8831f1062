// Package record is how alerts, submissions and verdicts are kept in ReportData.
//
// in → out: an alert, a submission or a report → a body with its key; bodies → the evidence to compile.
package record

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/merge"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	alertPrefix   = "A#"
	findingPrefix = "F#"
)

type alertRecord struct {
	V     int             `json:"v"`
	At    int64           `json:"at"` // epoch milliseconds when it was first sent
	Alert responder.Alert `json:"alert"`
	Cut   bool            `json:"cut,omitempty"` // see Lean; never stored
}

type findingRecord struct {
	V     int              `json:"v"`
	At    int64            `json:"at,omitempty"` // epoch milliseconds when it was sent last, for people: no verdict looks at it
	Token string           `json:"token"`
	Pages []responder.Page `json:"pages"`
	Done  bool             `json:"done"`
	Cut   bool             `json:"cut,omitempty"` // see Lean; never stored
}

// Alert makes the body of an alert. At is when it was first sent, in epoch milliseconds.
func Alert(id string, at int64, a responder.Alert) (store.Body, error) {
	return body(alertPrefix+id, alertRecord{V: responder.SchemaVersion, At: at, Alert: a})
}

// Finding makes the body of a submission. At is when it was sent, in epoch milliseconds; 0 if that is not known.
func Finding(part string, at int64, s responder.Submission) (store.Body, error) {
	return body(findingPrefix+s.Token+"#"+part, findingRecord{V: responder.SchemaVersion, At: at, Token: s.Token, Pages: s.Pages, Done: s.Done})
}

func body(key string, v any) (store.Body, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return store.Body{}, responder.Permanent(fmt.Errorf("body %s: %w", key, err))
	}
	return store.Body{Key: key, Data: data}, nil
}

// Part is protocol.Part for a submission.
func Part(pages []responder.Page) string {
	return protocol.Part(pages, func(p responder.Page) string {
		text, _ := json.Marshal(p) // what was decoded from JSON marshals
		return string(text)
	})
}

// Evidence reads the bodies of a report; late are the tokens still awaited at the deadline. A body that
// cannot be read is left out, and is part of the error.
func Evidence(bodies []store.Body, late []string) (merge.Evidence, error) {
	var errs []error
	var alerts []stored
	e := merge.Evidence{Missing: late}
	for _, b := range bodies {
		switch {
		case strings.HasPrefix(b.Key, alertPrefix):
			var r alertRecord
			if err := decode(b, &r, &r.V); err != nil {
				errs = append(errs, err)
				continue
			}
			alerts = append(alerts, stored{b.Key, r})
			e.Cut = e.Cut || r.Cut
		case strings.HasPrefix(b.Key, findingPrefix):
			var r findingRecord
			if err := decode(b, &r, &r.V); err != nil {
				errs = append(errs, err)
				continue
			}
			e.Findings = append(e.Findings, merge.Finding{Token: r.Token, Pages: r.Pages})
			e.Cut = e.Cut || r.Cut
		}
	}
	slices.SortFunc(alerts, stored.compare)
	for _, a := range alerts {
		e.Alerts = append(e.Alerts, a.record.Alert)
	}
	return e, errors.Join(errs...)
}

func decode(b store.Body, into any, v *int) error {
	err := json.Unmarshal(b.Data, into)
	if err == nil {
		err = responder.CheckVersion(*v)
	}
	if err != nil {
		return fmt.Errorf("body %s: %w", entity.Cut(b.Key, 80), err)
	}
	return nil
}

type stored struct {
	key    string
	record alertRecord
}

// compare puts the oldest alert first. Those that were sent at one moment, as the lines of a message, stand in the
// order of their own times, and then of their keys.
func (a stored) compare(b stored) int {
	return cmp.Or(
		cmp.Compare(a.record.At, b.record.At),
		cmp.Compare(a.record.Alert.Timestamp.Last, b.record.Alert.Timestamp.Last),
		strings.Compare(a.key, b.key),
	)
}

// maxVerdict bounds a stored verdict, in bytes of JSON: well below store.MaxBody.
const maxVerdict = 48 << 20

// Verdict makes the stored verdict of a report. Raw messages that are large together are not stored with every
// verdict again, and so not published; the report is whole nevertheless, since they are in the alerts' bodies: Whole
// puts them back. Only a report that is too large without them is cut, and says that it is truncated.
func Verdict(item protocol.Item, r responder.Report) (store.Verdict, error) {
	if rawSize(r) > maxRaw {
		r = merge.WithoutRaw(r)
	}
	data, err := json.Marshal(r)
	if len(data) > maxVerdict {
		r, _ = merge.Fit(r, maxVerdict)
		data, err = json.Marshal(r)
	}
	if err != nil {
		return store.Verdict{}, responder.Permanent(fmt.Errorf("verdict %s: %w", r.ReportID, err))
	}
	return store.Verdict{
		Ver:      item.Ver,
		OpenedAt: item.OpenedAt,
		Severity: r.Result.Severity,
		Title:    entity.Cut(r.Title(), 256),
		Data:     data,
	}, nil
}

// Report reads a stored verdict.
func Report(v store.Verdict) (responder.Report, error) {
	var r responder.Report
	if err := json.Unmarshal(v.Data, &r); err != nil {
		return r, fmt.Errorf("verdict %d: %w", v.Ver, err)
	}
	return r, responder.CheckVersion(r.V)
}
