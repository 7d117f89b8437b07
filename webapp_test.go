package main

import (
	"encoding/json"
	"net/http"
	"testing"
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
