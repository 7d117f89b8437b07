package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"purser/internal/fault"
)

// exportTimeout is what a slow reader has to fetch a copy of data.
const exportTimeout = 5 * time.Minute

// giveExport gives a copy of a person's data to whoever has the token of the letter, which comes in the body: it stands in no address,
// and no link that is followed fetches anything.
func (a *API) giveExport(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		refuse(w, r, http.StatusUnsupportedMediaType, fault.BadUserInput)
		return
	}
	var asked struct{ Token string }
	if !decode(w, r, &asked) {
		return
	}
	export, err := a.Exports.Find(r.Context(), asked.Token)
	switch {
	case fault.Is(err, fault.CodeExpired):
		refuse(w, r, http.StatusNotFound, fault.CodeExpired)
		return
	case fault.Is(err, fault.RateLimited):
		faults, _ := fault.All(err)
		refuseWith(w, r, http.StatusTooManyRequests, faults[0])
		return
	case err != nil:
		a.fail(w, r, "a copy of data could not be found", err)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTimeout)) //nolint:forbidigo // of a connection; no rule depends on it
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Length", strconv.FormatInt(export.Bytes, 10))
	w.Header().Set("Content-Disposition", `attachment; filename="purser-data.zip"`)
	if err := a.Exports.Copy(r.Context(), w, export); err != nil {
		a.Log.WarnContext(r.Context(), "a copy of data was not given whole", "export", export.ID, "error", err)
		panic(http.ErrAbortHandler) // the reader must not take a part for the whole
	}
}
