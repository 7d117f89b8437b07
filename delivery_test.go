package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/linxGnu/gosmpp/data"

	"purser/internal/delivery"
	"purser/internal/delivery/gatewaytest"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
)

// outside is what surrounds a server in production: two SMS centres and a mail server.
type outside struct {
	first, second *gatewaytest.SMSC
	mail          *gatewaytest.MailServer
	certificate   string
}

func newOutside(t *testing.T) outside {
	t.Helper()
	o := outside{first: gatewaytest.NewSMSC(t), second: gatewaytest.NewSMSC(t), mail: gatewaytest.NewMailServer(t, true)}
	o.certificate = filepath.Join(t.TempDir(), "mail.pem")
	if err := os.WriteFile(o.certificate, o.mail.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// ownKey is the SECRET_KEY of servers in production: one as openssl makes them.
const ownKey = "3b1f7a90c4d25e8867f0a1b9d3e24c5f60718293a4b5c6d7e8f90a1b2c3d4e5f"

// startProduction runs the program as it runs in production, but for its loopback address.
func (o outside) startProduction(t *testing.T, dsn string) *server {
	t.Helper()
	return startServer(t, dsn, o.production()...)
}

// production is what a server in production is told.
func (o outside) production() []string {
	return []string{"APP_ENV=production", "SECRET_KEY=" + ownKey, "PUBLIC_URL=https://pay.example",
		"SMS_GATEWAY=" + o.first.URL(), "SMS_GATEWAY_2=" + o.second.URL(), "SMTP_URL=" + o.mail.URL(), "SSL_CERT_FILE=" + o.certificate}
}

type registering struct {
	Token     string
	NextStep  string
	Challenge *struct{ Delivery string }
}

// askForCode begins a registration, up to its code, and returns its token and what is said of the code's delivery at once.
func (c *client) askForCode(phone, email string) (token, delivery string) {
	c.t.Helper()
	token = ask[struct {
		StartRegistration struct{ Registration registering }
	}](c, `mutation($p: PhoneNumber!) { startRegistration(input: {phone: $p, locale: RU}) { registration { token } } }`, vars{"p": phone}).
		StartRegistration.Registration.Token
	submitted := ask[struct {
		SubmitRegistrationProfile struct{ Registration registering }
	}](c, `mutation($t: String!, $e: EmailAddress!) { submitRegistrationProfile(input: {token: $t, email: $e, securityQuestion: "Pet?",
		securityAnswer: "Rex", profile: {firstName: "Vera", lastName: "Ivanova", birthDate: "1990-01-01"}}) {
		registration { challenge { delivery } } } }`, vars{"t": token, "e": email}).SubmitRegistrationProfile.Registration
	if submitted.Challenge == nil {
		c.t.Fatal("no code was sent")
	}
	return token, submitted.Challenge.Delivery
}

// delivered waits until a registration's code has become something.
func (c *client) delivered(token, want string) {
	c.t.Helper()
	gatewaytest.Await(c.t, "a code that is "+want, func() bool {
		challenge := ask[struct{ Registration registering }](c, `query($t: String!) { registration(token: $t) { challenge { delivery } } }`, vars{"t": token}).
			Registration.Challenge
		return challenge != nil && challenge.Delivery == want
	})
}

func TestAPersonRegistersAtAProductionServer(t *testing.T) {
	t.Parallel()
	const phone, email = "+79161234567", "vera@purser.test"
	o := newOutside(t)
	o.first.Will(gatewaytest.Behaviour{Status: data.ESME_RTHROTTLED})
	s := o.startProduction(t, pgtest.DSN(t))
	c := s.client(t)

	token, at := c.askForCode(phone, email)
	if at != "QUEUED" && at != "SENT" {
		t.Errorf("at once the code is %s", at)
	}
	c.delivered(token, "SENT")
	taken := o.second.Taken()
	if len(taken) != 1 || len(o.first.Taken()) != 0 || taken[0].To != phone || !strings.Contains(taken[0].Text, "ваш код Purser для регистрации") {
		t.Fatalf("the second gateway took %v", taken)
	}
	code := taken[0].Text[:6]
	verified := ask[struct {
		VerifyRegistrationPhone struct{ Registration registering }
	}](c, `mutation($t: String!, $c: String!) { verifyRegistrationPhone(input: {token: $t, code: $c}) { registration { nextStep } } }`,
		vars{"t": token, "c": code}).VerifyRegistrationPhone.Registration
	if verified.NextStep != "COMPLETE" {
		t.Fatalf("the code was not right: %+v", verified)
	}
	agreements := ask[struct{ Agreements []struct{ ID string } }](c, `{ agreements { id } }`, nil).Agreements
	ask[any](c, `mutation($t: String!, $a: [ID!]!) { completeRegistration(input: {token: $t, acceptedAgreements: $a,
		password: "a walk on the beach", passwordConfirmation: "a walk on the beach"}) { account { wmid } } }`,
		vars{"t": token, "a": []string{agreements[0].ID, agreements[1].ID}})

	gatewaytest.Await(t, "the letter", func() bool { return len(o.mail.Taken()) == 1 })
	letter := o.mail.Taken()[0]
	_, link, found := strings.Cut(letter.Text, "https://pay.example/verify-email#token=")
	if letter.To != email || !letter.Secure || !found {
		t.Fatalf("the letter is %+v", letter)
	}
	linkToken, _, _ := strings.Cut(link, "\n")
	confirmed := ask[struct {
		VerifyEmail struct {
			Account    *struct{ Email struct{ Verified bool } }
			UserErrors []userError
		}
	}](c, `mutation($t: String!) { verifyEmail(input: {token: $t}) { userErrors { code } } }`, vars{"t": linkToken})
	if len(confirmed.VerifyEmail.UserErrors) != 0 {
		t.Errorf("the link was refused: %+v", confirmed)
	}

	_, _, metrics := c.raw(http.MethodGet, "/metrics", "")
	for _, line := range []string{`purser_message_attempts_total{gateway="sms-2",outcome="TAKEN"} 1`, `purser_message_attempts_total{gateway="smtp",outcome="TAKEN"} 1`,
		`purser_messages_unsent{state="ABANDONED"} 0`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("the metrics do not say: %s", line)
		}
	}
	for what, secret := range map[string]string{"code": code, "phone": phone, "address": email, "link": linkToken, "password": gatewaytest.Password} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds the %s", what)
		}
	}
}

