package delivery_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/delivery"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/pgtest"
)

var update = flag.Bool("update", false, "write testdata/messages.golden.txt")

// samples are values for each template, as the rooms give them.
var samples = map[string]map[string]any{
	"registration_code":   nil,
	"log_in_code":         {"Device": "Pixel 9"},
	"transfer_code":       {"Amount": dollars(1_250), "Recipient": "Anna P.", "Wallet": "Z123456789012", "Total": dollars(1_260)},
	"policy_code":         {"Amount": dollars(100_000), "Currency": "Z"},
	"certificate_issued":  {"Name": "Anna", "Level": "PERSONAL"},
	"certificate_refused": {"Name": "Anna", "Level": "PERSONAL", "Reason": "The photograph is blurred."},
	"new_device":          notice(map[string]any{"Device": "Pixel 9"}),
	"alert_totp_on":       nil, "alert_totp_off": nil, "alert_backup_codes": nil,
	"frozen_sms": notice(nil), "unfrozen_sms": notice(nil), "email_changed_sms": notice(nil),
	"alert_policy": {"Amount": dollars(100_000)}, "alert_token_reused": nil, "alert_recovery_begun": nil,
	"alert_operator_on": nil, "alert_operator_off": nil,
	"alert_frozen_by_operator": nil, "alert_unfrozen_by_operator": nil, "alert_ended_by_operator": nil,
	"alert_passkey_on": {"Passkey": "Pixel 9"}, "alert_passkey_off": {"Passkey": "Pixel 9"}, "alert_passkey_copy": {"Passkey": "Pixel 9"},
	"recovery_code":        nil,
	"password_changed":     notice(map[string]any{"Email": "an**************om"}),
	"question_changed":     notice(map[string]any{"Email": "an**************om"}),
	"phone_changed":        notice(map[string]any{"Email": "an**************om"}),
	"email_change":         notice(map[string]any{"Email": "an**************om"}),
	"email_changed":        notice(map[string]any{"Email": "an**************om"}),
	"frozen":               notice(map[string]any{"Email": "an**************om"}),
	"unfrozen":             notice(map[string]any{"Email": "an**************om"}),
	"password_changed_sms": notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),
	"question_changed_sms": notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),
	"phone_changed_sms":    notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),
	"old_phone_code":       notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),
	"new_phone_code":       notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),
	"closing_code":         nil,
	"unfreeze_code":        notice(map[string]any{"NewPhone": "+7 *** ***-**-67"}),

	"notice_received": told, "notice_protected": told, "notice_sent": told, "notice_returned": told, "notice_accepted": told, "notice_expired": told, "notice_cancelled": told,
	"notice_sign_in": nil, "notice_security": nil,

	"alert_recovered": nil, "alert_recovery_cancelled": nil, "alert_lost_phone": {"Hours": 48},
	"alert_closing": {"Until": "2026-11-26 10:00 UTC"}, "alert_closing_cancelled": nil, "alert_closed": {"WMID": "123456789012"},
	"data_export":  {"Name": "Anna", "Hours": 48},
	"lost_phone":   {"Name": "Anna", "Hours": 24, "Wait": 48},
	"verify_email": {"Name": "Anna <b>{{.Code}}</b>", "Email": "anna@example.com", "WMID": "123456789012", "Hours": 24},
}

// dollars are a sum, which each language writes in its own way.
func dollars(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: money.Currency{Code: "WMZ", Exponent: 2}}
}

// told are the values of what tells of a transfer.
var told = map[string]any{"Amount": dollars(1_250), "Name": "Anna P."}

// letters are the templates that go by e-mail without a link.
var letters = map[string]bool{
	"password_changed": true, "question_changed": true, "phone_changed": true, "email_change": true, "email_changed": true, "frozen": true, "unfrozen": true,
	"new_device": true, "certificate_issued": true, "certificate_refused": true,
}

// notice are the values of a letter that tells an account's owner of a change.
func notice(more map[string]any) map[string]any {
	values := map[string]any{"Name": "Anna", "WMID": "123456789012", "Time": "2026-11-24 10:00 UTC", "Network": "203.0.113.0/24"}
	maps.Copy(values, more)
	return values
}

var unfilled = regexp.MustCompile(`<no value>|\{\{\.[^C]`)

func TestGoldenMessagesReadWell(t *testing.T) {
	const page = "testdata/messages.golden.txt"
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	var got strings.Builder
	for _, template := range templates(t) {
		values, known := samples[template]
		if !known {
			t.Errorf("the template %s has no sample: add one", template)
			continue
		}
		for _, l := range []locale.Locale{locale.EN, locale.RU} {
			got.WriteString(written(t, service, func(letter delivery.Letter) { send(t, db, service, letter) }, template, l, values))
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("messages read otherwise; if that is meant, run: make generate (-want +got)\n%s", diff)
	}
}

// written is one message as it arrives.
func written(t *testing.T, s *delivery.Service, enqueue func(delivery.Letter), template string, l locale.Locale, values map[string]any) string {
	t.Helper()
	letter := delivery.Letter{Channel: delivery.SMS, To: "+79001234567", Locale: l, Template: template, Values: values}
	if strings.HasSuffix(template, "_code") {
		letter.Code = "012345"
	}
	if template == "alert_lost_phone" {
		letter.Link = "https://pay.example/cancel-recovery#token=abcdefghijklmnopqrstuvwxyz-0123456789_ABCDEF"
	}
	if template == "verify_email" || template == "lost_phone" || template == "data_export" {
		letter.Channel, letter.To = delivery.Email, "anna@example.com"
		letter.Link = "https://pay.example/verify-email#token=abc"
	}
	if letters[template] {
		letter.Channel, letter.To = delivery.Email, "anna@example.com"
	}
	enqueue(letter)
	inbox, err := s.Inbox(t.Context(), letter.To)
	if err != nil {
		t.Fatal(err)
	}
	sent := inbox[0]
	if unfilled.MatchString(sent.Subject + sent.Text) {
		t.Errorf("%s in %s has a gap: %s", template, l, sent.Text)
	}
	if !strings.Contains(sent.Text, letter.Code) || !strings.Contains(sent.Text, letter.Link) {
		t.Errorf("%s in %s does not carry what it is for: %s", template, l, sent.Text)
	}
	if sent.Channel == delivery.SMS && len([]rune(sent.Text)) > 4*67 {
		t.Errorf("%s in %s takes more than four SMS: %s", template, l, sent.Text)
	}
	return fmt.Sprintf("=== %s %s %s\n%s\n\n", template, l, strings.TrimSpace(sent.Channel+" "+sent.Subject), sent.Text)
}

// templates are all there are, read where they are written.
func templates(t *testing.T) []string {
	t.Helper()
	file, err := os.ReadFile("../locale/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]any
	if err := json.Unmarshal(file, &sentences); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, id := range slices.Sorted(maps.Keys(sentences)) {
		if name, isMessage := strings.CutPrefix(id, "message."); isMessage && !strings.HasSuffix(name, ".subject") {
			names = append(names, name)
		}
	}
	return names
}
