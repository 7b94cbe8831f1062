package mapping_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// place is a Source that a test writes to.
type place struct {
	text  string
	err   error
	asked []string // the versions that it was asked with
}

func (p *place) Fetch(_ context.Context, version string) ([]byte, string, error) {
	p.asked = append(p.asked, version)
	switch {
	case p.err != nil:
		return nil, "", p.err
	case version == p.text:
		return nil, version, mapping.ErrUnchanged
	}
	return []byte(p.text), p.text, nil
}

// shelf is a Cached with its place, clock and log.
type shelf struct {
	*mapping.Cached
	*place
	log bytes.Buffer
	now time.Time
}

func newShelf(text string) *shelf {
	s := &shelf{place: &place{text: text}, now: time.Unix(1e9, 0)}
	s.Cached = &mapping.Cached{Source: s.place, Now: func() time.Time { return s.now }, Log: slog.New(slog.NewTextHandler(&s.log, nil))}
	return s
}

// source is who reads a message, and what is said to be wrong.
func (s *shelf) source(t *testing.T) (source, fault string) {
	t.Helper()
	m, err := s.Mappings(t.Context())
	require.NoError(t, err)
	for _, a := range m.Alerts(ingest.Message{Doc: map[string]any{"v": "x"}}) {
		source += a.Source
	}
	return source, m.Fault()
}

func file(source string) string {
	return "version: 1\nmappings: [{source: " + source + ", match: {v: x}, key: id}]"
}

func TestAFileIsReadOnceAMinute(t *testing.T) {
	s := newShelf(file("one"))
	for range 5 {
		source, fault := s.source(t)
		assert.Equal(t, "one", source)
		assert.Empty(t, fault)
	}
	assert.Equal(t, []string{""}, s.asked)
	s.now = s.now.Add(time.Minute)
	s.source(t)
	assert.Equal(t, []string{"", file("one")}, s.asked, "with the version that is known")
	s.text = file("two")
	s.now = s.now.Add(59 * time.Second)
	source, _ := s.source(t)
	assert.Equal(t, "one", source)
	s.now = s.now.Add(time.Second)
	source, _ = s.source(t)
	assert.Equal(t, "two", source)
	assert.Empty(t, s.log.String())
}

// A faulty version changes nothing, and is said once, by its places only.
func TestAFaultyVersion(t *testing.T) {
	s := newShelf(file("one"))
	s.source(t)
	s.text = "version: 1\nmappings: [{source: secret-word!, match: {v: x}, key: id}]"
	for range 3 {
		s.now = s.now.Add(time.Minute)
		source, fault := s.source(t)
		assert.Equal(t, "one", source)
		assert.Equal(t, "the mappings are faulty (line 2, column 21: mappings[0].source), those from before are in use", fault)
	}
	assert.Equal(t, 1, strings.Count(s.log.String(), "level=ERROR"))
	assert.Contains(t, s.log.String(), "line 2, column 21")
	assert.NotContains(t, s.log.String(), "secret-word")
	s.text = file("two")
	s.now = s.now.Add(time.Minute)
	source, fault := s.source(t)
	assert.Equal(t, "two", source)
	assert.Empty(t, fault)
}

// Without one that is good the parsers that ship go on, and who they do not know says why.
func TestOnlyAFaultyVersion(t *testing.T) {
	s := newShelf("version: 1\nmappings: [")
	source, fault := s.source(t)
	assert.Empty(t, source)
	assert.Contains(t, fault, "the mappings are faulty (line ")
}

func TestAFileThatIsNotThere(t *testing.T) {
	s := newShelf("")
	s.err = responder.Permanent(errors.New("no such key"))
	source, fault := s.source(t)
	assert.Empty(t, source)
	assert.Equal(t, "the mappings cannot be read", fault)
	assert.Contains(t, s.log.String(), "no such key")
	s.err, s.text = nil, file("one")
	s.now = s.now.Add(time.Minute)
	source, fault = s.source(t)
	assert.Equal(t, "one", source)
	assert.Empty(t, fault)
	s.err = responder.Permanent(errors.New("no such key"))
	s.now = s.now.Add(time.Minute)
	source, fault = s.source(t)
	assert.Equal(t, "one", source)
	assert.Equal(t, "the mappings cannot be read, those from before are in use", fault)
}

// While nobody knows what the mappings are, there are none to go by: the messages come back. Those that were known stay.
func TestAnOutage(t *testing.T) {
	s := newShelf(file("one"))
	s.err = errors.New("throttled")
	for range 3 {
		_, err := s.Mappings(t.Context())
		require.EqualError(t, err, "throttled")
	}
	assert.Len(t, s.asked, 1, "not again at once")
	s.now = s.now.Add(5 * time.Second)
	s.err = nil
	source, _ := s.source(t)
	assert.Equal(t, "one", source)
	s.err = errors.New("throttled")
	s.now = s.now.Add(time.Minute)
	source, fault := s.source(t)
	assert.Equal(t, "one", source)
	assert.Empty(t, fault)
	assert.Contains(t, s.log.String(), "level=WARN")
	assert.Contains(t, s.log.String(), "throttled")
}

// That one caller has no time left says nothing about the next.
func TestACallerWithoutTime(t *testing.T) {
	s := newShelf(file("one"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.err = ctx.Err()
	_, err := s.Mappings(ctx)
	require.Error(t, err)
	s.err = nil
	source, _ := s.source(t)
	assert.Equal(t, "one", source)
}

func TestSeveralFiles(t *testing.T) {
	a, b := newShelf(file("one")), newShelf(file("two"))
	all := mapping.Several{a.Cached, b.Cached}
	m, err := all.Mappings(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "one", m.Alerts(ingest.Message{Doc: map[string]any{"v": "x"}})[0].Source)
	a.text, a.now = "version: 2", a.now.Add(time.Hour)
	b.err, b.now = responder.Permanent(errors.New("gone")), b.now.Add(time.Hour)
	m, err = all.Mappings(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(m.Fault(), "those from before are in use"))
	c := newShelf("")
	c.err = errors.New("throttled")
	_, err = append(all, c.Cached).Mappings(t.Context())
	require.EqualError(t, err, "throttled")
}

func TestAText(t *testing.T) {
	s := newShelf("")
	s.Source = mapping.Text(file("one"))
	for range 3 {
		source, _ := s.source(t)
		assert.Equal(t, "one", source)
		s.now = s.now.Add(time.Minute)
	}
	s = newShelf("")
	s.Source = mapping.Text("version: 2")
	_, fault := s.source(t)
	assert.Contains(t, fault, "the mappings are faulty (line 1, column 1")
}
