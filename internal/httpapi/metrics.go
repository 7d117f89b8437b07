package httpapi

import (
	"context"
	"math"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"purser/internal/postgres"
)

// metrics shows the process, the connection pool and what the rooms count to Prometheus.
func (a *API) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, read func() float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "purser", Name: name, Help: help}, read))
	}
	pool := a.DB.Pool
	gauge("db_connections_in_use", "Database connections in use.", func() float64 { return float64(pool.Stat().AcquiredConns()) })
	gauge("db_connections_idle", "Database connections at rest.", func() float64 { return float64(pool.Stat().IdleConns()) })
	gauge("db_connections_max", "Database connections there may be.", func() float64 { return float64(pool.Stat().MaxConns()) })
	gauge("db_connection_waits", "Times a request had to wait for a connection.", func() float64 { return float64(pool.Stat().EmptyAcquireCount()) })
	gauge("db_locks_awaited", "Connections of all servers that wait for a lock.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		defer cancel()
		n, err := postgres.LocksAwaited(ctx, a.DB)
		if err != nil {
			return math.NaN() // nobody knows
		}
		return float64(n)
	})
	gauge("subscriptions", "Subscriptions on sockets and streams.", func() float64 { return float64(a.held.Load()) })
	gauge("sockets_open", "Open websockets and event streams.", func() float64 { return float64(a.sockets.count()) })
	registry.MustRegister(a.observer.collectors()...)
	registry.MustRegister(a.Metrics...)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
