package accounts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/locale"
	"purser/internal/number"
)

func TestRow10PhoneSpellingsAreOneNumber(t *testing.T) {
	t.Parallel()
	everywhere := []string{
		"+79001234567", "+7 (900) 123-45-67", "+7.900.123.45.67", "79001234567", "0079001234567", "00 7 900 123 45 67", "  +79001234567  ",
		"＋７９００１２３４５６７", "+٧٩٠٠١٢٣٤٥٦٧", "+7\u00a0900\u00a0123\u201345\u201367", "+7 900 123—45—67",
	}
	inRussian := []string{"89001234567", "8 (900) 123-45-67", "8-900-123-45-67", "9001234567", "８９００１２３４５６７"}
	for _, typed := range everywhere {
		for _, l := range []locale.Locale{locale.EN, locale.RU} {
			if got, err := accounts.Phone(typed, l); err != nil || got != phone {
				t.Errorf("%q in %s is %q, %v", typed, l, got, err)
			}
		}
	}
	for _, typed := range inRussian {
		if got, err := accounts.Phone(typed, locale.RU); err != nil || got != phone {
			t.Errorf("%q in RU is %q, %v", typed, got, err)
		}
		if got, err := accounts.Phone(typed, locale.EN); err == nil {
			t.Errorf("%q in EN is %q; nobody said it is Russian", typed, got)
		}
	}
	for typed, want := range map[string]string{
		"+79000000001": "+79000000001", "380501234567": "+380501234567", "+44 (0) 20 7946 0018": "+442079460018", "00442079460018": "+442079460018",
	} {
		for _, l := range []locale.Locale{locale.EN, locale.RU} {
			if got, err := accounts.Phone(typed, l); err != nil || got != want {
				t.Errorf("%q in %s is %q, %v; want %s", typed, l, got, err, want)
			}
		}
	}
}

func TestRow10WhatIsNoPhoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"", " ", "+", "00", "7", "+7", "+12", "+7900123456", "+790012345678", "+7 900 123-45-6O", "+0001234567", "phone", "anna@example.com",
		"+79001234567 ext. 5", "+79001234567x5", "+79001234567;ext=5", "tel:+79001234567", "+1 800 FLOWERS", "+7900 ABCDEFG",
		"+79001234567, +79001234568", "+79001234567\x00", "\xff\xfe", strings.Repeat("9", 1<<16), "+7" + strings.Repeat(" ", 100) + "9001234567",
	} {
		for _, l := range []locale.Locale{locale.EN, locale.RU} {
			if got, err := accounts.Phone(typed, l, "input", "phone"); err == nil {
				t.Errorf("%.40q in %s is %q", typed, l, got)
			} else {
				wantFaults(t, err, "INVALID_PHONE input.phone")
			}
		}
	}
}

func TestRow10EmailSpellingsAreOneAddress(t *testing.T) {
	t.Parallel()
	for typed, key := range map[string]string{
		"anna@example.com": "anna@example.com", "  Anna@Example.COM ": "anna@example.com", "a+b@c.de": "a+b@c.de", "o'brien@example.org": "o'brien@example.org",
		"жанна@почта.рф": "жанна@почта.рф", "ЖАННА@ПОЧТА.РФ": "жанна@почта.рф", "rene\u0301@example.com": "ren\u00e9@example.com", "REN\u00c9@example.com": "ren\u00e9@example.com",
		"a@xn--80a1acny.xn--p1ai": "a@xn--80a1acny.xn--p1ai",
	} {
		got, err := accounts.Email(typed, "email")
		if err != nil || accounts.EmailKey(got) != key {
			t.Errorf("%q is %q, %v; want the key %q", typed, got, err, key)
		}
	}
	wantFaults(t, second(accounts.Email("  ", "email")), "INVALID_INPUT required email")
	for _, typed := range []string{
		"anna", "anna@", "@example.com", "a@b", "a@b.cd.", "a@.cd", "a@b..cd", "a..b@c.de", ".a@c.de", "a@@b.cd", "a b@c.de", "a@b.cd, c@d.ef",
		"Anna <a@b.cd>", "<a@b.cd>", `"a"@b.cd`, "a(x)@b.cd", "a@b.cd (x)", "a@[192.0.2.1]", "a@b.cd\x00", "a\u0000@b.cd", "a\u202eb@c.de", "a\u200bb@c.de", "a\u00a0b@c.de",
		"\xff@b.cd", strings.Repeat("a", 250) + "@b.cd", strings.Repeat("a", 1<<16) + "@b.cd",
	} {
		if got, err := accounts.Email(typed, "email"); err == nil {
			t.Errorf("%.40q is %q", typed, got)
		} else {
			wantFaults(t, err, "INVALID_INPUT malformed email")
		}
	}
}

func TestRow10EverySpellingFindsTheOneAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.account(t, phone, "Anna@Example.com")
	for _, typed := range []string{
		anna.WMID, " " + anna.WMID[:4] + " " + anna.WMID[4:8] + " " + anna.WMID[8:] + " ", phone, "8 (900) 123-45-67", "７９００１２３４５６７",
		"anna@example.com", " ANNA@EXAMPLE.COM ",
	} {
		if found, err := r.FindByLogin(t.Context(), typed, locale.RU); err != nil || found.ID != anna.ID {
			t.Errorf("%q finds %s, %v", typed, found.WMID, err)
		}
	}
	for _, typed := range []string{"", "Anna", "+79001234568", number.NewWMID(), "anna@example.org", "' OR true --", "anna@example.com\x00", "000000000002"} {
		if found, err := r.FindByLogin(t.Context(), typed, locale.RU); !errors.Is(err, accounts.ErrUnknown) {
			t.Errorf("%q finds %q, %v", typed, found.WMID, err)
		}
	}
}

func TestLoginSubjectIsOneForAllSpellings(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		phone:              {phone, "8 900 123-45-67", "79001234567"},
		"anna@example.com": {"anna@example.com", " ANNA@example.com "},
		"000000000002":     {"000000000002", "0000 0000 0002"},
		"nonsense":         {"nonsense", " NONSENSE "},
	} {
		for _, typed := range spellings {
			if got := accounts.LoginSubject(typed, locale.RU); got != want {
				t.Errorf("%q counts for %q, want %q", typed, got, want)
			}
		}
	}
}

func TestRecipientsAreFoundByWMIDAndPhone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.account(t, phone, "anna@example.com")
	closed := r.account(t, "+79007654321", "closed@example.com")
	if _, err := r.db.Pool.Exec(t.Context(), `UPDATE accounts SET status = 'CLOSED' WHERE id = $1`, closed.ID); err != nil {
		t.Fatal(err)
	}
	if found, err := r.FindByWMID(t.Context(), " "+anna.WMID+" ", "to"); err != nil || found.ID != anna.ID {
		t.Errorf("by WMID: %s, %v", found.WMID, err)
	}
	if found, err := r.FindByPhone(t.Context(), "8 900 123-45-67", locale.RU, "to"); err != nil || found.ID != anna.ID {
		t.Errorf("by phone: %s, %v", found.WMID, err)
	}
	mistyped := anna.WMID[:11] + string('0'+(anna.WMID[11]-'0'+1)%10)
	wantFaults(t, second(r.FindByWMID(t.Context(), mistyped, "to")), "INVALID_WMID to")
	for _, wmid := range []string{number.NewWMID(), closed.WMID, "000000000002"} { // nobody's, a closed one, the system's
		wantFaults(t, second(r.FindByWMID(t.Context(), wmid, "to")), "RECIPIENT_NOT_FOUND to")
	}
	wantFaults(t, second(r.FindByPhone(t.Context(), "+79007654321", locale.EN, "to")), "RECIPIENT_NOT_FOUND to")
	wantFaults(t, second(r.FindByPhone(t.Context(), "12", locale.EN, "to")), "INVALID_PHONE to")
}

func TestFindManyReadsThoseThereAre(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.account(t, phone, "anna@example.com"), r.account(t, "+79007654321", "boris@example.com")
	found, err := r.FindMany(t.Context(), []uuid.UUID{anna.ID, boris.ID, boris.ID, uuid.New()})
	if err != nil || len(found) != 2 || found[anna.ID].WMID != anna.WMID || found[boris.ID].WMID != boris.WMID {
		t.Errorf("found: %+v, %v", found, err)
	}
	if none, err := r.FindMany(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of no ids were found: %+v, %v", none, err)
	}
}

func TestMaskedNameHidesTheFamilyName(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"Ivan", "Petrov", "Ivan P."}, {"Жанна", "Яковлева", "Жанна Я."}, {"Ivan", "", "Ivan"}} {
		if got := accounts.MaskedName(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s is shown as %q, want %q", c[0], c[1], got, c[2])
		}
	}
	if got := accounts.DisplayName("Ivan", "Petrov"); got != "Ivan Petrov" {
		t.Error(got)
	}
}

// second keeps the error of two results.
func second[T any](_ T, err error) error { return err }
