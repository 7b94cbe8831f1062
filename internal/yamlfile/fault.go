package yamlfile

import (
	"errors"
	"fmt"
)

// Fault is what is wrong at a place of a file.
type Fault struct {
	Line, Column int
	Field        string // such as mappings[0].attrs[1].value; empty where it is the file itself
	Text         string
}

// Error implements error.
func (f Fault) Error() string { return f.In("") }

// In is the fault with the name of its file before it.
func (f Fault) In(file string) string {
	if file != "" {
		file += ":"
	}
	at := fmt.Sprintf("%s%d:%d: ", file, f.Line, f.Column)
	if f.Field != "" {
		at += f.Field + ": "
	}
	return at + f.Text
}

// Faults gives all faults that an error holds.
func Faults(err error) (list []Fault) {
	var one Fault
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			list = append(list, Faults(e)...)
		}
	} else if errors.As(err, &one) {
		list = append(list, one)
	}
	return list
}
