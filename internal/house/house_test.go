package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	module = "purser"
	root   = "../.." // of the module, seen from here
)

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	Dir        string
	ImportPath string
	Imports    []string
	GoFiles    []string
	// OtherFiles are left out of a build for this machine.
	OtherFiles []string `json:"IgnoredGoFiles"`
}

func (p goPackage) path() string {
	path, _ := ourPath(p.ImportPath)
	return path
}

// ourPath is an import path inside the module: "internal/money", or "" for the server itself.
func ourPath(importPath string) (path string, ours bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// source is one hand-written or generated file, tests left out. Its path is inside the module.
type source struct {
	path string
	file *ast.File
}

func (s source) generated() bool { return ast.IsGenerated(s.file) }

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=Dir,ImportPath,Imports,GoFiles,IgnoredGoFiles", "./...")
	command.Dir, command.Stderr = root, os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "/node_modules/") { // some npm packages carry Go files
			packages = append(packages, p)
		}
	}
	if len(packages) < 20 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	return packages
}

// readSources parses every file of every package, tests left out.
func readSources(t *testing.T) []source {
	t.Helper()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var sources []source
	for _, p := range listPackages(t) {
		for _, name := range append(p.GoFiles, p.OtherFiles...) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Rel(here, filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, parse(t, filepath.ToSlash(path), string(text)))
		}
	}
	return sources
}

func parse(t *testing.T, path, text string) source {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: path, file: file}
}

func report(t *testing.T, wrong []string) {
	t.Helper()
	for _, sentence := range wrong {
		t.Error(sentence)
	}
}
