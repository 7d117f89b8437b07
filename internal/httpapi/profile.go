package httpapi

import (
	"net/http"
	"net/http/pprof"
	"time"
)

// Profiles serves Go's profiles on an address of their own, which is nobody's business but the operators'. It returns the
// server, for its end.
func Profiles(address string) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
}
