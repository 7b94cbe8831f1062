package virustotal_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What can befall each inspector of a service.
func TestAllThatCanBefallIt(t *testing.T) {
	f := newFake(t)
	f.now = func() time.Time { return inspectorstest.Start }
	f.put("ipaddr", "118.25.6.39", [4]int{20, 2, 40, 20}, time.Hour)
	inspectorstest.Run(t, inspectorstest.Case{
		ID: virustotal.ID, Types: virustotal.Types, New: virustotal.New, Header: "x-apikey",
		Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: "118.25.6.39"},
		Good: func(w http.ResponseWriter, r *http.Request) {
			f.mu.Lock()
			f.key = r.Header.Get("x-apikey")
			f.mu.Unlock()
			f.ServeHTTP(w, r)
		},
		Unknown:   inspectorstest.Answer(404, `{"error": {"code": "NotFoundError", "message": "x"}}`),
		WrongKey:  inspectorstest.Answer(401, `{"error": {"code": "WrongCredentialsError", "message": "x"}}`),
		OverQuota: inspectorstest.Answer(429, `{"error": {"code": "QuotaExceededError", "message": "x"}}`), Polls: 7, // it does not say which quota, and each refusal doubles the wait
	})
}
