package inspectorstest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// handle answers the nth request, counted from 1. Nil and no error: the connection was refused.
type handle func(n int, r *http.Request) (*http.Response, error)

// service is the transport to a service.
type service struct {
	t      *testing.T
	header string
	handle handle
	now    func() time.Time

	mu     sync.Mutex
	asked  int
	times  []time.Duration
	bodies []*counted
}

// RoundTrip implements http.RoundTripper.
func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked++
	n := s.asked
	s.times = append(s.times, s.now().Sub(Start))
	s.mu.Unlock()
	assert.Equal(s.t, "https", r.URL.Scheme)
	assert.NotContains(s.t, r.URL.String(), key, "URLs are logged on the way")
	assert.True(s.t, strings.HasPrefix(r.UserAgent(), "AlertResponder/"), r.UserAgent())
	if s.header != "" {
		assert.Contains(s.t, []string{key, fresh}, r.Header.Get(s.header), "the key stands in its header")
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp, err := s.handle(n, r)
	if err != nil {
		return nil, err
	}
	resp.Request = r
	body := &counted{ReadCloser: resp.Body}
	resp.Body = body
	s.mu.Lock()
	s.bodies = append(s.bodies, body)
	s.mu.Unlock()
	return resp, nil
}

// requests is how many were made.
func (s *service) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// by has a handler answer.
func by(h http.HandlerFunc) handle {
	return func(_ int, r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h(w, r)
		return w.Result(), nil
	}
}
