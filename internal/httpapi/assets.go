package httpapi

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// assets serves the folder assets/ of a web app, whose files' names change with their content: browsers keep them for a year. There are no
// lists of files, and nothing outside the folder. A file that the build has packed is sent so to who takes it: to pack it for each request
// would cost more than anything else that strangers can ask for.
func assets(app fs.FS) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := "assets/" + chi.URLParam(r, "*")
		if !isFile(app, name) {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Add("Vary", "Accept-Encoding")
		for _, kind := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
			if takes(r, kind.encoding) && isFile(app, name+kind.suffix) {
				header.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
				header.Set("Content-Encoding", kind.encoding)
				name += kind.suffix
				break
			}
		}
		http.ServeFileFS(w, r, app, name)
	}
}

// takes tells whether a client takes an encoding (RFC 9110, section 12.5.3). Who does not name it is not sent it.
func takes(r *http.Request, encoding string) bool {
	for _, one := range strings.Split(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && !info.IsDir()
}
