// Package schematest makes messages for tests.
//
// in → out: a type of package responder → small random values of it, as this release may write them.
package schematest

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Values generates values of a message's type: lists and maps are nil or have one or two entries, texts are short,
// words are of the vocabulary, times are none or of the years 2 to 9999.
func Values[T any]() *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) (v T) {
		fill(t, reflect.ValueOf(&v).Elem())
		return v
	})
}

var words = map[reflect.Type][]string{
	reflect.TypeFor[responder.Severity]():      {"", "urgent", "unclassified", "safe"},
	reflect.TypeFor[responder.State]():         {"", "firing", "resolved"},
	reflect.TypeFor[responder.Status]():        {"new", "ongoing", "published"},
	reflect.TypeFor[responder.Outcome]():       {"", "found", "nothing", "failed", "skipped", "missing"},
	reflect.TypeFor[responder.SignalVerdict](): {"malicious", "suspicious", "harmless", "unknown"},
}

var (
	text   = rapid.StringN(0, 6, -1)
	number = rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64)
	second = rapid.Int64Range(-62104060800, 253402300799) // the years 2 to 9999
)

func fill(t *rapid.T, v reflect.Value) {
	if list, ok := words[v.Type()]; ok {
		v.SetString(rapid.SampledFrom(list).Draw(t, "word"))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		structure(t, v)
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "some") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 2).Draw(t, "entries") {
			v.Set(reflect.Append(v, made(t, v.Type().Elem())))
		}
	case reflect.Map:
		for range rapid.IntRange(0, 2).Draw(t, "entries") {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			v.SetMapIndex(made(t, v.Type().Key()), made(t, v.Type().Elem()))
		}
	default:
		scalar(t, v)
	}
}

func made(t *rapid.T, typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	fill(t, v)
	return v
}

func structure(t *rapid.T, v reflect.Value) {
	if v.Type() != reflect.TypeFor[responder.Time]() {
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
		return
	}
	if rapid.Bool().Draw(t, "some") {
		at := time.Unix(second.Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		v.Set(reflect.ValueOf(responder.At(at)))
	}
}

func scalar(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text.Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Float64:
		v.SetFloat(number.Draw(t, "float"))
	default:
		panic(fmt.Sprintf("schematest: %s: a kind that no message had so far", v.Type()))
	}
}
