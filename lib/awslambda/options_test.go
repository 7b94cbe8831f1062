package awslambda

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// environment sets these variables, and empties the others that are read.
func environment(t *testing.T, vars map[string]string) {
	t.Helper()
	for _, name := range []string{"SUBMISSION_QUEUE_URL", "INSPECTOR_ID", "INSPECTOR_TYPES", "PLUGIN_DATA", "EMITTER_ID", "RETENTION_DAYS"} {
		t.Setenv(name, vars[name])
	}
}

func silent(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
	return nil, nil
}

func TestInspectorOptions(t *testing.T) {
	type vars = map[string]string
	for name, c := range map[string]struct {
		env  vars
		o    Options
		want host.InspectorOptions
		errs []string
	}{
		"from the environment": {vars{"INSPECTOR_ID": "a-1", "INSPECTOR_TYPES": " ipaddr,,domain , "}, Options{},
			host.InspectorOptions{ID: "a-1", Types: []string{"ipaddr", "domain"}}, nil},
		"all types": {vars{"INSPECTOR_ID": "a", "INSPECTOR_TYPES": "*"}, Options{},
			host.InspectorOptions{ID: "a", Types: []string{"*"}}, nil},
		"options first": {vars{"INSPECTOR_ID": "a", "INSPECTOR_TYPES": "url"},
			Options{ID: "b", Types: []string{"ipaddr"}, Concurrency: 3, GiveUp: time.Minute, MaxReceives: 4},
			host.InspectorOptions{ID: "b", Types: []string{"ipaddr"}, Concurrency: 3, GiveUp: time.Minute, MaxReceives: 4}, nil},
		"nothing":          {vars{}, Options{}, host.InspectorOptions{}, []string{"id: ", "INSPECTOR_TYPES: empty"}},
		"only commas":      {vars{"INSPECTOR_ID": "a", "INSPECTOR_TYPES": " , "}, Options{}, host.InspectorOptions{ID: "a"}, []string{"INSPECTOR_TYPES: empty"}},
		"not an emitter's": {vars{"EMITTER_ID": "e", "INSPECTOR_TYPES": "*"}, Options{}, host.InspectorOptions{Types: []string{"*"}}, []string{"id: "}},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, c.env)
			got, err := c.o.inspector()
			assert.Equal(t, c.want, got)
			says(t, err, c.errs...)
		})
	}
}

func TestEmitterOptions(t *testing.T) {
	const day = 24 * time.Hour
	type vars = map[string]string
	for name, c := range map[string]struct {
		env  vars
		o    Options
		want host.EmitterOptions
		errs []string
	}{
		"inspector's id": {vars{"INSPECTOR_ID": "i"}, Options{}, host.EmitterOptions{ID: "i", Retention: 90 * day}, nil},
		"emitter's id":   {vars{"INSPECTOR_ID": "i", "EMITTER_ID": "e", "RETENTION_DAYS": " 7 "}, Options{}, host.EmitterOptions{ID: "e", Retention: 7 * day}, nil},
		"option's id":    {vars{"INSPECTOR_ID": "i", "EMITTER_ID": "e"}, Options{ID: "o"}, host.EmitterOptions{ID: "o", Retention: 90 * day}, nil},
		"nothing, zero":  {vars{"RETENTION_DAYS": "0"}, Options{}, host.EmitterOptions{}, []string{"id: ", `RETENTION_DAYS: "0"`}},
		"a day":          {vars{"RETENTION_DAYS": "1"}, Options{ID: "e"}, host.EmitterOptions{ID: "e", Retention: day}, nil},
		"a century":      {vars{"RETENTION_DAYS": "36500"}, Options{ID: "e"}, host.EmitterOptions{ID: "e", Retention: 36500 * day}, nil},
		"more":           {vars{"RETENTION_DAYS": "36501"}, Options{ID: "e"}, host.EmitterOptions{ID: "e"}, []string{"expected 1 to 36500"}},
		"a word":         {vars{"RETENTION_DAYS": "ten"}, Options{ID: "e"}, host.EmitterOptions{ID: "e"}, []string{`RETENTION_DAYS: "ten"`}},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, c.env)
			got, err := c.o.emitter()
			assert.Equal(t, c.want, got)
			says(t, err, c.errs...)
		})
	}
}

// says checks that an error has all of these, and is nil where there are none.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	if len(texts) == 0 {
		require.NoError(t, err)
	}
	for _, text := range texts {
		assert.ErrorContains(t, err, text)
	}
}

func TestFaultsOfTheConfiguration(t *testing.T) {
	environment(t, map[string]string{"INSPECTOR_ID": "Not An Id", "RETENTION_DAYS": "ten"})
	var log bytes.Buffer
	o := Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))}
	h := Inspector(responder.InspectorFunc(found), o)
	for range 2 {
		answer, err := h.Invoke(t.Context(), envelope.SQSEvent(deliveryOf("1", "{}")))
		assert.Nil(t, answer)
		says(t, err, "configuration: ", "SUBMISSION_QUEUE_URL", "INSPECTOR_TYPES", "Not An Id")
		assert.IsType(t, host.Error(""), err)
	}
	assert.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")), "logged once, at the start")
	assert.Contains(t, log.String(), "SUBMISSION_QUEUE_URL")

	_, err := Emitter(responder.EmitterFunc(silent), quiet).Invoke(t.Context(), nil)
	says(t, err, "configuration: ", "PLUGIN_DATA", "RETENTION_DAYS", "Not An Id")
}

func TestNoPlugin(t *testing.T) {
	onLambda(t)
	t.Setenv("PLUGIN_DATA", "receipts")
	assert.Panics(t, func() { Inspector(nil, quiet) })
	assert.Panics(t, func() { Emitter(nil, quiet) })
	assert.Panics(t, func() { Reviewer(nil) })
}

func TestOnceKeepsNoFailure(t *testing.T) {
	calls := 0
	get := once(func(context.Context) (int, error) {
		if calls++; calls == 1 {
			return 7, errors.New("no credentials")
		}
		return calls, nil
	})
	_, err := get(t.Context())
	require.EqualError(t, err, "no credentials")
	for range 2 {
		got, err := get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2, got)
	}
}
