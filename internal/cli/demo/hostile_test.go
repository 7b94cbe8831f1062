package demo

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The story told of a hostile alert, by inspectors that an attacker has written into: nothing in it is obeyed by a terminal.
func TestHostileStory(t *testing.T) {
	alert, err := os.ReadFile("../../security/testdata/hostile.json")
	require.NoError(t, err)
	var out bytes.Buffer
	s := &teller{out: &out, screen: show.NewScreen(0, false)}
	cast, err := inspectors(s)
	require.NoError(t, err)
	cast = append(cast, inprocess.Inspector{ID: "echo", Types: []string{"*"}, Inspector: responder.InspectorFunc(echo)})
	p, err := inprocess.New(inprocess.Config{
		Inspectors: cast, Start: start, Wrap: inprocess.Wrap{Handler: s.listen},
		Emitters: []inprocess.Emitter{{ID: "terminal", Emitter: responder.EmitterFunc(s.emit)}},
	})
	require.NoError(t, err)
	s.pipeline = p
	require.NoError(t, p.Send(t.Context(), alert))
	require.NoError(t, p.Settle(t.Context()))
	s.end()
	require.NoError(t, s.failed())
	assert.Contains(t, out.String(), "Hostile")
	assert.NotContains(t, out.String(), "http://")
	if i := strings.IndexFunc(out.String(), func(r rune) bool {
		return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
	}); i >= 0 {
		assert.Fail(t, "a terminal would obey", "%q", out.String()[max(i-40, 0):i+10])
	}
}

// echo says what it was asked, in every place where it can.
func echo(_ context.Context, task responder.Task) (responder.Page, error) {
	a, text := task.Attribute, task.Attribute.Value+task.Alert.Name
	return responder.Page{
		Title: text, Author: text, Error: text,
		Signals:       []responder.Signal{{Kind: text, Verdict: responder.Malicious, Summary: text, Source: text, URL: text}},
		NewAttributes: []responder.Attribute{{Type: a.Type, Value: "x" + a.Value}},
		OpponentHosts: []responder.OpponentHost{{ID: text, Country: []string{text}, ASOwner: []string{text}}},
		AlliedHosts:   []responder.AlliedHost{{ID: text, HostName: []string{text}, Activities: []responder.Activity{{Action: text}}}},
		SubjectUsers:  []responder.SubjectUser{{UserName: text, Activities: []responder.Activity{{Target: text}}}},
	}, nil
}
