package start

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is the programs that the tests start: this binary, which answers as it is told.
func TestMain(m *testing.M) {
	if says, ok := os.LookupEnv("START_TEST"); ok {
		serve(says)
	}
	os.Exit(m.Run())
}

func serve(says string) {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	if says == "" {
		fmt.Println("gone at once")
		select {}
	}
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			os.Exit(1)
		}
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		_ = next.Body.Close()
		done, err := http.Post(api+id+"/response", "application/json", strings.NewReader(says))
		if err != nil {
			os.Exit(1)
		}
		_ = done.Body.Close()
	}
}

func program(name, says string) Program {
	return Program{Name: name, Path: os.Args[0], Env: []string{"START_TEST=" + says}}
}

func TestMeasure(t *testing.T) {
	ts, err := Measure(t.Context(), []Program{program("bare", `{}`), program("other", `{"batchItemFailures":[]}`)}, 4, func(string) {})
	require.NoError(t, err)
	require.Len(t, ts, 2)
	assert.Equal(t, [3]float64{1, 1, 1}, ts[0].Ratios)
	for _, x := range ts {
		assert.Positive(t, x.Fastest, x.Name)
		assert.LessOrEqual(t, x.Fastest, x.Quarter, x.Name)
		assert.LessOrEqual(t, x.Quarter, x.Middle, x.Name)
		assert.Positive(t, x.Size, x.Name)
		assert.InDelta(t, float64(x.Quarter)/float64(ts[0].Quarter), x.Ratios[1], 1e-9, x.Name)
	}
}

// A program that does not start as a function would has no times, and does not keep the others from theirs; without the
// bare one there is nothing to compare.
func TestMeasureNotices(t *testing.T) {
	unfit := program("unfit", `{"errorMessage":"configuration: environment variable X: empty"}`)
	ts, err := Measure(t.Context(), []Program{program("bare", `{}`), unfit, {Name: "gone", Path: "/no/such/program"}, program("other", `{}`)}, 1, func(string) {})
	require.NoError(t, err)
	assert.Contains(t, ts[1].Fault, "its environment is at fault")
	assert.Zero(t, ts[1].Ratios)
	assert.Contains(t, ts[2].Fault, "/no/such/program")
	assert.Empty(t, ts[3].Fault)
	assert.Positive(t, ts[3].Fastest)
	_, err = Measure(t.Context(), []Program{unfit}, 1, func(string) {})
	require.ErrorContains(t, err, "unfit: its environment is at fault")
}

func TestNoAnswerIsAnError(t *testing.T) {
	was := patience
	defer func() { patience = was }()
	patience = 300 * time.Millisecond
	_, err := Measure(t.Context(), []Program{program("silent", "")}, 1, func(string) {})
	require.ErrorContains(t, err, "silent: no answer")
	assert.ErrorContains(t, err, "gone at once")
}

// Every function has the environment that its template sets: none is measured with a configuration at fault.
func TestEnvironments(t *testing.T) {
	const root = "../../.."
	found := 0
	for _, pattern := range []string{"functions/*/main.go", "functions/*/*/main.go"} {
		mains, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, m := range mains {
			folder, err := filepath.Rel(root, filepath.Dir(m))
			require.NoError(t, err)
			env, err := environment(root, folder)
			require.NoError(t, err)
			assert.NotEmpty(t, env, folder)
			found++
		}
	}
	assert.GreaterOrEqual(t, found, 6)
	env, err := environment(root, "functions/receptor")
	require.NoError(t, err)
	for _, want := range []string{"REVIEW_DELAY=600", "ALERT_MAP=alertresponder-alert-map-1abcdefghijk", "TASK_TOPIC_ARN=arn:aws:service:eu-west-1:123456789012:TaskNotification"} {
		assert.Contains(t, env, want)
	}
	env, err = environment(root, "functions/inspectors/virustotal")
	require.NoError(t, err)
	for _, want := range []string{"VIRUSTOTAL_LIMITS=", "OWN_DOMAINS=", "VIRUSTOTAL_SECRET_ARN=arn:aws:service:eu-west-1:123456789012:VirustotalSecretArn"} {
		assert.Contains(t, env, want)
	}
	_, err = environment(root, "functions/nobody")
	assert.ErrorContains(t, err, "functions/nobody: no template has its function")
}
