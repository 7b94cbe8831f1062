package slack

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/emitterstest"
)

func TestInThePipeline(t *testing.T) {
	emitterstest.Run(t, emitterstest.Case{
		New: New,
		Env: map[string]string{"SLACK_CHANNEL": channelID},
		Key: botToken,
		Service: func(t *testing.T, now func() time.Time) (http.Handler, func() []emitterstest.Shown) {
			f := newFake(t)
			f.now = now
			return f, f.shown
		},
		Requests: 2, // the message, a reply
		Looks:    6, // the channel, who this is, the thread
	})
}

func TestAWebhookInThePipeline(t *testing.T) {
	emitterstest.Run(t, emitterstest.Case{
		New:      New,
		Env:      map[string]string{"REPORT_URL": "https://reports.example.com/{report_id}"},
		Key:      hookURL,
		WrongKey: hookURL + "x",
		Service: func(t *testing.T, now func() time.Time) (http.Handler, func() []emitterstest.Shown) {
			f := newFake(t)
			f.now = now
			return f, f.shown
		},
		Requests: 1,
		Looks:    2, // the key may be another one
		Cannot:   emitterstest.Cannot{Edit: true, TellRepeats: true},
	})
}

var (
	shownVerdict = regexp.MustCompile(`^(?:<!here> )?\*([A-Z]+)`)
	shownReport  = regexp.MustCompile(`https://reports\.example\.com/([A-Z0-9a-z-]+)`)
)

// shown is what people see.
func (f *fake) shown() (list []emitterstest.Shown) {
	for _, m := range f.messages() {
		s := emitterstest.Shown{Text: m.Text + string(m.body)}
		if p, ok := (found{Metadata: m.Metadata}).of(theMessage); ok {
			s.Report = p.Report
		} else if id := shownReport.FindStringSubmatch(m.body); id != nil {
			s.Report = id[1]
		}
		if v := shownVerdict.FindStringSubmatch(m.Text); v != nil {
			s.Verdict = strings.ToLower(v[1])
		}
		for _, r := range f.replies() {
			if r.Thread == m.TS {
				s.Said = append(s.Said, r.Text+string(r.Attachments))
			}
		}
		list = append(list, s)
	}
	return list
}
