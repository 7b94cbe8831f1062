package intel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// fits says whether an answer can be decoded into out.
func fits(out any) error {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return responder.Permanent(fmt.Errorf("intel: answers are decoded into %T, expected a pointer", out))
	}
	return nil
}

// decode reads into what out points to, or leaves it as it is. What stands there may know what was asked for.
func decode(data []byte, out any) error {
	to := reflect.ValueOf(out).Elem()
	whole := reflect.New(to.Type())
	whole.Elem().Set(to)
	if err := json.Unmarshal(data, whole.Interface()); err != nil {
		return err
	}
	to.Set(whole.Elem())
	return nil
}

// countValues is how many values a JSON text has at most.
func countValues(b []byte) int {
	return bytes.Count(b, []byte(",")) + bytes.Count(b, []byte("[")) + bytes.Count(b, []byte("{")) + 1
}
