package reviewer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// seen are items as they were when somebody read them.
type seen struct {
	Items
	item protocol.Item
}

func (s seen) Get(context.Context, string) (protocol.Item, error) { return s.item, nil }

type silent struct{}

func (silent) Report(context.Context, responder.Report) error { return nil }

// Several reviews read the item before one of them settles it. The one that does is the first, whichever it is; one that
// comes too late says nothing.
func TestOneVerdictIsTheFirst(t *testing.T) {
	for order, want := range map[string]string{
		"123": "alerts=1 seq=5 seq=7", "321": "alerts=3", "213": "alerts=2 seq=7", "231": "alerts=2 seq=7",
		"1123": "alerts=1 seq=5 seq=7", "3": "alerts=3", "33": "alerts=3",
	} {
		m, err := memory.New()
		require.NoError(t, err)
		opened := time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
		fresh := protocol.Fresh("abc", opened.UnixMilli(), protocol.Rules{ReviewDelay: time.Minute, Window: time.Hour, Retention: time.Hour})
		item, err := m.Open(t.Context(), fresh, opened.UnixMilli())
		require.NoError(t, err)
		read := map[rune]protocol.Item{}
		for n := range 3 {
			next := item
			next.Count++
			item, _, err = m.Swap(t.Context(), item, next)
			require.NoError(t, err)
			read[rune('1'+n)] = item
		}
		var log bytes.Buffer
		for _, n := range order {
			r := Reviewer{
				Items: seen{m, read[n]}, Bodies: m, Notices: silent{}, Now: func() time.Time { return opened.Add(time.Second) },
				Log: slog.New(slog.NewJSONHandler(&log, nil)), LastReceive: 20,
				Policy: responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
					return responder.Result{Severity: responder.Safe}, nil
				}),
			}
			body := fmt.Sprintf(`{"v":1,"report_id":%q}`, item.ReportID)
			require.NoError(t, r.Deliver(t.Context(), envelope.Delivery{ID: "1", Body: body, ReceiveCount: 1}))
		}
		var told []string
		for line := range strings.Lines(log.String()) {
			var l struct {
				Msg, Severity   string
				Alerts, MS, Seq int64
			}
			require.NoError(t, json.Unmarshal([]byte(line), &l))
			assert.Equal(t, []string{"verdict", "safe"}, []string{l.Msg, l.Severity})
			if l.Seq > 0 {
				assert.Zero(t, l.Alerts+l.MS)
				told = append(told, fmt.Sprint("seq=", l.Seq))
			} else {
				assert.Equal(t, int64(1000), l.MS)
				told = append(told, fmt.Sprint("alerts=", l.Alerts))
			}
		}
		assert.Equal(t, want, strings.Join(told, " "), order)
	}
}
