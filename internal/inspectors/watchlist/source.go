package watchlist

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The bounds of lists; a list beyond them is not used. So many indicators fit into a function of 256 MB also while they
// are loaded again.
const (
	MaxLists      = 1000
	MaxBytes      = 64 << 20 // of one list, as stored and unpacked
	MaxIndicators = 250_000  // of all lists together
)

// Source is where lists are kept.
//
// Lists says which there are now. It is called by one goroutine at a time, before anything else and then every five
// minutes at most.
type Source interface {
	Lists(ctx context.Context) ([]File, error)
}

// File is one list of a source.
type File struct {
	// Path names the list within its source; the last element is the file's name.
	Path string
	// Version changes when the content does. A list is opened only if its version is not the one already loaded.
	Version string
	// Size in bytes, as stored; 0 if not known.
	Size int64
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// IsList says whether a file in a directory or bucket is taken for a list: all but hidden ones and READMEs.
func IsList(p string) bool {
	base := path.Base(p)
	return p != "" && !strings.HasSuffix(p, "/") && !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_") &&
		!strings.HasPrefix(strings.ToLower(base), "readme")
}

// Files is a Source of files, and of directories with all that is in them.
func Files(paths ...string) Source { return files(paths) }

type files []string

// Lists implements Source.
func (f files) Lists(context.Context) ([]File, error) {
	var out []File
	for _, p := range f {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, fileOf(p, info))
			continue
		}
		if out, err = walk(out, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func walk(out []File, dir string) ([]File, error) {
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || p == dir:
			return err
		case !IsList(filepath.ToSlash(p)):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case len(out) > MaxLists:
			return fs.SkipAll // who loads them says that they are too many
		}
		info, err := os.Stat(p) // of what a link leads to
		if err == nil && info.Mode().IsRegular() {
			out = append(out, fileOf(p, info))
		}
		return err
	})
	return out, err
}

func fileOf(p string, info fs.FileInfo) File {
	return File{
		Path:    filepath.ToSlash(p),
		Version: fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size()),
		Size:    info.Size(),
		Open:    func(context.Context) (io.ReadCloser, error) { return os.Open(p) },
	}
}
