package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestWriteInbox(t *testing.T) {
	t.Parallel()

	render := func(t *testing.T, to string, messages ...Message) string {
		t.Helper()
		var page strings.Builder
		if err := WriteInbox(&page, to, messages); err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(page.String(), "<template")
		return before
	}

	t.Run("shows a code and a link", func(t *testing.T) {
		t.Parallel()
		page := render(t, "", Message{Channel: "SMS", To: "+79000000002", Text: "hello", Code: "123456", Link: "https://example.test/x#y"})
		for _, want := range []string{"SMS", "&#43;79000000002", "hello", "123456", `href="https://example.test/x#y"`} {
			if !strings.Contains(page, want) {
				t.Errorf("page lacks %q", want)
			}
		}
	})

	t.Run("keeps what people wrote as text", func(t *testing.T) {
		t.Parallel()
		page := render(t, `"><script>`, Message{To: "<b>", Subject: "<script>", Text: "<img>", Link: "javascript:alert(1)"})
		for _, bad := range []string{"<b>", "<script>", "<img>", "javascript:"} {
			if strings.Contains(page, bad) {
				t.Errorf("page holds %q", bad)
			}
		}
	})

	t.Run("says when there is nothing", func(t *testing.T) {
		t.Parallel()
		if page := render(t, "nobody@example.test"); !strings.Contains(page, "Nothing for nobody@example.test yet") {
			t.Error("page does not say that it is empty")
		}
	})
}

// What the policies forbid must not be in the pages; the browser would refuse it silently.
func TestPagesObeyTheirPolicy(t *testing.T) {
	t.Parallel()

	inline := regexp.MustCompile(`<script>|<style|\sstyle=|\son[a-z]+=|(src|href)="(https?:)?//`)
	pages, err := fs.Glob(html, "pages/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatalf("pages: %v, %v", pages, err)
	}
	for _, name := range pages {
		content := mustRead(name)
		if found := inline.Find(content); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
		for _, asset := range regexp.MustCompile(`"/pages/([^"]+)"`).FindAllSubmatch(content, -1) {
			if _, err := fs.Stat(Pages(), string(asset[1])); err != nil {
				t.Errorf("%s names %s: %v", name, asset[1], err)
			}
		}
	}
}

func TestPlayground(t *testing.T) {
	t.Parallel()

	files, built := Playground()
	if !built {
		if !strings.Contains(string(NotBuilt()), "make playground") {
			t.Error("the page does not say how to build the playground")
		}
		return
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, load := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(index, -1) {
		name, own := strings.CutPrefix(string(load[1]), "/playground/")
		if _, err := fs.Stat(files, name); !own || err != nil {
			t.Errorf("index.html loads %s: %v", load[1], err)
		}
	}
}

// Every step's variables are JSON and belong to an operation.
func TestWalkVariables(t *testing.T) {
	t.Parallel()

	steps, err := filepath.Glob("playground/src/walk/*.json")
	if err != nil || len(steps) == 0 {
		t.Fatalf("steps: %v, %v", steps, err)
	}
	for _, step := range steps {
		content, err := os.ReadFile(step)
		if err != nil {
			t.Fatal(err)
		}
		var variables map[string]any
		if err := json.Unmarshal(content, &variables); err != nil {
			t.Errorf("%s: %v", step, err)
		}
		operation, err := os.ReadFile(strings.TrimSuffix(step, ".json") + ".graphql")
		if err != nil {
			t.Fatal(err)
		}
		for name := range variables {
			if !strings.Contains(string(operation), "$"+name+":") {
				t.Errorf("%s: no operation takes $%s", step, name)
			}
		}
	}
}

// A person on a slow network waits for what the page needs before it shows anything: at most 250 KB of scripts, packed.
func TestKeeperLoadsLittle(t *testing.T) {
	t.Parallel()
	files, built := Keeper()
	if !built {
		t.Fatal("the web app is not built: run `make keeper`")
	}
	page := string(MustRead(files, "index.html"))
	names := regexp.MustCompile(`(?:src|href)="/(assets/[^"]+\.js)"`).FindAllStringSubmatch(page, -1)
	if len(names) < 2 {
		t.Fatalf("the page loads %d scripts: %s", len(names), page)
	}
	const most = 250 << 10
	var packed bytes.Buffer
	sum := 0
	for _, name := range names {
		packed.Reset()
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(MustRead(files, name[1])); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		sum += packed.Len()
	}
	if sum > most {
		t.Errorf("%d bytes of scripts before anything is shown; at most %d", sum, most)
	}
	t.Logf("%d KiB of scripts, packed", sum>>10)
}
