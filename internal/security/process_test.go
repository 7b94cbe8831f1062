package security

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

var builds int // of the binaries

// built has the binaries of all functions, as they are deployed.
var built = sync.OnceValues(func() (string, error) {
	builds++
	dir, err := os.MkdirTemp("", "functions")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", dir+"/", "./functions/...")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

func needsBinaries(t *testing.T) {
	t.Helper()
	if testing.Short() || raced {
		t.Skip("builds all functions")
	}
}

func binary(t *testing.T, folder string) string {
	t.Helper()
	dir, err := built()
	require.NoError(t, err)
	return filepath.Join(dir, filepath.Base(folder))
}

// functions are the folders of all functions.
func functions(t *testing.T) (list []string) {
	t.Helper()
	for _, pattern := range []string{"*/main.go", "*/*/main.go"} {
		found, err := filepath.Glob(root + "functions/" + pattern)
		require.NoError(t, err)
		for _, f := range found {
			list = append(list, strings.TrimPrefix(filepath.Dir(f), root))
		}
	}
	require.GreaterOrEqual(t, len(list), 6)
	return list
}

// variables are those that the templates set for a function, by its folder: the stack's, or a template of its own.
func variables(t *testing.T, folder string) (names []string) {
	t.Helper()
	for _, path := range []string{"template.yml", folder + "/template.yml"} {
		text, err := os.ReadFile(root + path)
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		template, err := cfn.Read(text)
		require.NoError(t, err)
		resources, _ := template["Resources"].(map[string]any)
		for name, r := range resources {
			if strings.EqualFold(name, filepath.Base(folder)) {
				names = append(names, variablesOf(r)...)
			}
		}
	}
	require.NotEmpty(t, names, "%s: no template sets a variable", folder)
	return names
}

func variablesOf(resource any) (names []string) {
	v := resource
	for _, step := range []string{"Properties", "Environment", "Variables"} {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	m, _ := v.(map[string]any)
	for name := range m {
		names = append(names, name)
	}
	return names
}

// runtime is Lambda's runtime interface (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom
// runtimes"): it hands out events, and keeps what is answered.
type runtime struct {
	mu      sync.Mutex
	time    time.Duration // for one event
	events  [][]byte
	answers []string
	done    chan struct{}
}

func (r *runtime) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodPost {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.answers = append(r.answers, req.URL.Path+" "+string(body)+fmt.Sprint(req.Header))
		w.WriteHeader(http.StatusAccepted)
		return
	}
	r.mu.Lock()
	if len(r.events) == 0 {
		select {
		case <-r.done:
		default:
			close(r.done)
		}
		r.mu.Unlock()
		<-req.Context().Done()
		return
	}
	event := r.events[0]
	r.events = r.events[1:]
	r.mu.Unlock()
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(r.time).UnixMilli()))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f")
	_, _ = w.Write(event)
}

// patience is what a function has for one event: an emitter does not begin where little is left.
func patience(folder string) time.Duration {
	if strings.HasPrefix(folder, "functions/emitters/") {
		return 4 * time.Second
	}
	return 1200 * time.Millisecond
}

// process is one run of a function as a process.
type process struct {
	folder string
	env    map[string]string
	time   time.Duration // for one event
	events [][]byte
	peak   int64         // bytes of memory that it needed at most, where that can be had
	busy   time.Duration // of a processor
}

// lambda runs a function as a process with this environment, and returns what it answers and all that it writes.
func lambda(t *testing.T, folder string, env map[string]string, events ...[]byte) (answers []string, written string) {
	t.Helper()
	return (&process{folder: folder, env: env, time: patience(folder), events: events}).run(t)
}

func (p *process) run(t *testing.T) (answers []string, written string) {
	t.Helper()
	r := &runtime{time: p.time, events: p.events, done: make(chan struct{})}
	api := httptest.NewServer(r)
	defer api.Close()
	path := binary(t, p.folder) // may take long the first time
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME=f"}
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-r.done:
		p.peak = peakOf(cmd.Process.Pid)
		_ = cmd.Process.Kill()
		<-ended
		p.busy = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	case err := <-ended:
		require.NoError(t, err, "%s ended by itself: %.2000s", p.folder, out.String())
	}
	api.CloseClientConnections()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answers, out.String()
}

// peakOf is the most memory that a process had resident, in bytes (proc_pid_status(5), VmHWM); 0 where it is not said.
func peakOf(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}

// hashOf is how chunks are named: 128 bits of SHA-256 in hex.
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
