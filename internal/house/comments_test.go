package house_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	report(t, silentPackages(readSources(t)))
}

func TestEverythingPublicIsExplained(t *testing.T) {
	t.Parallel()
	report(t, unexplained(readSources(t)))
}

func TestTheCommentChecksCanFail(t *testing.T) {
	t.Parallel()
	bad := parse(t, "internal/cellar/cellar.go", `package cellar
type Barrel struct{}
func (Barrel) Tap() {}
func (b *Barrel) Fill() {}
func Open() {}
const Depth = 1
var (
	Key string
)
// of the whole cellar
type ( 
	Shelf int
	// Rack has a word of its own.
	Rack int
)
type rat struct{}
func (rat) Squeak() {}
func hidden() {}
// Codes there are.
const ( First = 1; Second = 2 )
`)
	good := parse(t, "internal/attic/attic.go", "// Package attic holds old things.\npackage attic\n")
	if got := silentPackages([]source{bad, good}); len(got) != 1 || !strings.Contains(got[0], "internal/cellar") {
		t.Errorf("of the package without a word was said: %v", got)
	}
	names := strings.Join(unexplained([]source{bad, good}), "\n")
	for _, name := range []string{"Barrel", "Tap", "Fill", "Open", "Depth", "Key", "Shelf"} {
		if !strings.Contains(names, ": "+name+" ") {
			t.Errorf("%s without a word was not noticed", name)
		}
	}
	if count := strings.Count(names, "\n") + 1; count != 7 {
		t.Errorf("%d names were found, want 7:\n%s", count, names)
	}
}

// silentPackages lists the packages whose door says nothing. A package that is all generated needs no word.
func silentPackages(sources []source) (wrong []string) {
	spoken, written := map[string]bool{}, map[string]bool{}
	for _, s := range sources {
		dir := path.Dir(s.path)
		written[dir] = written[dir] || !s.generated()
		spoken[dir] = spoken[dir] || (s.file.Doc != nil && !s.generated())
	}
	for dir, byHand := range written {
		if byHand && !spoken[dir] {
			wrong = append(wrong, dir+" has no package comment")
		}
	}
	return wrong
}

// unexplained lists exported names without a comment. One comment may speak for a group of constants or variables. What
// gqlgen lays out is explained in the schema.
func unexplained(sources []source) (wrong []string) {
	for _, s := range sources {
		if s.generated() || strings.HasSuffix(s.path, ".resolvers.go") {
			continue
		}
		for _, decl := range s.file.Decls {
			for _, name := range bareNames(decl) {
				wrong = append(wrong, fmt.Sprintf("%s: %s has no comment", s.path, name))
			}
		}
	}
	return wrong
}

func bareNames(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			names = append(names, bareSpec(d, spec)...)
		}
	}
	return names
}

func bareSpec(group *ast.GenDecl, spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		alone := group.Lparen == token.NoPos
		if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && (!alone || group.Doc == nil) {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Doc == nil && s.Comment == nil && group.Doc == nil {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// receiver is the name of the type a method belongs to.
func receiver(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
