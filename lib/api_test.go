package responder_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who writes a plugin can name every type that the SDK speaks of: none is internal.
func TestNoInternalTypesInTheAPI(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Empty(t, leaks(t, path, src))
		return nil
	}))
	assert.Greater(t, files, 20)
}

func TestLeaksAreSeen(t *testing.T) {
	src := `package x
import ("m/internal/host"; other "m/internal/bus"; "m/lib")
type Hidden struct { inner *host.Batch }
type Options struct { lib.Page; Host host.Options }
type own struct { Host host.Options }
func New(o host.Options) *Hidden { return nil }
func (h *Hidden) Bus() (other.Bus, error) { host.Do(); return nil, nil }
func (o own) Bus() other.Bus { return nil }
func quiet() host.Options { return host.Options{} }
var Now other.Clock
var later = host.Now
type Alias = host.Options
type I interface { M(host.Options) }`
	assert.Equal(t, []string{"x.go: Options: host.Options", "x.go: New: host.Options", "x.go: Bus: other.Bus", "x.go: Now: other.Clock",
		"x.go: Alias: host.Options", "x.go: I: host.Options"}, leaks(t, "x.go", []byte(src)))
}

// leaks are the internal types that exported declarations of a file speak of.
func leaks(t *testing.T, path string, src []byte) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	internal := map[string]bool{}
	for _, i := range file.Imports {
		p := strings.Trim(i.Path.Value, `"`)
		name := p[strings.LastIndexByte(p, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		internal[name] = strings.Contains(p, "/internal/")
	}
	for _, d := range file.Decls {
		for _, e := range exported(d) {
			ast.Inspect(e.shape, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && internal[x.Name] {
						found = append(found, path+": "+e.name+": "+x.Name+"."+s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	return found
}

// export is a name that a file exports, with the types that it speaks of.
type export struct {
	name  string
	shape ast.Node
}

func exported(d ast.Decl) (list []export) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
			list = append(list, export{d.Name.Name, d.Type})
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				list = append(list, shapes(spec)...)
			case *ast.ValueSpec:
				if spec.Names[0].IsExported() && spec.Type != nil {
					list = append(list, export{spec.Names[0].Name, spec.Type})
				}
			}
		}
	}
	return list
}

// shapes are the types of a type: of a struct those of its exported fields.
func shapes(spec *ast.TypeSpec) (list []export) {
	s, isStruct := spec.Type.(*ast.StructType)
	switch {
	case !spec.Name.IsExported():
	case !isStruct:
		list = append(list, export{spec.Name.Name, spec.Type})
	default:
		for _, f := range s.Fields.List {
			if len(f.Names) == 0 || f.Names[0].IsExported() {
				list = append(list, export{spec.Name.Name, f.Type})
			}
		}
	}
	return list
}

func receiver(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if name, ok := e.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
