package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestInputs(t *testing.T) {
	piped, typed := &Console{}, &Console{InTerminal: true}
	for _, c := range []struct {
		con   *Console
		files []string
		want  []string
	}{
		{piped, nil, []string{"-"}},
		{piped, []string{"a"}, []string{"a"}},
		{typed, []string{"-", "a"}, []string{"-", "a"}},
	} {
		got, err := c.con.Inputs(c.files)
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
	for _, c := range []struct {
		con   *Console
		files []string
		want  string
	}{
		{typed, nil, "expected a FILE"},
		{piped, []string{"-", "a", "-"}, "can be read once"},
	} {
		_, err := c.con.Inputs(c.files)
		assert.ErrorContains(t, err, c.want)
		code, say := Code(err)
		assert.Equal(t, BadUsage, code)
		assert.True(t, say)
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alert.json")
	require.NoError(t, os.WriteFile(file, []byte("in a file"), 0o600))
	con := &Console{In: strings.NewReader("piped")}
	for name, want := range map[string]string{file: "in a file", "-": "piped"} {
		got, err := con.Read(name)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	_, err := con.Read(file + "x")
	assert.ErrorContains(t, err, "alert.jsonx")
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReadIsBounded(t *testing.T) {
	_, err := (&Console{In: zeros{}}).Read(Stdin)
	assert.EqualError(t, err, "standard input: larger than 64 MiB, expected a message")
	data, err := (&Console{In: io.LimitReader(zeros{}, MaxFile)}).Read(Stdin)
	require.NoError(t, err)
	assert.Len(t, data, MaxFile)
}

func TestCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		say  bool
	}{
		{nil, OK, false},
		{errors.New("x"), NotDone, true},
		{Usage(errors.New("x")), BadUsage, true},
		{fmt.Errorf("wrapped: %w", Usage(errors.New("x"))), BadUsage, true},
		{Exit{Code: NotDone}, NotDone, false},
		{fmt.Errorf("read: %w", context.Canceled), Interrupted, false},
	} {
		code, say := Code(c.err)
		assert.Equal(t, c.code, code, "%v", c.err)
		assert.Equal(t, c.say, say, "%v", c.err)
	}
}

func TestComplaintsAreSafeForATerminal(t *testing.T) {
	var b bytes.Buffer
	(&Console{Err: &b}).Complain(errors.New("a\x1b[2Jb\u202e"))
	assert.Equal(t, "alertresponder: error: a\uFFFD[2Jb\uFFFD\n", b.String())
}

func TestColour(t *testing.T) {
	colored := func() bool {
		con := &Console{Out: &bytes.Buffer{}, OutTerminal: true}
		con.SetColor(true)
		return strings.Contains(con.Screen.Severity(responder.Urgent), "\x1b")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	assert.True(t, colored())
	t.Setenv("NO_COLOR", "1")
	assert.False(t, colored(), "NO_COLOR")
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	assert.False(t, colored(), "TERM=dumb")
	t.Setenv("TERM", "xterm")

	con := &Console{Out: &bytes.Buffer{}, OutTerminal: true}
	con.SetColor(false)
	assert.NotContains(t, con.Screen.Severity(responder.Urgent), "\x1b", "--no-color")
	con.OutTerminal = false
	con.SetColor(true)
	assert.NotContains(t, con.Screen.Severity(responder.Urgent), "\x1b", "a pipe")
}

func TestJSONIsForPipesUnlessAskedFor(t *testing.T) {
	pipe, terminal := &Console{}, &Console{OutTerminal: true}
	assert.True(t, pipe.JSON("auto"))
	assert.False(t, terminal.JSON("auto"))
	assert.True(t, terminal.JSON("json"))
	assert.False(t, pipe.JSON("text"))
}

func TestProgressOnlyWhereItCanBeWrittenAgain(t *testing.T) {
	var b bytes.Buffer
	con := &Console{Err: &b}
	con.SetColor(false)
	con.Progress("waiting")
	assert.Empty(t, b.String())
	con.progress = true
	con.Progress("waiting\x1b[2J")
	con.Progress("")
	assert.Equal(t, "\r\x1b[Kwaiting\uFFFD[2J\r\x1b[K", b.String())
}
