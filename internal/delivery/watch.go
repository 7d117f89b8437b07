package delivery

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"purser/models"
)

const (
	watchEvery = 15 * time.Second
	sweepBatch = 500
	countMost  = 10_000
)

// Watch gives up messages that ran out while no job had them in hand, and counts those that are not sent, until ctx ends. Servers may
// do it side by side.
func (s *Sender) Watch(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "messages could not be swept; trying again", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sweep is one turn of Watch.
func (s *Sender) Sweep(ctx context.Context) error {
	rows, err := abandonExpired(ctx, s.db, sweepBatch)
	if err != nil {
		return err
	}
	for _, row := range rows {
		s.mourn(ctx, row)
	}
	counts, err := countUnsent(ctx, s.db, countMost)
	if err != nil {
		return err
	}
	s.queued.Store(int64(counts[models.MessageQueued]))
	s.abandoned.Store(int64(counts[models.MessageAbandoned]))
	return nil
}

func newAttempts() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "purser", Name: "message_attempts_total", Help: "Attempts to hand a message to a gateway, by what became of them.",
	}, []string{"gateway", "outcome"})
}

// Metrics are what an operator looks at: what this server tried, and how many messages of all servers are not sent. The numbers of
// messages are those of the last sweep.
func (s *Sender) Metrics() []prometheus.Collector {
	unsent := func(state string, count func() int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "purser", Name: "messages_unsent", Help: "Messages that no gateway has taken, by state; those of the last week.",
			ConstLabels: prometheus.Labels{"state": state},
		}, func() float64 { return float64(count()) })
	}
	return []prometheus.Collector{s.attempts, unsent(models.MessageQueued, s.queued.Load), unsent(models.MessageAbandoned, s.abandoned.Load)}
}
