package responder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// anyTime are the times that can be written: none, or of the years 2 to 9999, to the nanosecond.
var anyTime = rapid.Custom(func(t *rapid.T) responder.Time {
	if rapid.Bool().Draw(t, "none") {
		return responder.Time{}
	}
	return responder.At(time.Unix(rapid.Int64Range(-62104060800, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC())
})

func anyOf[T any]() *rapid.Generator[T] {
	return rapid.MakeCustom[T](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{reflect.TypeFor[responder.Time](): anyTime.AsAny()},
		Kinds: map[reflect.Kind]*rapid.Generator[any]{reflect.String: rapid.StringN(0, 6, -1).AsAny()},
	})
}

// What is written is what is read.
func TestRoundTrips(t *testing.T) {
	t.Run("alert", roundTrip[responder.Alert])
	t.Run("task", roundTrip[responder.Task])
	t.Run("task message", roundTrip[responder.TaskMessage])
	t.Run("submission", roundTrip[responder.Submission])
	t.Run("page", roundTrip[responder.Page])
	t.Run("report", roundTrip[responder.Report])
	t.Run("result", roundTrip[responder.Result])
	t.Run("receipt", roundTrip[responder.Receipt])
}

func roundTrip[T any](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyOf[T]().Draw(t, "value")
		text, err := json.Marshal(v)
		require.NoError(t, err)
		var back T
		require.NoError(t, json.Unmarshal(text, &back))
		twice, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(text), string(twice), "the same value gives the same bytes")
		require.Equal(t, tidy(v), tidy(back))
	})
}

// tidy makes none of empty lists and maps, which are the same on the wire.
func tidy[T any](v T) T {
	clean(reflect.ValueOf(&v).Elem())
	return v
}

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != reflect.TypeFor[responder.Time]() {
				clean(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			clean(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clean(v.Index(i))
		}
		if v.Len() == 0 {
			v.SetZero()
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(v.MapIndex(k))
			clean(e)
			v.SetMapIndex(k, e)
		}
		if v.Len() == 0 {
			v.SetZero()
		}
	}
}

// Whatever is read can be written, and is then the same for good.
func FuzzReport(f *testing.F) {
	for _, name := range []string{"verdict.json", "notice.json", "old/report.json", "old/report-new.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		require.NoError(f, err)
		f.Add(text)
	}
	for _, s := range []string{`{}`, `null`, `{"opened_at":"9999-12-31T23:59:59-23:00"}`, `{"opened_at":"0001-01-01T00:00:00+09:00"}`,
		`{"result":{"severity":"high"},"result":null}`, `{"content":{"allied_hosts":{"x":null}}}`, `{"alert":{"timestamp":{"init":1e308}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once, err := again[responder.Report](text)
		if err != nil {
			return
		}
		twice, err := again[responder.Report](once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
