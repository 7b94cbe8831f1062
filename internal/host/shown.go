package host

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// shown is what a destination shows of a report: the hash of the last verdict, and of the last notice, which
// stands beside it and takes nothing away from it. Empty where that is not known.
type shown struct{ verdict, notice string }

func parseShown(s string) shown {
	verdict, notice, _ := strings.Cut(s, " ")
	return shown{verdict, notice}
}

func (s shown) String() string { return s.verdict + " " + s.notice }

// has says whether content with this digest is shown already.
func (s shown) has(r responder.Report, digest string) bool {
	if isVerdict(r) {
		return digest != "" && digest == s.verdict
	}
	return digest != "" && digest == s.notice
}

// with is what is shown after a report with this digest was.
func (s shown) with(r responder.Report, digest string) shown {
	if isVerdict(r) {
		return shown{verdict: digest, notice: s.notice}
	}
	return shown{verdict: s.verdict, notice: digest}
}

// without is what is known to be shown after an attempt to show a report failed half-way.
func (s shown) without(r responder.Report) shown {
	if isVerdict(r) {
		return shown{notice: s.notice}
	}
	return shown{verdict: s.verdict}
}

func isVerdict(r responder.Report) bool { return r.Status == responder.StatusPublished }

// digest is the content of a report but for seq, times and counts. Of a notice's count the number of digits
// stays, since people are to hear of the tenth and the hundredth; its status goes, since a notice that was
// sent again after a crash may have become an ongoing one.
func digest(r responder.Report) string {
	digits := 0
	if !isVerdict(r) {
		digits, r.Status = len(fmt.Sprint(r.AlertCount)), ""
	}
	r.V, r.Seq, r.AlertCount = 0, 0, 0
	timeless(reflect.ValueOf(&r).Elem())
	text, err := json.Marshal(r)
	if err != nil {
		return "" // it was read from JSON
	}
	sum := sha256.Sum256(fmt.Appendf(text, " %d", digits))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// timeless takes all times out of a value. What it refers to is replaced by copies: the lists are the caller's.
func timeless(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if t := v.Type(); t == reflect.TypeFor[responder.Time]() || t == reflect.TypeFor[responder.Timestamp]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			timeless(v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 || v.Type().Elem().Kind() == reflect.String {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			timeless(own.Index(i))
		}
		v.Set(own)
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			timeless(own.Elem())
			v.Set(own)
		}
	case reflect.Map:
		if v.Len() == 0 {
			return
		}
		own := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(v.MapIndex(k))
			timeless(e)
			own.SetMapIndex(k, e)
		}
		v.Set(own)
	}
}