func TestTheAppSeesThatACodeIsAbandoned(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	for _, centre := range []*gatewaytest.SMSC{o.first, o.second} {
		centre.Will(gatewaytest.Behaviour{Status: data.ESME_RINVDSTADR})
	}
	s := o.startProduction(t, pgtest.DSN(t))
	c := s.client(t)
	token, _ := c.askForCode("+79161234567", "vera@purser.test")
	c.delivered(token, "ABANDONED")
	if status, _, text := c.raw(http.MethodGet, "/readyz", ""); status != http.StatusOK {
		t.Errorf("the server is not ready: %d %s", status, text)
	}
	if log := s.log.String(); !strings.Contains(log, `"level":"WARN","msg":"a message is abandoned"`) || !strings.Contains(log, `"to":"+7 *** ***-**-67"`) {
		t.Errorf("nobody was told: %s", log)
	}
}

func TestAServerThatIsKilledLeavesItsCodesToTheNext(t *testing.T) {
	t.Parallel()
	o, dsn := newOutside(t), pgtest.DSN(t)
	o.first.Down()
	o.second.RefuseBinds(data.ESME_RBINDFAIL)
	killed := o.startProduction(t, dsn)
	token, _ := killed.client(t).askForCode("+79161234567", "vera@purser.test")
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 2, Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	// Between two rounds: in the middle of one the next server would wait until the job is taken for lost.
	gatewaytest.Await(t, "the end of a round", func() bool {
		var resting bool
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM messages, river_job
			WHERE attempts > 0 AND claimed_until IS NULL AND metadata ? 'snoozes' AND river_job.state IN ('available', 'scheduled'))`).Scan(&resting)
		return err == nil && resting
	})
	killed.kill()

	o.second.RefuseBinds(0)
	c := o.startProduction(t, dsn).client(t)
	c.delivered(token, "SENT")
	if taken := o.second.Taken(); len(taken) != 1 || taken[0].To != "+79161234567" {
		t.Errorf("taken: %+v", taken)
	}
}

// TestOnlyAServerThatServesSends: whoever migrates or audits hands nothing to anybody.
func TestOnlyAServerThatServesSends(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 2, Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	inbox := delivery.New(db, box)
	id, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (uuid.UUID, error) {
		return inbox.Enqueue(tx, delivery.Letter{Channel: delivery.SMS, To: "+79161234567", Template: "registration_code", ExpiresAt: tx.Now.Add(time.Hour)})
	})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"migrate", "audit"} {
		process := exec.Command(path, command)
		process.Env = append(os.Environ(), "DATABASE_URL="+dsn)
		if out, err := process.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	var rounds, begun int
	err = db.Pool.QueryRow(t.Context(), `SELECT (SELECT attempts FROM messages WHERE id = $1), (SELECT count(*) FROM river_job WHERE attempt > 0)`, id).
		Scan(&rounds, &begun)
	if err != nil || rounds != 0 || begun != 0 {
		t.Errorf("%d rounds were made, %d jobs begun, %v", rounds, begun, err)
	}
}
