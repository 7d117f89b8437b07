package accounts_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/request"
	"purser/models"
)

// publish adds a version of an agreement that begins to count in a while.
func (r room) publish(t *testing.T, kind string, version int, in time.Duration) {
	t.Helper()
	_, err := r.db.Pool.Exec(t.Context(), `INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at)
		VALUES ($1, $2, 'T', 'T', 'T', 'T', $3)`, kind, version, r.clock.Now().Add(in))
	if err != nil {
		t.Fatal(err)
	}
}

func (r room) pending(t *testing.T, account uuid.UUID) (ids []accounts.AgreementID) {
	t.Helper()
	rows, err := r.PendingAgreements(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		ids = append(ids, accounts.AgreementID{Kind: row.Kind, Version: row.Version})
	}
	return ids
}

func TestANewVersionIsPendingFromItsDayOnUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, err := r.Complete(t.Context(), completion(r.verified(t, phone, "anna@example.com").Token))
	if err != nil {
		t.Fatal(err)
	}
	r.publish(t, models.TermsOfTransfer, 2, time.Hour)
	if ids := r.pending(t, account.ID); len(ids) != 0 {
		t.Errorf("before its day %v are pending", ids)
	}
	second := accounts.AgreementID{Kind: models.TermsOfTransfer, Version: 2}
	_, err = r.AcceptAgreements(t.Context(), account.ID, []accounts.AgreementID{second})
	wantFault(t, err, fault.AgreementsNotAccepted)

	r.clock.Advance(time.Hour)
	if ids := r.pending(t, account.ID); len(ids) != 1 || ids[0] != second {
		t.Errorf("on its day %v are pending", ids)
	}
	for what, ids := range map[string][]accounts.AgreementID{
		"none": nil, "the old version": {{Kind: models.TermsOfTransfer, Version: 1}}, "one that is not there": {second, {Kind: "OTHER", Version: 1}},
		"nonsense": {{}},
	} {
		if _, err := r.AcceptAgreements(t.Context(), account.ID, ids); !fault.Is(err, fault.AgreementsNotAccepted) {
			t.Errorf("%s is answered with %v", what, err)
		}
	}
	if ids := r.pending(t, account.ID); len(ids) != 1 {
		t.Errorf("after refusals %v are pending", ids)
	}
	var all sync.WaitGroup
	for range 5 { // and repeats
		all.Go(func() {
			if _, err := r.AcceptAgreements(t.Context(), account.ID, []accounts.AgreementID{second, second}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ids := r.pending(t, account.ID); len(ids) != 0 {
		t.Errorf("after it was accepted %v are pending", ids)
	}
	rows, err := journal.List(t.Context(), r.db, account.ID, journal.Page{Limit: 10})
	if err != nil || len(rows) != 2 || rows[0].Kind != string(journal.AgreementsAccepted) { // the other is the registration's
		t.Errorf("the log says %+v, %v", rows, err)
	}
}

func TestAnAcceptanceSaysWhenAndOnWhichDevice(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	last := completion(r.verified(t, phone, "anna@example.com").Token)
	last.Device = accounts.Device{Name: "Pixel 9", Platform: "ANDROID"}
	account, err := r.Complete(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	session, device := uuid.New(), uuid.New()
	if _, err := r.db.Pool.Exec(t.Context(), `INSERT INTO devices (id, account_id, name, platform, created_at) VALUES ($1::uuid, $2, 'Tablet', 'IOS', now())`, device, account.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.db.Pool.Exec(t.Context(), `INSERT INTO sessions (id, account_id, device_id, created_at, last_seen_at, expires_at, access_expires_at)
		VALUES ($1, $2, $3, now(), now(), now(), now())`, session, account.ID, device); err != nil {
		t.Fatal(err)
	}
	r.publish(t, models.PersonalData, 2, 0)
	ctx := request.With(t.Context(), request.Info{Session: session, Locale: locale.EN})
	r.clock.Advance(time.Minute)
	if _, err := r.AcceptAgreements(ctx, account.ID, []accounts.AgreementID{{Kind: models.PersonalData, Version: 2}}); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(time.Minute)
	if _, err := r.AcceptAgreements(t.Context(), account.ID, []accounts.AgreementID{{Kind: models.PersonalData, Version: 2}}); err != nil {
		t.Fatal(err)
	}
	var rows []models.AgreementAcceptance
	if err := r.db.GORM(t.Context()).Order("version, kind").Find(&rows, "account_id = ?", account.ID).Error; err != nil || len(rows) != 3 {
		t.Fatalf("%d acceptances, %v", len(rows), err)
	}
	for _, row := range rows[:2] {
		if row.DeviceName != "Pixel 9" || row.DevicePlatform != "ANDROID" || row.SessionID != nil || row.Version != 1 {
			t.Errorf("at the registration: %+v", row)
		}
	}
	if late := rows[2]; late.DeviceName != "Tablet" || late.SessionID == nil || *late.SessionID != session || !late.AcceptedAt.Equal(r.clock.Now().Add(-time.Minute)) {
		t.Errorf("later: %+v", late)
	}
}
