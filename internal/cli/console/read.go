package console

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// Stdin is the name of standard input among files.
const Stdin = "-"

// Inputs are the files to read: those named, or standard input where none is and something comes through it.
func (c *Console) Inputs(files []string) ([]string, error) {
	if len(files) == 0 && c.InTerminal {
		return nil, Usage(fmt.Errorf("no file is given and nothing is piped in, expected a FILE, or - for standard input"))
	}
	if len(files) == 0 {
		return []string{Stdin}, nil
	}
	if i := slices.Index(files, Stdin); i >= 0 && slices.Contains(files[i+1:], Stdin) {
		return nil, Usage(fmt.Errorf("standard input (-) can be read once"))
	}
	return files, nil
}

// Read reads a whole file, or standard input. The error names the file.
func (c *Console) Read(name string) ([]byte, error) {
	r := c.In
	if name != Stdin {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Name(name), err)
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB, expected a message", Name(name), MaxFile>>20)
	}
	return data, nil
}

// Name is how a file is called in an error.
func Name(file string) string {
	if file == Stdin {
		return "standard input"
	}
	return show.Plain(file, 200)
}
