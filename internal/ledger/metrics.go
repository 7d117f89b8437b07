package ledger

import "github.com/prometheus/client_golang/prometheus"

// Waiting is how many postings wait for a poster, and how many may.
func (l *Ledger) Waiting() (now, most int) { return l.queue.length(), queueLength }

// Metrics are what operators see of the posters.
func (l *Ledger) Metrics() []prometheus.Collector {
	counter := func(name, help string, read func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "purser", Subsystem: "ledger", Name: name, Help: help},
			func() float64 { return float64(read()) })
	}
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "purser", Subsystem: "ledger", Name: "waiting", Help: "Postings that wait for a poster."},
			func() float64 { return float64(l.queue.length()) }),
		counter("groups_total", "Groups that were posted.", l.groups.Load),
		counter("postings_total", "Postings in them.", l.postings.Load),
		counter("repeats_total", "Attempts at a group beyond its first.", l.repeats.Load),
	}
}
