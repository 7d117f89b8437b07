package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"purser/web"
)

func TestPagesAnswerHeadLikeGetWithoutABody(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for _, path := range []string{"/", "/index.html", "/login", "/wallets/Z123456789012", "/settings/limits", "/verify-email", "/pay", "/pages/favicon.svg", "/dev/inbox", "/playground"} {
		want, like, _ := c.raw("GET", path, "")
		status, header, text := c.raw("HEAD", path, "")
		if status != want || status >= http.StatusBadRequest || text != "" {
			t.Errorf("HEAD %s: %d, GET: %d, %.200s", path, status, want, text)
		}
		for _, name := range []string{"Content-Type", "Content-Security-Policy", "Cache-Control", "Location"} {
			if header.Get(name) != like.Get(name) {
				t.Errorf("HEAD %s: %s is %q, and of GET %q", path, name, header.Get(name), like.Get(name))
			}
		}
	}
}

func TestWhatInstallsTheWebAppIsServedAsWhatItIs(t *testing.T) {
	t.Parallel()
	need(t, "the built web app", "web/keeper/dist/index.html")
	c, _ := front(t, nil)
	status, header, text := c.raw("GET", "/manifest.webmanifest", "")
	if status != http.StatusOK || header.Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("the manifest: %d %v", status, header)
	}
	var manifest struct {
		Icons []struct{ Src, Type string }
	}
	if err := json.Unmarshal([]byte(text), &manifest); err != nil || len(manifest.Icons) != 4 {
		t.Fatalf("the manifest: %v, %s", err, text)
	}
	kinds := map[string]string{"/apple-touch-icon.png": "image/png", "/manifest.webmanifest": "application/manifest+json"}
	for _, icon := range manifest.Icons {
		kinds[icon.Src] = icon.Type
	}
	for path, kind := range kinds {
		for _, method := range []string{"GET", "HEAD"} {
			if status, header, _ := c.raw(method, path, ""); status != http.StatusOK || header.Get("Content-Type") != kind {
				t.Errorf("%s %s: %d %v", method, path, status, header)
			}
		}
	}
}

// Every browser check loads the app as brotli; that the packed files are those they lie beside is seen there, and here of gzip.
func TestTheWebAppIsSentAsItsBuildHasPackedIt(t *testing.T) {
	t.Parallel()
	need(t, "the built web app", "web/keeper/dist/index.html")
	c, _ := front(t, nil)
	files, _ := web.Keeper()
	names := regexp.MustCompile(`(?:src|href)="/(assets/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(string(web.MustRead(files, "index.html")), -1)
	if len(names) < 3 {
		t.Fatalf("the page loads %d files", len(names))
	}
	for _, found := range names {
		name := found[1]
		plain, brotli := string(web.MustRead(files, name)), string(web.MustRead(files, name+".br"))
		kind := map[bool]string{true: "text/javascript; charset=utf-8", false: "text/css; charset=utf-8"}[strings.HasSuffix(name, ".js")]
		for accepts, encoding := range map[string]string{
			"gzip, deflate, br, zstd": "br", "br": "br", "gzip": "gzip", "GZIP;q=0.5": "gzip", "br;q=0, gzip": "gzip", "br;q=0.0,gzip;q=0": "", "identity": "", "broken": "", "": "",
		} {
			status, header, text := c.raw("GET", "/"+name, "", "Accept-Encoding", accepts)
			switch encoding {
			case "br":
				if text != brotli {
					t.Errorf("%s for %q: not its brotli", name, accepts)
				}
			case "gzip":
				if unzipped(t, text) != plain {
					t.Errorf("%s for %q: unpacked, it is another file", name, accepts)
				}
			default:
				if text != plain {
					t.Errorf("%s for %q: %d bytes of %d", name, accepts, len(text), len(plain))
				}
			}
			if status != http.StatusOK || header.Get("Content-Encoding") != encoding || header.Get("Content-Type") != kind || header.Get("Vary") == "" ||
				header.Get("Cache-Control") != "public, max-age=31536000, immutable" || header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s for %q: %d %v", name, accepts, status, header)
			}
		}
	}
	for _, path := range []string{"/assets/", "/assets", "/assets/none.js", "/assets/none.js.br", "/assets/../persisted-query-manifest.json", "/assets/%2e%2e/sw.js",
		"/assets/..%2fsw.js", "/playground/assets/", "/playground/assets/../index.html"} {
		status, header, _ := c.raw("GET", path, "", "Accept-Encoding", "br")
		if status != http.StatusNotFound || header.Get("Content-Encoding") != "" || header.Get("Cache-Control") == "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", path, status, header)
		}
	}
}

func unzipped(t *testing.T, text string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := io.Copy(&plain, r); err != nil {
		t.Fatal(err)
	}
	return plain.String()
}
