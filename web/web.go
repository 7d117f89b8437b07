// Package web holds what the server shows to a browser: the web app (Keeper), the GraphQL playground, the development inbox and the pages
// behind the links of letters. All of it is embedded in the binary, loads nothing from another host and
// has no inline script, so that a strict Content-Security-Policy can stand in front. The package knows the API by its
// public names only and never imports another room.
package web

import (
	"embed"
	"html/template"
	"io"
	"io/fs"
	"regexp"
)

// The Content-Security-Policy that each kind of page needs, and nothing more.
const (
	// PlaygroundCSP allows inline styles, because the editor (Monaco) positions every line with them.
	PlaygroundCSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"font-src 'self'; worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	// KeeperCSP allows inline styles, because the components place themselves with them; scripts come from files alone. Pictures of QR codes
	// and receipts are made in the page.
	KeeperCSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
		"font-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'none'"

	// PagesCSP is for the pages of our own; the inbox sends its filter form to itself.
	PagesCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// dist is filled by `make playground`; a fresh clone has only the .gitkeep that lets this compile.
//
//go:embed all:playground/dist
var playground embed.FS

// The same for the web app, which `make keeper` builds.
//
//go:embed all:keeper/dist
var keeper embed.FS

//go:embed pages/*.css pages/*.js pages/*.svg
var static embed.FS

//go:embed pages/*.html
var html embed.FS

var (
	inboxPage = template.Must(template.ParseFS(html, "pages/inbox.html"))
	dist      = sub(playground, "playground/dist")
	app       = sub(keeper, "keeper/dist")
	files     = sub(static, "pages")
)

// KeeperPaths are the addresses of the web app besides "/", as patterns: all of them show its one page.
var KeeperPaths = []string{
	"/login", "/register", "/recovery", "/recovery/phone", "/wallets", "/wallets/{number}", "/send", "/receive", "/history", "/transfers/{id}", "/contacts", "/security",
	"/settings", "/settings/{what}",
}

// Playground returns the built playground, to be served under /playground/, and whether it has been built at all.
func Playground() (fs.FS, bool) {
	_, err := fs.Stat(dist, "index.html")
	return dist, err == nil
}

// Keeper returns the built web app, to be served under /, and whether it has been built at all.
func Keeper() (fs.FS, bool) {
	_, err := fs.Stat(app, "index.html")
	return app, err == nil
}

// manifest is what the web app asks, as Apollo's generators list it; it is for the server.
const manifest = "persisted-query-manifest.json"

// KeeperOperations is the manifest of what the web app asks; nil where the app was not built.
func KeeperOperations() []byte {
	text, err := fs.ReadFile(app, manifest)
	if err != nil {
		return nil
	}
	return text
}

var pageOperation = regexp.MustCompile("(?s)`((?:query|mutation) .*?)`")

// PageOperations are the documents that the pages behind links send, to the letter.
func PageOperations() (texts []string) {
	names, err := fs.Glob(files, "*.js")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		for _, found := range pageOperation.FindAllSubmatch(MustRead(files, name), -1) {
			texts = append(texts, string(found[1]))
		}
	}
	return texts
}

// KeeperFiles are the files of the app that lie beside its page: the service worker, the manifest, the icons.
func KeeperFiles(files fs.FS) (names []string) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // embedded
	}
	for _, e := range entries {
		if !e.IsDir() && e.Name() != "index.html" && e.Name() != manifest && e.Name() != ".gitkeep" {
			names = append(names, e.Name())
		}
	}
	return names
}

// NotBuilt is the page to show in place of a playground that was not built; it says how to build it.
func NotBuilt() []byte { return mustRead("pages/not-built.html") }

// Pages returns the styles, scripts and icon of our own pages, to be served under /pages/.
func Pages() fs.FS { return files }

// VerifyEmail is the page behind /verify-email#token=…. The token stays in the browser until a button is pressed, so a
// mail scanner that follows the link confirms nothing.
func VerifyEmail() []byte { return mustRead("pages/verify-email.html") }

// Recover is the page behind /recover#token=…, of the letter about a lost phone. Opening it spends nothing.
func Recover() []byte { return mustRead("pages/recover.html") }

// CancelRecovery is the page behind /cancel-recovery#token=…, of the messages that tell of a recovery. Only its button stops one.
func CancelRecovery() []byte { return mustRead("pages/cancel-recovery.html") }

// DataExport is the page behind /data-export#token=…, of the letter about a copy of one's data. Only its button fetches it.
func DataExport() []byte { return mustRead("pages/data-export.html") }

// Pay is the page behind /pay#token=…, of a payment link. It shows who asks for how much, and pays nothing.
func Pay() []byte { return mustRead("pages/pay.html") }

// Message is one sent SMS or letter as the development inbox shows it, on the page and as JSON.
type Message struct {
	Channel string `json:"channel"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Code    string `json:"code"`
	Link    string `json:"link"`
	SentAt  string `json:"sentAt"` // RFC 3339
}

// WriteInbox writes the page for /dev/inbox: the given messages, newest first, as filtered by the recipient to ("" is
// everybody). The page then follows /dev/inbox.json?to=… by itself.
func WriteInbox(w io.Writer, to string, messages []Message) error {
	return inboxPage.Execute(w, struct {
		To       string
		Messages []Message
		Blank    Message
	}{To: to, Messages: messages})
}

func sub(fsys fs.FS, dir string) fs.FS {
	child, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err) // the names are constants of this file
	}
	return child
}

func mustRead(name string) []byte { return MustRead(html, name) }

// MustRead reads a file that is embedded.
func MustRead(fsys fs.FS, name string) []byte {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		panic(err) // embedded: present or the build fails
	}
	return content
}
