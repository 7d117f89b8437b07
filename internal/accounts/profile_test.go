package accounts_test

import (
	"strings"
	"testing"

	"purser/internal/accounts"
)

func TestAllMistakesOfAProfileAreToldAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.start(t, phone).Token
	_, err := r.SubmitProfile(t.Context(), token, accounts.Profile{})
	wantFaults(t, err, "INVALID_INPUT required profile.firstName", "INVALID_INPUT required profile.lastName", "INVALID_INPUT required securityQuestion",
		"INVALID_INPUT required securityAnswer", "INVALID_INPUT required email", "INVALID_INPUT required profile.birthDate")
	_, err = r.SubmitProfile(t.Context(), token, accounts.Profile{
		FirstName: "An\x00na", MiddleName: "\u202eanna", LastName: strings.Repeat("я", 101), BirthDate: "28.02.1990", Email: "anna@",
		SecurityQuestion: "Is it Rex?", SecurityAnswer: " REX ",
	})
	wantFaults(t, err, "INVALID_INPUT malformed profile.firstName", "INVALID_INPUT malformed profile.middleName", "INVALID_INPUT too_long profile.lastName",
		"INVALID_INPUT malformed email", "INVALID_INPUT malformed profile.birthDate", "INVALID_INPUT guessable securityAnswer")
	if sent := r.count(t, `SELECT count(*) FROM messages`); sent != 0 {
		t.Errorf("%d codes were sent for profiles with mistakes", sent)
	}
}

func TestBirthDates(t *testing.T) {
	t.Parallel()
	r := newRoom(t) // it is noon of 2040-06-15
	token := r.start(t, phone).Token
	for born, want := range map[string]string{
		"":                     "INVALID_INPUT required profile.birthDate",
		"2040-06-16":           "INVALID_INPUT malformed profile.birthDate",
		"2023-02-29":           "INVALID_INPUT malformed profile.birthDate",
		"1990-2-28":            "INVALID_INPUT malformed profile.birthDate",
		"1990-02-28T00:00:00Z": "INVALID_INPUT malformed profile.birthDate",
		"2026-06-16":           "INVALID_INPUT too_young profile.birthDate",
		"2040-06-15":           "INVALID_INPUT too_young profile.birthDate",
		"1910-06-14":           "INVALID_INPUT out_of_range profile.birthDate",
		"0001-01-01":           "INVALID_INPUT out_of_range profile.birthDate",
	} {
		p := profile("anna@example.com")
		p.BirthDate = born
		_, err := r.SubmitProfile(t.Context(), token, p)
		wantFaults(t, err, want)
	}
	for _, born := range []string{"2026-06-15", " 1910-06-16 "} { // fourteen today, and nearly a hundred and thirty
		p := profile("anna@example.com")
		p.BirthDate = born
		submitted, err := r.SubmitProfile(t.Context(), token, p)
		if err != nil || submitted.BirthDate.Format("2006-01-02") != strings.TrimSpace(born) {
			t.Errorf("%q is kept as %v, %v", born, submitted.BirthDate, err)
		}
	}
}
