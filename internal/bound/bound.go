// Package bound makes copies of messages of which nothing is larger than it may be.
//
// in → out: a value of the vocabulary → a deep copy with bounded lists and texts, and whether something is
// missing in it.
package bound

import (
	"reflect"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Copy is a deep copy of v of which lists have so many entries at most and texts so many bytes; cut says
// whether something was left out. Maps keep all their entries: their keys are identities.
func Copy[T any](v T, list, text int) (copied T, cut bool) {
	b := bounds{list: list, text: text}
	b.value(reflect.ValueOf(&v).Elem())
	return v, b.cut
}

type bounds struct {
	list, text int
	cut        bool
}

// value replaces what v refers to by bounded copies.
func (b *bounds) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		s := entity.Cut(v.String(), b.text)
		b.cut = b.cut || len(s) < v.Len()
		v.SetString(s)
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			b.value(to.Elem())
			v.Set(to)
		}
	case reflect.Slice:
		b.slice(v)
	case reflect.Map:
		b.mapped(v)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[responder.Time]() {
			return
		}
		for i := range v.NumField() {
			b.value(v.Field(i))
		}
	}
}

func (b *bounds) slice(v reflect.Value) {
	if v.IsNil() {
		return
	}
	n := min(v.Len(), b.list)
	b.cut = b.cut || n < v.Len()
	to := reflect.MakeSlice(v.Type(), n, n)
	reflect.Copy(to, v)
	for i := range n {
		b.value(to.Index(i))
	}
	v.Set(to)
}

func (b *bounds) mapped(v reflect.Value) {
	if v.IsNil() {
		return
	}
	to := reflect.MakeMapWithSize(v.Type(), v.Len())
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		b.value(value)
		to.SetMapIndex(key, value)
	}
	v.Set(to)
}
