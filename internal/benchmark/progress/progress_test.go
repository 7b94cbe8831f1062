package progress_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/progress"
)

func TestSay(t *testing.T) {
	for again, want := range map[bool]string{
		true:  "\r\x1b[K  0s  a\r\x1b[K  4s  b\r\x1b[K  8s  c\r\x1b[K 12s  d\r\x1b[K",
		false: "  0s  a\n 12s  d\n",
	} {
		var out strings.Builder
		now := time.Unix(0, 0)
		l := progress.Line{Out: &out, Again: again, Now: func() time.Time { return now }}
		for _, what := range []string{"a", "b", "c", "d"} {
			l.Say(what)
			now = now.Add(4 * time.Second)
		}
		l.Done()
		assert.Equal(t, want, out.String())
	}
}
