package metricstest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/metrics/metricstest"
)

// document is one that holds to the rules, with one text in it replaced by another.
func document(old, new string) string {
	const right = `{"a":"x","_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"some","Dimensions":[["stage"],[]],` +
		`"Metrics":[{"Name":"time","Unit":"Milliseconds"},{"Name":"many","StorageResolution":60}]}]},` +
		`"stage":"blue","time":100,"many":[1,2.5]}`
	return strings.Replace(right, old, new, 1)
}

func TestRead(t *testing.T) {
	got, err := metricstest.Read([]byte(document("", "")))
	require.NoError(t, err)
	blue, none := map[string]string{"stage": "blue"}, map[string]string{}
	const at = 1574109732004
	assert.Equal(t, []metricstest.Value{
		{"some", blue, "time", "Milliseconds", 100, at}, {"some", blue, "many", "", 1, at}, {"some", blue, "many", "", 2.5, at},
		{"some", none, "time", "Milliseconds", 100, at}, {"some", none, "many", "", 1, at}, {"some", none, "many", "", 2.5, at},
	}, got)

	got, err = metricstest.Read([]byte(`{"message":"no metrics"}`))
	require.NoError(t, err)
	assert.Empty(t, got)
}

// Each rule of the specification is broken once.
func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{`{"a"`, `INFO {"a"`}, {`2.5]}`, `2.5]} ` + "\x00"}, {`2.5]}`, `2.5]`}, {`{"a":"x"`, `{"time":1`}, {`"x"`, `"` + strings.Repeat("x", 256<<10) + `"`},
		{`"Timestamp":1574109732004,`, ``}, {`1574109732004`, `"2019"`}, {`1574109732004`, `1.5`}, {`"Timestamp"`, `"Time":1,"Timestamp"`},
		{`"CloudWatchMetrics"`, `"Metrics"`}, {`"Namespace":"some",`, ``}, {`"some"`, `""`}, {`"some"`, `"AWS/Lambda"`}, {`"some"`, `":x"`},
		{`"some"`, `"` + strings.Repeat("n", 256) + `"`}, {`"Dimensions":[["stage"],[]],`, ``}, {`[["stage"],[]]`, `[]`}, {`["stage"]`, `["absent"]`},
		{`["stage"]`, `["time"]`}, {`["stage"]`, `["1","2","3","4","5","6","7","8","9","10"]`}, {`"blue"`, `""`}, {`"blue"`, `"  "`}, {`"blue"`, `"blü"`},
		{`"blue"`, `null`}, {`"blue"`, `"` + strings.Repeat("b", 1025) + `"`}, {`"Metrics"`, `"More":1,"Metrics"`},
		{`"Name":"time"`, `"Name":"absent"`}, {`"Name":"time"`, `"Name":""`}, {`"Name":"time",`, ``}, {`"Milliseconds"`, `"Hours"`},
		{`"Milliseconds"`, `"Percent/Second"`}, {`:60`, `:30`}, {`"time":100`, `"time":"100"`}, {`"time":100`, `"time":null`}, {`"time":100`, `"time":{"a":1}`},
		{`[1,2.5]`, `[` + strings.Repeat("1,", 100) + `1]`}, {`[1,2.5]`, `["1"]`},
	} {
		_, err := metricstest.Read([]byte(document(c.old, c.new)))
		assert.Error(t, err, "%s for %.80s", c.new, c.old)
	}
}
