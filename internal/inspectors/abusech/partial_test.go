package abusech

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// partial is an inspector of which ThreatFox does not answer as it should, and a clock.
type partial struct {
	t         *testing.T
	inspector responder.Inspector
	now       time.Time
	requests  map[string]int
}

func newPartial(t *testing.T, threatFox http.HandlerFunc) *partial {
	p := &partial{t: t, now: inspectorstest.Start, requests: map[string]int{}}
	answer := but("threatfox-api.abuse.ch", threatFox)
	s := inspectorstest.Settings(t, func(w http.ResponseWriter, r *http.Request) {
		p.requests[r.Host]++
		answer(w, r)
	})
	s.Now = func() time.Time { return p.now }
	var err error
	p.inspector, err = New(s)
	require.NoError(t, err)
	return p
}

func (p *partial) ask(kind, value string) (responder.Page, error) {
	return inspectorstest.Ask(p.t, p.inspector, kind, value)
}

var down = inspectorstest.Answer(http.StatusBadGateway, "")

// What is malicious is told at once, and who failed.
func TestOneFailsAndAnotherFoundMalware(t *testing.T) {
	p := newPartial(t, down)
	page, err := p.ask(responder.TypeIPAddr, badIP)
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Contains(t, page.Error, "ThreatFox: abusech: the service cannot be reached")
	require.Len(t, page.Signals, 1)
	assert.Equal(t, responder.Malicious, page.Signals[0].Verdict)
}

// What is less is kept while the others are asked again, and told before the retries are over.
func TestOneFailsAndAnotherFoundLess(t *testing.T) {
	p := newPartial(t, down)
	for _, at := range []time.Duration{0, time.Minute, 39 * time.Minute} {
		p.now = inspectorstest.Start.Add(at)
		page, err := p.ask(responder.TypeDomain, badDomain)
		assert.ErrorIs(t, err, intel.ErrUnavailable, at)
		assert.Zero(t, page)
	}
	assert.Equal(t, map[string]int{"urlhaus-api.abuse.ch": 1, "threatfox-api.abuse.ch": 3}, p.requests, "who has answered is not asked again")
	p.now = inspectorstest.Start.Add(41 * time.Minute)
	page, err := p.ask(responder.TypeDomain, badDomain)
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Len(t, page.Signals, 1)
	assert.Contains(t, page.Error, "ThreatFox")
}

// A wait that was asked for is a longer one.
func TestOneIsOverQuotaAndAnotherFoundLess(t *testing.T) {
	p := newPartial(t, inspectorstest.Answer(http.StatusTooManyRequests, ""))
	for _, at := range []time.Duration{0, 41 * time.Minute, 23 * time.Hour} {
		p.now = inspectorstest.Start.Add(at)
		_, err := p.ask(responder.TypeDomain, badDomain)
		assert.ErrorIs(t, err, intel.ErrQuota, at)
	}
	p.now = inspectorstest.Start.Add(25 * time.Hour)
	page, err := p.ask(responder.TypeDomain, badDomain)
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
}

// Where nothing was found, a failure is a failure, and never a clean answer.
func TestOneFailsAndOthersKnowNothing(t *testing.T) {
	p := newPartial(t, down)
	for _, at := range []time.Duration{0, time.Hour, 48 * time.Hour} {
		p.now = inspectorstest.Start.Add(at)
		page, err := p.ask(responder.TypeDomain, "unheard-of.com")
		assert.ErrorIs(t, err, intel.ErrUnavailable)
		assert.Zero(t, page)
	}
}

// What asking again does not mend is told at once.
func TestOneRefusesForGood(t *testing.T) {
	p := newPartial(t, inspectorstest.Answer(http.StatusOK, `{"query_status": "illegal_search_term"}`))
	page, err := p.ask(responder.TypeDomain, badDomain)
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Len(t, page.Signals, 1)
	_, err = p.ask(responder.TypeDomain, "unheard-of.com")
	assert.ErrorIs(t, err, intel.ErrRefused)
	assert.True(t, responder.IsPermanent(err))
}

// The key is the same for all: nobody else is asked with it.
func TestTheKeyIsWrong(t *testing.T) {
	p := newPartial(t, inspectorstest.Answer(http.StatusForbidden, unknownKey))
	_, err := p.ask(responder.TypeFileHash, "cf6bc359bc8a667c1b8d241e9591f392")
	assert.ErrorIs(t, err, intel.ErrKey)
	assert.Equal(t, map[string]int{"mb-api.abuse.ch": 1, "threatfox-api.abuse.ch": 1}, p.requests)
}

func TestWhichErrorDecides(t *testing.T) {
	other := responder.Permanent(intel.ErrRefused)
	short, long := intel.QuotaError("short", time.Minute), intel.QuotaError("long", time.Hour)
	for _, c := range []struct {
		f    failures
		want error
	}{
		{failures{other, intel.ErrUnavailable}, intel.ErrUnavailable},
		{failures{intel.ErrUnavailable, other}, intel.ErrUnavailable},
		{failures{intel.ErrUnavailable, short, long, other}, long},
		{failures{long, short, intel.ErrUnavailable}, long},
		{failures{other}, other},
	} {
		assert.Equal(t, c.want, c.f.worst())
	}
	assert.True(t, failures{other, other}.permanent())
	assert.False(t, failures{other, short}.permanent())
}
