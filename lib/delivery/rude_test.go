package delivery_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// What a service answers is read so far as it is of use, whatever is packed into it.
func TestRudeAnswers(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write([]byte(`{"a":"`))
	for range 64 { // MiB
		_, _ = z.Write(bytes.Repeat([]byte("0"), 1<<20))
	}
	_ = z.Close()
	answers := map[string]func(http.ResponseWriter){
		"gzip bomb": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"huge headers": func(w http.ResponseWriter) {
			for range 200 {
				w.Header().Add("X-Long", strings.Repeat("x", 100_000))
			}
		},
		"deep":       func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte("["), 3<<20)) },
		"two values": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"id":1}{"id":2}`)) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
			defer s.Close()
			c := delivery.Client{Service: "svc", BaseURL: s.URL}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var out struct{ ID int }
			_, err := c.Do(t.Context(), http.MethodPost, "/x", map[string]int{}, &out)
			runtime.ReadMemStats(&after)
			assert.Error(t, err)
			assert.True(t, delivery.InDoubt(err))
			assert.Less(t, len(err.Error()), 200)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20))
		})
	}
}
