package notifications

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery/gateway"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

const (
	mostDevices      = 20 // of an account
	registersPerHour = 60
	deviceName       = 60
	longestToken     = 4096
	tooManyDevices   = "too_many_devices"
	targetLookup     = "push target"
)

var (
	apnsToken = regexp.MustCompile(`^[0-9a-fA-F]{64,200}$`)
	fcmToken  = regexp.MustCompile(`^[0-9A-Za-z_:.-]{20,}$`)
)

// fields are what the kinds are called in the input.
var fields = map[string]string{models.PushWeb: "webPush", models.PushAPNs: "apns", models.PushFCM: "fcm"}

// WebPushKey is the public key that browsers subscribe with; empty when there is no push for them.
func (s *Service) WebPushKey() string { return s.config.WebPushKey }

// Kinds are the kinds of devices that there is push for.
func (s *Service) Kinds() []string { return s.config.Kinds }

// Register lets a device of a session take pushes. A target belongs to whoever registered it last: a repeat gives the same device, another account's
// loses it. It takes nothing once the session has ended. It locks the target, both accounts and their wallets, which it marks for the ledger.
// Faults: InvalidInput for a kind that is not offered, a target that is none, and beyond the most; RateLimited.
func (s *Service) Register(ctx context.Context, account, session uuid.UUID, target gateway.Target, name string) (models.PushDevice, error) {
	name, refusal := text.Required(name, deviceName, "name")
	if refusal != nil {
		return models.PushDevice{}, refusal
	}
	if err := s.readTarget(&target); err != nil {
		return models.PushDevice{}, err
	}
	limit := verification.Limit{Name: "push devices", Subject: account.String(), Most: registersPerHour, Window: time.Hour}
	if err := s.rooms.Verification.Spend(ctx, limit); err != nil {
		return models.PushDevice{}, err
	}
	content, err := json.Marshal(target)
	if err != nil {
		return models.PushDevice{}, fmt.Errorf("notifications: %w", err)
	}
	device := models.PushDevice{AccountID: account, SessionID: session, Kind: target.Kind, Target: content, Name: name,
		TargetMAC: s.db.Lookup(targetLookup, target.Kind+" "+target.Token+target.Endpoint)}
	return s.register(ctx, device)
}

func (s *Service) register(ctx context.Context, device models.PushDevice) (models.PushDevice, error) {
	var registered models.PushDevice
	var before uuid.UUID // whose it was
	whose := func(tx *postgres.Tx) (_ []uuid.UUID, err error) {
		if err := lockTarget(tx, device.TargetMAC); err != nil {
			return nil, err
		}
		var found bool
		if before, found, err = ownerOfTarget(tx, device.TargetMAC); err != nil || !found || before == device.AccountID {
			return []uuid.UUID{device.AccountID}, err
		}
		return []uuid.UUID{device.AccountID, before}, nil
	}
	err := s.changeAll(ctx, whose, func(tx *postgres.Tx) error {
		registered = device
		if err := dropDead(tx, device.AccountID); err != nil {
			return err
		}
		old, found, err := deviceByTarget(tx, device.TargetMAC)
		if err != nil {
			return err
		}
		if found && old.AccountID == device.AccountID {
			registered.ID, registered.CreatedAt = old.ID, old.CreatedAt
			return saveDevice(tx, registered)
		}
		if found {
			if err := dropDevice(tx, old.AccountID, old.ID); err != nil {
				return err
			}
		}
		count, err := countDevices(tx, device.AccountID)
		if err != nil {
			return err
		}
		if count >= mostDevices {
			return fault.Invalid(tooManyDevices).With("Count", mostDevices)
		}
		registered.ID, registered.CreatedAt = uuid.New(), tx.Now
		return saveDevice(tx, registered)
	})
	return registered, err
}

// readTarget judges a target, and writes it in one spelling.
func (s *Service) readTarget(t *gateway.Target) error {
	field := []string{"target", fields[t.Kind]}
	if !slices.Contains(s.config.Kinds, t.Kind) {
		return fault.Invalid(notOffered, field...)
	}
	switch t.Kind {
	case models.PushWeb:
		err := s.config.Rules.Check(t.Endpoint)
		if err == nil {
			t.Endpoint, err = s.config.Rules.Canonical(t.Endpoint)
		}
		if err != nil {
			return fault.Invalid(fault.Malformed, append(field, "endpoint")...)
		}
		if t.P256DH, t.Auth, err = gateway.CheckSubscription(t.P256DH, t.Auth); err != nil {
			return fault.Invalid(fault.Malformed, append(field, "p256dh")...)
		}
	case models.PushAPNs:
		if !apnsToken.MatchString(t.Token) {
			return fault.Invalid(fault.Malformed, append(field, "token")...)
		}
		t.Token = strings.ToLower(t.Token)
	default:
		if len(t.Token) > longestToken || !fcmToken.MatchString(t.Token) {
			return fault.Invalid(fault.Malformed, append(field, "token")...)
		}
	}
	return nil
}

// Unregister takes a device of the account's away. It locks as Register does. A repeat does nothing.
func (s *Service) Unregister(ctx context.Context, account, device uuid.UUID) error {
	return s.change(ctx, account, func(tx *postgres.Tx) error { return dropDevice(tx, account, device) })
}

// Target is part of delivery.Devices.
func (s *Service) Target(ctx context.Context, device uuid.UUID) (*gateway.Target, error) {
	row, found, err := liveDevice(ctx, s.db, device)
	if err != nil || !found {
		return nil, err
	}
	var target gateway.Target
	if err := json.Unmarshal(row.Target, &target); err != nil {
		return nil, fmt.Errorf("notifications: a target cannot be read: %w", err)
	}
	return &target, nil
}

// Gone is part of delivery.Devices. It locks the account of the device and its wallets.
func (s *Service) Gone(ctx context.Context, device uuid.UUID) error {
	owner, found, err := ownerOf(ctx, s.db, device)
	if err != nil || !found {
		return err
	}
	return s.Unregister(ctx, owner, device)
}

// Sweep takes away the devices whose sessions have ended, and says how many it found. It goes through all devices in parts. Several servers may do it
// side by side.
func (s *Service) Sweep(ctx context.Context) (found int, err error) {
	after := uuid.Nil
	for {
		rows, err := devicesAfter(ctx, s.db, after, sweepBatch)
		if err != nil {
			return found, err
		}
		for _, row := range rows {
			after = row.ID
			if !row.Dead {
				continue
			}
			found++
			if err := s.change(ctx, row.AccountID, func(tx *postgres.Tx) error { return dropDead(tx, row.AccountID) }); err != nil {
				return found, err
			}
		}
		if len(rows) < sweepBatch {
			return found, nil
		}
	}
}
