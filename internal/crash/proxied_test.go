package crash

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// As a process of a function, the test's own program makes three calls.
func TestMain(m *testing.M) {
	if proxy := os.Getenv("CRASH_CALLER"); proxy != "" {
		os.Exit(threeCalls(proxy))
	}
	os.Exit(m.Run())
}

func threeCalls(proxy string) int {
	for n := range 3 {
		r, err := http.NewRequest(http.MethodPost, proxy, strings.NewReader(fmt.Sprintf(`{"TableName":"table-1","n":%d}`, n)))
		if err != nil {
			return 2
		}
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 2
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		fmt.Println(answer.StatusCode)
	}
	return 0
}

// The process whose call it is dies at once: before the service sees the call, or before the answer.
func TestTheCallersProcessIsKilled(t *testing.T) {
	onLinux(t)
	for _, c := range []struct {
		what        fate
		seen, heard int
	}{{passes, 3, 3}, {unsent, 1, 1}, {unanswered, 2, 1}} {
		t.Run(c.what.String(), func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			done := make(chan string, 10)
			engine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, string(body))
			}))
			t.Cleanup(engine.Close)
			to, err := url.Parse(engine.URL)
			require.NoError(t, err)
			calls := 0
			p := &proxy{
				engine: to, to: http.DefaultTransport, names: map[string]string{"f-1": "Function", "table-1": "Table"},
				judge: func(got call) fate {
					require.Equal(t, "Function", got.function)
					require.Equal(t, "PutItem Table", got.name)
					if calls++; calls == 2 {
						return c.what
					}
					return passes
				},
				witness: func(got call) { done <- got.name },
			}
			at := serveProxy(t, "127.0.0.1:0", p)

			program := exec.Command(os.Args[0])
			program.Env = []string{"CRASH_CALLER=http://" + at, "AWS_LAMBDA_FUNCTION_NAME=f-1"}
			heard, err := program.Output()
			require.Equal(t, c.heard, strings.Count(string(heard), "200"), "answers that the process got")
			if c.what == passes {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "killed")
			}
			for range c.seen {
				<-done // the process is gone before the witness has heard of its last call
			}
			require.Empty(t, done, "calls that the witness knows of beyond those")
			mu.Lock()
			defer mu.Unlock()
			require.Len(t, seen, c.seen, "calls that the service got")
			require.Empty(t, p.failures())
		})
	}
}

// onLinux skips the test elsewhere.
func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("whose call it is stands in /proc, which is of Linux")
	}
}
