package jobs

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// countWithin bounds what a look at the metrics costs.
const countWithin = 2 * time.Second

// unfinished are the states that are counted. Of those that are done there may be a day's worth; nobody needs to act on them.
var unfinished = []string{"available", "scheduled", "retryable", "running", "pending", "discarded", "cancelled"}

var jobsHeld = prometheus.NewDesc("purser_jobs", "Jobs that are not done, by state; discarded ones were given up.", []string{"state"}, nil)

// Metrics counts jobs by state, in the database: they are all servers' jobs.
func (r *Runner) Metrics() []prometheus.Collector { return []prometheus.Collector{counter{r}} }

// IsRunning tells whether jobs are run on this server.
func (r *Runner) IsRunning() bool { return r.running.Load() }

type counter struct{ runner *Runner }

// Describe is part of Prometheus's interface.
func (counter) Describe(to chan<- *prometheus.Desc) { to <- jobsHeld }

// Collect is part of Prometheus's interface. When the database does not answer, there is nothing to say.
func (c counter) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countWithin)
	defer cancel()
	rows, err := c.runner.db.Pool.Query(ctx, `SELECT state::text, count(*) FROM river_job WHERE state = ANY ($1::text[]::river_job_state[]) GROUP BY 1`, unfinished)
	if err != nil {
		return
	}
	defer rows.Close()
	counts := map[string]int64{}
	for rows.Next() {
		var state string
		var n int64
		if rows.Scan(&state, &n) != nil {
			return
		}
		counts[state] = n
	}
	if rows.Err() != nil {
		return
	}
	for _, state := range unfinished {
		to <- prometheus.MustNewConstMetric(jobsHeld, prometheus.GaugeValue, float64(counts[state]), state)
	}
}
