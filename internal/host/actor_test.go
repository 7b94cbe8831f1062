package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	recording "github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// acting tells of these attributes.
type acting struct {
	about []string
	text  string
	err   error
}

func (a *acting) Emit(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
	return nil, errors.New("an actor acts")
}

func (a *acting) Act(context.Context, responder.Report, responder.Receipt) (pages []responder.Page, _ responder.Receipt, err error) {
	for _, v := range a.about {
		pages = append(pages, responder.Page{Title: a.text, Attribute: &responder.Attribute{Type: "instance", Value: v}})
	}
	return pages, nil, a.err
}

// A page takes the place of the former one about its attribute, also where there are others by now: it has the same part.
func TestAnActorTellsOfEachAttributeAlone(t *testing.T) {
	s, a, subs := &stage{now: start}, &acting{about: []string{"i-1"}, text: "would"}, &submissions{}
	s.handler = host.Emitter(a, host.EmitterPorts{
		Receipts: &s.receipts, Submit: subs, Now: func() time.Time { return s.now },
	}, host.EmitterOptions{ID: "em"})
	s.send(t, verdict("R", 3, "a"))
	a.about, a.text, a.err = []string{"i-1", "i-2"}, "did", errors.New("and something failed")
	s.send(t, verdict("R", 5, "b"))
	s.send(t, verdict("R", 5, "b")) // nothing new to tell
	require.Len(t, subs.list, 3)
	part := map[string]string{}
	for _, sub := range subs.list {
		require.Len(t, sub.Pages, 1)
		assert.Equal(t, "legacy/em", sub.Token)
		assert.Equal(t, responder.Page{ReportID: "R", V: 1, Author: "em", Outcome: responder.Found, Title: sub.Pages[0].Title,
			Attribute: sub.Pages[0].Attribute}, sub.Pages[0])
		part[recording.Part(sub.Pages)] = sub.Pages[0].Attribute.Value + " " + sub.Pages[0].Title
	}
	assert.ElementsMatch(t, []string{"i-1 did", "i-2 did"}, []string{part[recording.Part(subs.list[1].Pages)], part[recording.Part(subs.list[2].Pages)]})
	assert.Len(t, part, 2)
}
