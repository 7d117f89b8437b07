package delivery

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/delivery/gateway"
	"purser/models"
)

// Devices knows where pushes go to. Both are asked outside of any transaction.
type Devices interface {
	// Target is where a device is reached now; nil when it takes nothing any more: it was taken away, or its session has ended.
	Target(ctx context.Context, device uuid.UUID) (*gateway.Target, error)
	// Gone forgets a device that its push service does not know any more.
	Gone(ctx context.Context, device uuid.UUID) error
}

// Reach says who knows the devices. Call it before the jobs run.
func (s *Sender) Reach(d Devices) { s.devices = d }

// reach finds where a push goes to and who takes it there; no target when there is none any more. A kind that this server has no gateway for is
// unavailable, and tried again: another server may have one.
func (s *Sender) reach(ctx context.Context, m models.Message) (*gateway.Target, []gateway.Gateway, error) {
	id, err := uuid.Parse(m.Recipient)
	if err != nil || s.devices == nil {
		return nil, nil, nil
	}
	target, err := s.devices.Target(ctx, id)
	if err != nil || target == nil {
		return nil, nil, err
	}
	if g, offered := s.push[target.Kind]; offered {
		return target, []gateway.Gateway{g}, nil
	}
	return target, []gateway.Gateway{missing{target.Kind}}, nil
}

func (s *Sender) forget(ctx context.Context, m models.Message) error {
	id, err := uuid.Parse(m.Recipient)
	if err != nil {
		return nil //nolint:nilerr // there is no such device
	}
	return s.devices.Gone(context.WithoutCancel(ctx), id)
}

// missing stands for a gateway that is not configured here.
type missing struct{ kind string }

// Name is the kind's.
func (g missing) Name() string { return g.kind }

// Send takes nothing.
func (missing) Send(context.Context, gateway.Message) error {
	return &gateway.Failure{Class: gateway.Unavailable, Status: "not configured"}
}

// Close does nothing.
func (missing) Close() error { return nil }
