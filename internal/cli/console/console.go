// Package console is what a command of the tool has in its hands: streams, what is known of the terminal, and
// how a command ends.
//
// in → out: the process's streams and environment → a [Console]; an error → an exit code.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/term"
	"github.com/mattn/go-isatty"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
)

// Console is where a command reads and writes.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal and OutTerminal say whether a person types and reads.
	InTerminal, OutTerminal bool
	// progress says whether one line of Err can be written again and again.
	progress bool
	// Screen is how text for people looks on Out.
	Screen show.Screen
	// Verbose asks for logs, on Err.
	Verbose bool
}

// Standard is the console of the process. The look of its Screen is for SetColor to decide.
func Standard() *Console {
	lipgloss.EnableLegacyWindowsANSI(os.Stdout)
	c := &Console{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal: isTerminal(os.Stdin), OutTerminal: isTerminal(os.Stdout),
	}
	c.progress = isTerminal(os.Stderr) && os.Getenv("TERM") != "dumb"
	c.SetColor(true)
	return c
}

// SetColor says whether the person wants colour. There is none where nobody reads it, with NO_COLOR set, and
// on a terminal that calls itself dumb.
func (c *Console) SetColor(wanted bool) {
	color := wanted && c.OutTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	c.Screen = show.NewScreen(c.width(), color)
}

// width is that of the terminal, in columns; 0 where there is none.
func (c *Console) width() int {
	f, ok := c.Out.(*os.File)
	if !ok || !c.OutTerminal {
		return 0
	}
	w, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return w
}

func isTerminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// JSON says whether a command answers in JSON: what was asked for, text or json, or with auto what suits the
// reader.
func (c *Console) JSON(output string) bool {
	return output == "json" || output == "auto" && !c.OutTerminal
}

// Complain writes one error for people, safe for a terminal.
func (c *Console) Complain(err error) {
	fmt.Fprintf(c.Err, "alertresponder: error: %s\n", show.Plain(err.Error(), 2000))
	if strings.Contains(err.Error(), lastResort) {
		fmt.Fprintln(c.Err, "There are no AWS credentials here. Take those of the aws command: set AWS_PROFILE, or run aws sso login or aws configure.")
	}
}

// lastResort is what the SDK says where none of the places has credentials; the last one asked is an instance's, and it has no
// error of a type of its own (aws-sdk-go-v2, credentials/ec2rolecreds).
const lastResort = "no EC2 IMDS role found"

// Warn writes for people what is no error, safe for a terminal.
func (c *Console) Warn(text string) {
	fmt.Fprintf(c.Err, "alertresponder: warning: %s\n", show.Plain(text, 2000))
}

// Progress shows one line in place of the previous one, which an empty one takes away; nothing where Err is no
// terminal.
func (c *Console) Progress(line string) {
	if !c.progress {
		return
	}
	fmt.Fprint(c.Err, "\r\x1b[K"+c.Screen.Dim(show.Plain(line, c.Screen.Width()-1)))
}
