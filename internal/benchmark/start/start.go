// Package start measures how long functions take from the start of their process to their first answer.
//
// in → out: the folders of functions → their binaries, run against an interface as Lambda's → times, and their ratio to
// those of a program that does nothing but answer.
//
// The programs are run in turns, so that what else the machine does slows all of them alike, and compared by the fastest
// start and the fastest quarter: noise only adds.
package start

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Program is one binary with the environment that its function has.
type Program struct {
	Name string
	Path string
	Env  []string
}

// Times of a program's starts.
type Times struct {
	Name    string        `json:"name"`
	Size    int64         `json:"size"` // of the binary, in bytes
	Fastest time.Duration `json:"fastest_ns"`
	Quarter time.Duration `json:"quarter_ns"` // a quarter of the starts took less
	Middle  time.Duration `json:"middle_ns"`
	// Fault says why it could not be measured, empty if it could.
	Fault string `json:"fault,omitempty"`
	// By the fastest, by the quarter, by the middle: to the bare program.
	Ratios [3]float64 `json:"ratios"`
}

// Measure starts all programs so many times, in turns. The first is the bare one. One that does not start is left out, and
// its Times say why.
func Measure(ctx context.Context, programs []Program, rounds int, progress func(string)) ([]Times, error) {
	all, faults := make([][]time.Duration, len(programs)), make([]string, len(programs))
	for n := range rounds + 1 { // the first only warms the caches
		progress(fmt.Sprintf("starts: round %d of %d", n, rounds))
		for i, p := range programs {
			if faults[i] != "" {
				continue
			}
			d, err := p.start(ctx)
			switch {
			case err != nil && (i == 0 || ctx.Err() != nil):
				return nil, fmt.Errorf("%s: %w", p.Name, err)
			case err != nil:
				faults[i] = err.Error()
			case n > 0:
				all[i] = append(all[i], d)
			}
		}
	}
	out := make([]Times, len(programs))
	for i, p := range programs {
		if faults[i] != "" {
			out[i] = Times{Name: p.Name, Fault: faults[i]}
			continue
		}
		slices.Sort(all[i])
		t := Times{Name: p.Name, Fastest: all[i][0], Quarter: all[i][rounds/4], Middle: all[i][rounds/2]}
		if info, err := os.Stat(p.Path); err == nil {
			t.Size = info.Size()
		}
		out[i] = t
		out[i].Ratios = [3]float64{ratio(t.Fastest, out[0].Fastest), ratio(t.Quarter, out[0].Quarter), ratio(t.Middle, out[0].Middle)}
	}
	return out, nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// patience is how long a program has for its answer.
var patience = 20 * time.Second

// event is one that a function answers before it calls anything: there is nothing in it.
const event = `{"Records":[]}`

// start runs a program until its first answer.
func (p Program) start(ctx context.Context) (time.Duration, error) {
	api, err := listen()
	if err != nil {
		return 0, err
	}
	defer api.close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path)
	cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api.address, "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=example",
	}, p.Env...)
	var written bytes.Buffer
	cmd.Stdout, cmd.Stderr = &written, &written
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var a answer
	select {
	case a = <-api.answered:
	case <-ctx.Done():
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("no answer: %w; it wrote: %.500q", ctx.Err(), written.String())
	case strings.Contains(a.body, `"configuration: `):
		return 0, fmt.Errorf("its environment is at fault: %.500s", a.body)
	}
	return a.at.Sub(begin), nil
}

type answer struct {
	at   time.Time
	body string
}

// api is Lambda's runtime interface for one invocation (AWS Lambda Developer Guide, "Using the Lambda runtime API for
// custom runtimes").
type api struct {
	address  string
	server   *http.Server
	given    chan struct{}
	answered chan answer
}

func listen() (*api, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &api{address: l.Addr().String(), given: make(chan struct{}, 1), answered: make(chan answer, 1)}
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: patience}
	go func() { _ = a.server.Serve(l) }() // until it is closed
	return a, nil
}

func (a *api) close() { _ = a.server.Close() }

// ServeHTTP implements http.Handler: it gives one event, and takes one answer, be it an error.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		at := time.Now()
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		w.WriteHeader(http.StatusAccepted)
		select {
		case a.answered <- answer{at, r.URL.Path + " " + string(body)}:
		default:
		}
		return
	}
	select {
	case a.given <- struct{}{}:
	default: // one is enough
		<-r.Context().Done()
		return
	}
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f")
	_, _ = io.WriteString(w, event)
}
