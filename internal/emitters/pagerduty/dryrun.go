package pagerduty

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// DryRun answers as PagerDuty does, and does nothing.
func DryRun() http.RoundTripper { return dryRun{} }

type dryRun struct{}

// RoundTrip implements http.RoundTripper.
func (dryRun) RoundTrip(r *http.Request) (*http.Response, error) {
	var e event
	if r.Body != nil {
		defer r.Body.Close()
		if b, err := io.ReadAll(io.LimitReader(r.Body, 2*maxEvent)); err == nil {
			_ = json.Unmarshal(b, &e) // what cannot be read has no key
		}
	}
	b, _ := json.Marshal(map[string]string{"status": "success", "message": "Event processed", "dedup_key": e.DedupKey})
	return &http.Response{
		Status: "202 Accepted", StatusCode: http.StatusAccepted, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(b))}},
		ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b)), Request: r,
	}, nil
}
