package main

import (
	"testing"

	"purser/internal/pgtest"
)

// TestANewVersionIsReadAcceptedAndThenMoneyLeaves goes through the front door on the day new terms begin to count.
func TestANewVersionIsReadAcceptedAndThenMoneyLeaves(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	anna := s.client(t).anna()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := s.client(t).boris().wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at)
		VALUES ('TERMS_OF_TRANSFER', 2, 'New terms', 'Новые условия', 'Text', 'Текст', now())`)
	if err != nil {
		t.Fatal(err)
	}

	request := vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}
	refused := ask[created](anna, createTransfer, request).CreateTransfer
	if len(refused.UserErrors) != 1 || refused.UserErrors[0].Code != "AGREEMENTS_NOT_ACCEPTED" {
		t.Fatalf("before it was accepted: %+v", refused)
	}
	type read struct {
		Viewer struct {
			PendingAgreements []struct {
				ID, Title string
				Version   int
			}
		}
	}
	const pending = `{ viewer { pendingAgreements { id title version } } }`
	before := ask[read](anna, pending, nil).Viewer.PendingAgreements
	if len(before) != 1 || before[0].Title != "New terms" || before[0].Version != 2 {
		t.Fatalf("pending are %+v", before)
	}
	type answer struct {
		AcceptAgreements struct {
			Account    *struct{ Wmid string }
			UserErrors []userError
		}
	}
	const accept = `mutation($a: [ID!]!) { acceptAgreements(input: {agreementIds: $a}) { account { wmid } userErrors { code message field } } }`
	if no := ask[answer](anna, accept, vars{"a": []string{before[0].ID, "nonsense"}}).AcceptAgreements; no.Account != nil || len(no.UserErrors) != 1 {
		t.Errorf("with an id that is none: %+v", no)
	}
	if r, err := anna.as("").try(accept, vars{"a": []string{before[0].ID}}); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("by nobody: %+v, %v", r.Errors, err)
	}
	if yes := ask[answer](anna, accept, vars{"a": []string{before[0].ID}}).AcceptAgreements; yes.Account == nil {
		t.Errorf("accepted: %+v", yes)
	}
	if after := ask[read](anna, pending, nil).Viewer.PendingAgreements; len(after) != 0 {
		t.Errorf("afterwards pending are %+v", after)
	}
	if done := ask[created](anna, createTransfer, request).CreateTransfer; done.Transfer == nil || done.Transfer.Status != "COMPLETED" || done.Replayed {
		t.Errorf("the same request again: %+v", done)
	}
	var device string
	err = db.Pool.QueryRow(t.Context(), `SELECT a.device_platform FROM agreement_acceptances a JOIN sessions s ON s.id = a.session_id WHERE a.version = 2`).Scan(&device)
	if err != nil || device != "OTHER" {
		t.Errorf("it was accepted on %q, %v", device, err)
	}
}
