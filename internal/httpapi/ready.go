package httpapi

import (
	"context"
	"net/http"

	"purser/internal/postgres"
)

// readiness is what /readyz answers: whether requests should come here, and why not. Only the status and the HTTP status decide: a full queue refuses
// payments for a moment, on all servers alike, and people can still look; jobs are done by others.
type readiness struct {
	Status     string `json:"status"`
	Database   string `json:"database"`
	Migrations string `json:"migrations"`
	Queue      string `json:"queue"`
	Jobs       string `json:"jobs"`
}

// ready is for load balancers and for whoever wonders what they do.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	is := readiness{Status: "ready", Database: "ok", Migrations: "ok", Queue: "ok", Jobs: "running"}
	migrated, err := postgres.Migrated(ctx, a.DB)
	if now, most := a.Waiting(); now >= most {
		is.Queue = "full"
	}
	if !a.JobsRun() {
		is.Jobs = "stopped"
	}
	switch {
	case err != nil:
		a.Log.WarnContext(r.Context(), "not ready: the database does not answer", "error", err)
		is.Status, is.Database, is.Migrations = "database does not answer", "does not answer", "unknown"
	case !migrated:
		is.Status, is.Migrations = "database is not migrated", "missing"
	}
	if a.deserted.Load() {
		is.Status = "draining"
	}
	if is.Status != "ready" {
		writeJSON(w, http.StatusServiceUnavailable, is)
		return
	}
	writeJSON(w, http.StatusOK, is)
}
