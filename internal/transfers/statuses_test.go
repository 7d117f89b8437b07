package transfers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/verification"
	"purser/models"
)

// stages are how far a transfer of 10.00 from anna to boris can be, and how it gets there.
func (w *world) stages() map[string]func() uuid.UUID {
	waiting := func() uuid.UUID { return w.mustCreate(w.wish("10")).Transfer.ID }
	return map[string]func() uuid.UUID{
		"waiting": waiting,
		"cancelled": func() uuid.UUID {
			id := waiting()
			if _, err := w.transfers.Cancel(w.t.Context(), w.anna.account.ID, id); err != nil {
				w.t.Fatal(err)
			}
			return id
		},
		"expired": func() uuid.UUID {
			id := waiting()
			w.later(16 * time.Minute)
			if _, err := w.transfers.Expire(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
			return id
		},
		"completed":         func() uuid.UUID { return w.paid("10").ID },
		"protected by code": func() uuid.UUID { return w.protected("10", models.ProtectedByCode, 1).ID },
		"tried": func() uuid.UUID {
			id := w.protected("10", models.ProtectedByCode, 1).ID
			_, err := w.accept(id, "wrong")
			wantFault(w.t, err, fault.CodeRejected)
			return id
		},
		"protected by time": func() uuid.UUID { return w.protected("10", models.ProtectedByTime, 1).ID },
		"returned": func() uuid.UUID {
			id := w.protected("10", models.ProtectedByCode, 1).ID
			if _, err := w.transfers.Reject(w.t.Context(), w.boris.account, id); err != nil {
				w.t.Fatal(err)
			}
			return id
		},
	}
}

// acts are what anyone can try with a transfer; codes are right.
func (w *world) acts() map[string]func(who models.Account, id uuid.UUID) error {
	ctx := w.t.Context()
	return map[string]func(who models.Account, id uuid.UUID) error{
		"confirm": func(who models.Account, id uuid.UUID) error {
			_, err := w.transfers.Confirm(ctx, who, id, verification.Code(w.code(w.anna).Code))
			return err
		},
		"cancel": func(who models.Account, id uuid.UUID) error {
			_, err := w.transfers.Cancel(ctx, who.ID, id)
			return err
		},
		"accept": func(who models.Account, id uuid.UUID) error {
			_, err := w.transfers.Accept(ctx, who.ID, id, secretCode)
			return err
		},
		"reject": func(who models.Account, id uuid.UUID) error {
			_, err := w.transfers.Reject(ctx, who, id)
			return err
		},
		"refund": func(who models.Account, id uuid.UUID) error {
			_, err := w.transfers.Refund(ctx, who, id, nil, uuid.New())
			return err
		},
		"see": func(who models.Account, id uuid.UUID) error {
			_, ok, err := w.transfers.Find(ctx, who.ID, id)
			if err == nil && !ok {
				err = fault.New(fault.TransferNotFound)
			}
			return err
		},
	}
}

// The one right answer of every act, by every party, at every stage: "" is success. What is not in the table is TRANSFER_STATE.
// A party is never told of a transfer that is not theirs, or has not reached them.
const (
	fine    = ""
	unknown = string(fault.TransferNotFound)
	past    = string(fault.TransferState)
	frozen  = string(fault.AccountFrozen)
)

var answers = map[string]map[string]string{
	"sender confirms":           {"waiting": fine, "completed": fine, "protected by code": fine, "tried": fine, "protected by time": fine, "returned": fine},
	"sender cancels":            {"waiting": fine, "cancelled": fine, "protected by code": fine, "returned": fine},
	"sender accepts":            everywhere(unknown),
	"sender rejects":            everywhere(unknown),
	"sender refunds":            everywhere(unknown),
	"sender sees":               everywhere(fine),
	"recipient confirms":        everywhere(unknown),
	"recipient cancels":         everywhere(unknown),
	"recipient accepts":         {"waiting": unknown, "cancelled": unknown, "expired": unknown, "protected by code": fine, "tried": fine},
	"recipient rejects":         {"waiting": unknown, "cancelled": unknown, "expired": unknown, "protected by code": fine, "tried": fine, "protected by time": fine, "returned": fine},
	"recipient refunds":         {"waiting": unknown, "cancelled": unknown, "expired": unknown, "completed": fine},
	"recipient sees":            {"waiting": unknown, "cancelled": unknown, "expired": unknown, "completed": fine, "protected by code": fine, "tried": fine, "protected by time": fine, "returned": fine},
	"frozen sender confirms":    {"waiting": frozen, "completed": fine, "protected by code": fine, "tried": fine, "protected by time": fine, "returned": fine, "cancelled": frozen, "expired": frozen},
	"frozen sender cancels":     {"waiting": fine, "cancelled": fine, "protected by code": fine, "returned": fine}, // it comes back
	"frozen sender sees":        everywhere(fine),
	"frozen recipient accepts":  {"waiting": unknown, "cancelled": unknown, "expired": unknown, "protected by code": fine, "tried": fine}, // it comes in
	"frozen recipient rejects":  {"waiting": unknown, "cancelled": unknown, "expired": unknown, "protected by code": frozen, "tried": frozen, "protected by time": frozen, "returned": frozen},
	"frozen recipient refunds":  {"waiting": unknown, "cancelled": unknown, "expired": unknown, "completed": frozen, "protected by code": frozen, "tried": frozen, "protected by time": frozen, "returned": frozen},
	"stranger confirms":         everywhere(unknown),
	"stranger cancels":          everywhere(unknown),
	"stranger accepts":          everywhere(unknown),
	"stranger rejects":          everywhere(unknown),
	"stranger refunds":          everywhere(unknown),
	"stranger sees":             everywhere(unknown),
	"operator confirms":         everywhere(unknown),
	"operator cancels":          everywhere(unknown),
	"operator accepts":          everywhere(unknown),
	"operator rejects":          everywhere(unknown),
	"operator refunds":          everywhere(unknown),
	"operator sees":             everywhere(unknown),
	"frozen recipient sees":     {"waiting": unknown, "cancelled": unknown, "expired": unknown, "completed": fine, "protected by code": fine, "tried": fine, "protected by time": fine, "returned": fine},
	"frozen sender accepts":     everywhere(unknown),
	"frozen sender rejects":     everywhere(unknown),
	"frozen sender refunds":     everywhere(unknown),
	"frozen recipient confirms": everywhere(unknown),
	"frozen recipient cancels":  everywhere(unknown),
}

func everywhere(answer string) map[string]string {
	same := map[string]string{}
	for _, stage := range []string{"waiting", "cancelled", "expired", "completed", "protected by code", "tried", "protected by time", "returned"} {
		same[stage] = answer
	}
	return same
}

func TestEveryActAtEveryStageByEveryParty(t *testing.T) {
	t.Parallel()
	parties := []string{"sender", "recipient", "frozen sender", "frozen recipient", "stranger", "operator"}
	verbs := map[string]string{"confirm": "confirms", "cancel": "cancels", "accept": "accepts", "reject": "rejects", "refund": "refunds", "see": "sees"}
	if len(answers) != len(parties)*len(verbs) {
		t.Fatalf("the table has %d rows", len(answers))
	}
	for _, party := range parties {
		t.Run(party, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.issue(w.anna, "10000")
			stranger := w.person(w.people, "+79001110003", "Carl", "Stranger")
			for verb, act := range w.acts() {
				for stage, reach := range w.stages() {
					want, listed := answers[party+" "+verbs[verb]][stage]
					if !listed {
						want = past
					}
					id := reach()
					who, thaw := w.as(party, stranger.account)
					err := act(who, id)
					thaw()
					if got := answerOf(err); got != want {
						t.Errorf("%s %s what is %s: %q, want %q", party, verbs[verb], stage, got, want)
					}
				}
			}
			w.wantSound()
		})
	}
}

// as is a party as the rooms see it now; thaw makes it what it was.
func (w *world) as(party string, stranger models.Account) (who models.Account, thaw func()) {
	thaw = func() {}
	switch party {
	case "sender", "frozen sender":
		who = w.anna.account
	case "recipient", "frozen recipient":
		who = w.boris.account
	case "stranger":
		return stranger, thaw
	default:
		return w.operator, thaw
	}
	if party[:6] == "frozen" {
		who, thaw = w.frozen(who)
	}
	return who, thaw
}

func answerOf(err error) string {
	var f *fault.Fault
	switch {
	case err == nil:
		return fine
	case errors.As(err, &f):
		return string(f.Code)
	}
	return fmt.Sprint(err)
}
