package render

import (
	"encoding/json"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// state is what was shown, so far as the next view needs it.
type state struct {
	Severity responder.Severity `json:"severity,omitempty"`
}

func parseState(text string) (s state) {
	if json.Unmarshal([]byte(text), &s) != nil {
		return state{}
	}
	return s
}

func (s state) String() string {
	b, _ := json.Marshal(s) // strings always marshal
	return string(b)
}
