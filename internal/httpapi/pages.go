package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/web"
)

// pages serves what browsers look at. The playground and the inbox are for development only.
func (a *API) pages(router chi.Router) {
	router.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5), policy(web.PagesCSP))
		show(r, "/verify-email", page(web.VerifyEmail()))
		show(r, "/recover", page(web.Recover()))
		show(r, "/cancel-recovery", page(web.CancelRecovery()))
		show(r, "/data-export", page(web.DataExport()))
		show(r, "/pay", page(web.Pay()))
		r.Handle("/pages/*", http.StripPrefix("/pages/", http.FileServerFS(web.Pages())))
		if a.Config.IsProduction() {
			return
		}
		show(r, "/dev/inbox", a.inboxPage)
		show(r, "/dev/inbox.json", a.inboxJSON)
	})
	router.Group(func(r chi.Router) {
		r.Use(policy(web.KeeperCSP))
		keeper(r)
	})
	if !a.Config.ServesPlayground() {
		return
	}
	router.Group(func(r chi.Router) {
		r.Use(middleware.Compress(5), policy(web.PlaygroundCSP))
		show(r, "/playground", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/playground/", http.StatusFound) })
		playground(r)
	})
}

// show answers GET at an address, and HEAD, whose body net/http leaves out.
func show(router chi.Router, path string, answer http.HandlerFunc) {
	router.Get(path, answer)
	router.Head(path, answer)
}

func page(text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeHTML(w, http.StatusOK, text) }
}

func policy(csp string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", csp)
			next.ServeHTTP(w, r)
		})
	}
}

// playground serves GraphiQL from this binary, or says how to build it in.
func playground(router chi.Router) {
	files, built := web.Playground()
	if !built {
		router.Handle("/playground/*", page(web.NotBuilt()))
		return
	}
	router.Handle("/playground/*", http.StripPrefix("/playground/", http.FileServerFS(files)))
	router.Handle("/playground/assets/*", assets(files))
}

// keeper serves the web app: its files, and its one page for each of its addresses. Where it was not built, the page says how to build it.
func keeper(router chi.Router) {
	files, built := web.Keeper()
	text := web.NotBuilt()
	if built {
		text = web.MustRead(files, "index.html")
	}
	packing := router.With(middleware.Compress(5))
	show(packing, "/", page(text))
	show(packing, "/index.html", page(text)) // as the service worker asks for it
	for _, path := range web.KeeperPaths {
		show(packing, path, page(text))
	}
	if !built {
		return
	}
	server := http.FileServerFS(files)
	for _, name := range web.KeeperFiles(files) {
		packing.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(name, ".webmanifest") {
				w.Header().Set("Content-Type", "application/manifest+json") // which Go does not know
			}
			server.ServeHTTP(w, r)
		})
	}
	router.Handle("/assets/*", assets(files))
}

func (a *API) inboxPage(w http.ResponseWriter, r *http.Request) {
	to, sent, ok := a.inbox(w, r)
	if !ok {
		return
	}
	messages := make([]web.Message, len(sent))
	for i, m := range sent {
		messages[i] = web.Message{Channel: m.Channel, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Link: m.Link,
			SentAt: m.SentAt.Format(time.RFC3339Nano)}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := web.WriteInbox(w, to, messages); err != nil {
		a.Log.WarnContext(r.Context(), "the inbox page was not written", "error", err)
	}
}

func (a *API) inboxJSON(w http.ResponseWriter, r *http.Request) {
	if _, sent, ok := a.inbox(w, r); ok {
		writeJSON(w, http.StatusOK, sent)
	}
}

// inbox reads the messages to ?to=. A plus sign that was not escaped arrives as a blank; no recipient begins with one.
func (a *API) inbox(w http.ResponseWriter, r *http.Request) (to string, sent []delivery.Sent, ok bool) {
	to = r.URL.Query().Get("to")
	if strings.HasPrefix(to, " ") {
		to = "+" + strings.TrimSpace(to)
	}
	if strings.ContainsRune(to, 0) {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return to, nil, false
	}
	sent, err := a.Delivery.Inbox(r.Context(), to)
	if err != nil {
		a.Log.ErrorContext(r.Context(), "the inbox could not be read", "error", err)
		refuse(w, r, http.StatusInternalServerError, fault.Internal)
	}
	return to, sent, err == nil
}

func writeHTML(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page) // the client may be gone
}
