package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// fetchExport asks for the copy behind a token, as the page of the link does.
func (c *client) fetchExport(token string) (status int, header http.Header, body string) {
	c.t.Helper()
	text, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.raw(http.MethodPost, "/data-export", string(text), "Content-Type", "application/json")
}

// awaitLink waits for a message whose link leads to a path.
func (c *client) awaitLink(to, path string) string {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, _, inbox := c.raw(http.MethodGet, "/dev/inbox.json?to="+url.QueryEscape(to), "")
		var messages []inboxMessage
		if err := json.Unmarshal([]byte(inbox), &messages); err != nil {
			c.t.Fatal(err)
		}
		for _, m := range messages {
			if strings.Contains(m.Link, path) {
				return m.Link
			}
		}
	}
	c.t.Fatalf("no message with a link to %s came to %s", path, to)
	return ""
}

func TestAPersonFetchesACopyOfTheirDataByTheLinkOfALetter(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	wallet, balance := anna.wallet("Z")
	if r, err := anna.try(`mutation { requestDataExport { dataExport { status expiresAt } userErrors { code } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"QUEUED"`) {
		t.Fatalf("%s, %v", r.Data, err)
	}
	link := anna.awaitLink("anna@purser.test", "/data-export#token=")
	_, token, _ := strings.Cut(link, "#token=")
	if r, err := anna.try(`{ viewer { dataExport { status } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"READY"`) {
		t.Errorf("%s, %v", r.Data, err)
	}
	if r, err := anna.try(`mutation { requestDataExport { userErrors { code ... on RateLimited { retryAfterSeconds } } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"RATE_LIMITED"`) {
		t.Errorf("another on the same day: %s, %v", r.Data, err)
	}

	stranger := anna.as("")
	if status, _, body := stranger.raw(http.MethodGet, "/data-export?token="+token, ""); status != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("the link shows %d %s", status, body)
	}
	if status, _, body := stranger.fetchExport("nonsense"); status != http.StatusNotFound || !strings.Contains(body, "CODE_EXPIRED") {
		t.Errorf("a guess: %d %s", status, body)
	}
	if status, _, _ := stranger.raw(http.MethodPost, "/data-export", "token="+token, "Content-Type", "application/x-www-form-urlencoded"); status != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site: %d", status)
	}
	status, header, body := stranger.fetchExport(token)
	if status != http.StatusOK || header.Get("Content-Type") != "application/zip" || header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", status, header)
	}
	archive, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	content, err := archive.Open("wallets.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(content)
	if err != nil || !bytes.Contains(text, []byte(wallet)) || !bytes.Contains(text, []byte(`"`+balance+`"`)) {
		t.Errorf("the wallets are %s, %v", text, err)
	}
	if r, err := anna.try(`{ viewer { securityLog(first: 2) { nodes { kind network } } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"DATA_EXPORT_FETCHED"`) || !strings.Contains(string(r.Data), `"DATA_EXPORT_REQUESTED"`) {
		t.Errorf("the log: %s, %v", r.Data, err)
	}
}
