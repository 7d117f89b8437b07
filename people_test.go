package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"

	"purser/graph/generated"
	"purser/internal/delivery/gatewaytest"
)

const accountSearch = `query($q: String!, $r: String!) { accountSearch(input: {query: $q, reason: $r}) {
  account { wmid status frozenByOperator certificateLevel isOperator createdAt maskedPhone maskedEmail emailVerified closesAt transfersHeldUntil
    wallets { number balance { amount } isDefault } sessions { id device { name } } securityLog(first: 5) { kind } }
  userErrors { code field } } }`

type foundAccount struct {
	AccountSearch struct {
		Account *struct {
			Wmid, Status, CertificateLevel, MaskedPhone, MaskedEmail string
			FrozenByOperator, IsOperator                             bool
			Wallets                                                  []struct{ Number string }
			Sessions                                                 []struct{ ID string }
			SecurityLog                                              []struct{ Kind string }
		}
		UserErrors []userError
	}
}

const (
	freezeBy = `mutation($w: WMID!, $r: String!) { freezeAccountByOperator(input: {wmid: $w, reason: $r}) {
  account { status frozenByOperator } userErrors { code field } } }`
	unfreezeBy = `mutation($w: WMID!, $r: String!) { unfreezeAccountByOperator(input: {wmid: $w, reason: $r}) {
  account { status frozenByOperator } userErrors { code field } } }`
	endBy = `mutation($w: WMID!, $s: ID, $r: String!) { endSessionsByOperator(input: {wmid: $w, sessionId: $s, reason: $r}) {
  sessionIds userErrors { code field } } }`
)

// execOn runs statements on a database as its owner.
func execOn(t *testing.T, dsn, sql string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // it has done its work
	_, err = conn.Exec(t.Context(), sql, args...)
	return err
}

// promote makes a person an operator, since a time in SQL.
func promote(t *testing.T, dsn, wmid, since string) {
	t.Helper()
	if err := execOn(t, dsn, `UPDATE accounts SET role = 'OPERATOR', operator_since = `+since+` WHERE wmid = $1`, wmid); err != nil {
		t.Fatal(err)
	}
}

// answer is the data of a request that comes through, as text.
func (c *client) answer(query string, v vars) string {
	c.t.Helper()
	r, err := c.try(query, v)
	if err != nil || len(r.Errors) > 0 {
		c.t.Fatalf("%.60s…: %+v, %v", query, r.Errors, err)
	}
	return string(r.Data)
}

// faultCode is the code of the error that a request ends with, or nothing.
func (c *client) faultCode(query string, v vars) string {
	c.t.Helper()
	r, err := c.try(query, v)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(r.Errors) != 1 {
		return fmt.Sprintf("%d errors: %s", len(r.Errors), r.Data)
	}
	return r.Errors[0].Extensions.Code
}

func TestAnOperatorFindsAnAccountExactlyAndTheLogKnowsWhy(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	operator, anna := s.client(t).operator(), s.client(t).anna()
	annas := anna.wmid()
	wallet, _ := anna.wallet("Z")
	for _, query := range []string{annas, " " + wallet + " ", "+7 900 000-00-02", "Anna@purser.TEST"} {
		got := ask[foundAccount](operator, accountSearch, vars{"q": query, "r": "a caller's question"}).AccountSearch.Account
		if got == nil || got.Wmid != annas || got.Status != "ACTIVE" || len(got.Wallets) < 3 || len(got.Sessions) != 1 || len(got.SecurityLog) == 0 {
			t.Fatalf("%s: %+v", query, got)
		}
		if strings.Contains(got.MaskedPhone, "0000000") || strings.Contains(got.MaskedEmail, "purser") || got.MaskedPhone == "" || got.MaskedEmail == "" {
			t.Errorf("shown are %s and %s", got.MaskedPhone, got.MaskedEmail)
		}
	}
	for query, want := range map[string]string{
		"+79009998877": "ACCOUNT_NOT_FOUND", "nobody@purser.test": "ACCOUNT_NOT_FOUND", "nonsense": "INVALID_INPUT", "": "INVALID_INPUT",
		"Z000000000019": "ACCOUNT_NOT_FOUND", "000000000002": "ACCOUNT_NOT_FOUND", "anna@purser": "INVALID_INPUT", "nul\x00": "INVALID_INPUT",
	} {
		if got := ask[foundAccount](operator, accountSearch, vars{"q": query, "r": "x"}).AccountSearch; got.Account != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Code != want {
			t.Errorf("%q: %+v, want %s", query, got, want)
		}
	}
	if got := ask[foundAccount](operator, accountSearch, vars{"q": annas, "r": "  "}).AccountSearch; got.Account != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Field[0] != "reason" {
		t.Errorf("without a reason: %+v", got)
	}

	log := operator.answer(`query($s: String) { operatorLog(subject: $s, action: ACCOUNT_SEARCH) { nodes { operator action subject details reason requestId } } }`, vars{"s": annas})
	if strings.Count(log, `"reason":"a caller's question"`) != 4 || !strings.Contains(log, operator.wmid()) || !strings.Contains(log, "by e-mail") {
		t.Errorf("the log says %s", log)
	}
	all := operator.answer(`{ operatorLog(first: 100) { nodes { action subject details reason } } }`, nil)
	if strings.Contains(all, "9009998877") || strings.Contains(all, "nobody@") || strings.Contains(all, "0000002\"") {
		t.Errorf("the log holds what was typed: %s", all)
	}
	if strings.Count(all, `"action":"ACCOUNT_SEARCH"`) != 8 || strings.Count(all, `"action":"LOG_READ"`) != 2 {
		t.Errorf("the log has %s", all)
	}
}

func TestTheOperatorsLogIsReadInPagesAndRefusesToChange(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	operator := s.client(t).operator()
	for range 7 {
		operator.answer(accountSearch, vars{"q": "+79009998877", "r": "test"})
	}
	type page struct {
		OperatorLog struct {
			Edges []struct {
				Cursor string
				Node   struct{ RequestID string }
			}
			PageInfo struct{ HasNextPage bool }
		}
	}
	seen, after := map[string]bool{}, any(nil)
	for pages := 1; ; pages++ {
		got := ask[page](operator, `query($a: String, $o: WMID) { operatorLog(first: 3, after: $a, operator: $o, action: ACCOUNT_SEARCH) {
			edges { cursor node { requestId } } pageInfo { hasNextPage } } }`, vars{"a": after, "o": operator.wmid()}).OperatorLog
		for _, edge := range got.Edges {
			if seen[edge.Node.RequestID] {
				t.Errorf("%s comes twice", edge.Node.RequestID)
			}
			seen[edge.Node.RequestID], after = true, edge.Cursor
		}
		if !got.PageInfo.HasNextPage || pages > 5 {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d lines were read", len(seen))
	}
	if code := operator.faultCode(`{ operatorLog(after: "nonsense") { nodes { action } } }`, nil); code != "BAD_USER_INPUT" {
		t.Errorf("a cursor that is none: %s", code)
	}
	if code := operator.faultCode(`{ operatorLog(operator: "123") { nodes { action } } }`, nil); code != "INVALID_WMID" {
		t.Errorf("a WMID that is none: %s", code)
	}
	for _, sql := range []string{`UPDATE operator_actions SET reference = ''`, `DELETE FROM operator_actions`, `TRUNCATE operator_actions`} {
		if err := execOn(t, dsn, sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestOnlyOperatorsUseWhatIsTheirs knows every field of the schema that is said to be operators'.
func TestOnlyOperatorsUseWhatIsTheirs(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	wallet, _ := boris.wallet("Z")
	annas, boriss := anna.wmid(), boris.wmid()
	fields := map[string]string{
		"issueFunds": issueFunds, "redeemFunds": redeemFunds, "accountSearch": accountSearch, "freezeAccountByOperator": freezeBy,
		"unfreezeAccountByOperator": unfreezeBy, "endSessionsByOperator": endBy, "operatorLog": `{ operatorLog { nodes { action } } }`,
		"operatorRequests":       `{ operatorRequests { nodes { id } } }`,
		"approveOperatorRequest": `mutation($i: ID!) { approveOperatorRequest(input: {requestId: $i}) { userErrors { code } } }`,
		"rejectOperatorRequest":  `mutation($i: ID!, $r: String!) { rejectOperatorRequest(input: {requestId: $i, reason: $r}) { userErrors { code } } }`,
		"certificateReviews":     `{ certificateReviews { nodes { wmid } } }`,
		"reviewCertificate":      `mutation($i: ID!) { reviewCertificate(input: {requestId: $i, approve: true}) { userErrors { code } } }`,
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, root := range []string{"Query", "Mutation", "Subscription"} {
		for _, field := range schema.Types[root].Fields {
			if strings.HasPrefix(strings.TrimSpace(field.Description), "Operators only") && fields[field.Name] == "" {
				t.Errorf("%s is not tried", field.Name)
			}
		}
	}
	values := vars{"w": wallet, "a": "1", "r": "mine", "k": newKey(), "q": boriss, "i": "x"}
	tryAll := func(who string, c *client, want string) {
		t.Helper()
		for name, query := range fields {
			v := vars{}
			for key, value := range values {
				if strings.Contains(query, "$"+key+":") {
					v[key] = value
				}
			}
			if strings.Contains(query, "$w: WMID!") {
				v["w"] = boriss
			}
			if got := c.faultCode(query, v); got != want {
				t.Errorf("%s uses %s: %s", who, name, got)
			}
		}
	}
	tryAll("nobody", anna.as(""), "UNAUTHENTICATED")
	tryAll("a person", anna, "FORBIDDEN")

	promote(t, dsn, annas, "NULL")
	if err := execOn(t, dsn, `UPDATE accounts SET status = 'FROZEN' WHERE wmid = $1`, annas); err != nil {
		t.Fatal(err)
	}
	tryAll("a frozen operator", s.client(t).anna(), "FORBIDDEN")
	tryAll("an operator frozen by another", func() *client {
		promote(t, dsn, boriss, "NULL")
		s.client(t).operator().answer(freezeBy, vars{"w": boriss, "r": "a stolen device"})
		return s.client(t).boris()
	}(), "FORBIDDEN")
	if _, err := boris.as("").try(`{ viewer { wmid } }`, nil); err != nil {
		t.Error(err)
	}
}

func TestWhatAnOperatorFrozeOnlyAnOperatorUnfreezes(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	operator, anna := one.client(t).operator(), two.client(t).anna()
	annas, operators := anna.wmid(), operator.wmid()
	from, _ := anna.wallet("Z")
	to, _ := two.client(t).boris().wallet("Z")
	const (
		unfreeze = `mutation { unfreezeAccount(input: {}) { challenge { id } userErrors { code message } } }`
		freeze   = `mutation { freezeAccount { account { status } userErrors { code } } }`
		active   = `"account":{"status":"ACTIVE","frozenByOperator":false},"userErrors":[]`
		frozen   = `"account":{"status":"FROZEN","frozenByOperator":true},"userErrors":[]`
	)
	for range 2 { // a repeat does nothing
		if got := operator.answer(freezeBy, vars{"w": annas, "r": "a report of theft"}); !strings.Contains(got, frozen) {
			t.Fatal(got)
		}
	}
	gatewaytest.Await(t, "the freeze at the other server", func() bool {
		return strings.Contains(anna.answer(`{ viewer { status frozenByOperator } }`, nil), `"status":"FROZEN","frozenByOperator":true`)
	})
	if got := anna.answer(unfreeze, nil); !strings.Contains(got, `"ACCOUNT_FROZEN"`) || !strings.Contains(got, "operator") {
		t.Errorf("the owner unfreezes it: %s", got)
	}
	if got := ask[created](anna, createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()}).CreateTransfer; len(got.UserErrors) != 1 || got.UserErrors[0].Code != "ACCOUNT_FROZEN" {
		t.Errorf("money leaves: %+v", got)
	}
	if told := anna.newest("+79000000002").Text; !strings.Contains(told, "operator froze") {
		t.Errorf("she is told %q", told)
	}
	if told := anna.newest("anna@purser.test").Text; !strings.Contains(told, "operator froze") {
		t.Errorf("the letter says %q", told)
	}
	if log := anna.answer(`{ viewer { securityLog(first: 1) { nodes { kind network device { name } } } } }`, nil); !strings.Contains(log, `"FROZEN_BY_OPERATOR","network":null,"device":null`) {
		t.Errorf("her log says %s", log)
	}

	if got := anna.answer(freeze, nil); !strings.Contains(got, "FROZEN") { // she wants it, too: so it stays
		t.Error(got)
	}
	if got := operator.answer(unfreezeBy, vars{"w": annas, "r": "checked"}); !strings.Contains(got, `"status":"FROZEN","frozenByOperator":false`) {
		t.Errorf("the owner's freeze went, too: %s", got)
	}
	if got := anna.answer(unfreeze, nil); !strings.Contains(got, `"challenge":{"id"`) {
		t.Errorf("the owner's own: %s", got)
	}
	ask[any](anna, `mutation($c: String!) { unfreezeAccount(input: {code: $c}) { userErrors { code } } }`, vars{"c": anna.newestCode("+79000000002")})
	operator.answer(freezeBy, vars{"w": annas, "r": "again"})
	if got := operator.answer(unfreezeBy, vars{"w": annas, "r": "checked"}); !strings.Contains(got, active) {
		t.Errorf("after one freeze: %s", got)
	}

	for what, code := range map[string]string{
		"freezes himself":       operator.faultCode(freezeBy, vars{"w": operators, "r": "x"}),
		"unfreezes himself":     operator.faultCode(unfreezeBy, vars{"w": operators, "r": "x"}),
		"ends his own sessions": operator.faultCode(endBy, vars{"w": operators, "r": "x"}),
		"unfreezes an operator": func() string {
			promote(t, dsn, annas, "now()")
			return operator.faultCode(unfreezeBy, vars{"w": annas, "r": "x"})
		}(),
		"issues into his wallet": operator.faultCode(issueFunds, vars{"w": walletOf(operator), "a": "1", "r": "x", "k": newKey()}),
	} {
		if code != "FORBIDDEN" {
			t.Errorf("an operator %s: %s", what, code)
		}
	}
	for v, want := range map[string]string{"123": "INVALID_WMID", "000000000002": "ACCOUNT_NOT_FOUND"} {
		if got := operator.answer(freezeBy, vars{"w": v, "r": "x"}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", v, got)
		}
	}
	if err := execOn(t, dsn, `UPDATE accounts SET operator_freeze = 'ALONE' WHERE wmid = $1`, annas); err == nil {
		t.Error("an active account is frozen by an operator")
	}
}

// walletOf opens a wallet of dollars.
func walletOf(c *client) string {
	c.t.Helper()
	return ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](c, `mutation { openWallet(input: {currency: "Z"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
}

func TestRow28AnOperatorEndsSessionsAndTheirSocketsCloseAtTheOtherServer(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	operator, first, second := one.client(t).operator(), two.client(t).boris(), two.client(t).boris()
	boriss := first.wmid()
	sessions := ask[foundAccount](operator, accountSearch, vars{"q": boriss, "r": "a report"}).AccountSearch.Account.Sessions
	if len(sessions) != 2 {
		t.Fatalf("signed in are %+v", sessions)
	}
	socket := second.listen(t, second.head())
	if got := operator.answer(endBy, vars{"w": boriss, "s": "nonsense", "r": "x"}); !strings.Contains(got, `"SESSION_NOT_FOUND"`) {
		t.Errorf("a session that is none: %s", got)
	}
	if got := operator.answer(endBy, vars{"w": boriss, "s": sessions[1].ID, "r": "one of them"}); !strings.Contains(got, sessions[1].ID) || strings.Contains(got, sessions[0].ID) {
		t.Errorf("one session: %s", got)
	}
	if got := operator.answer(endBy, vars{"w": boriss, "r": "all of them"}); !strings.Contains(got, sessions[0].ID) || strings.Contains(got, sessions[1].ID) {
		t.Errorf("the rest: %s", got)
	}
	signedOut(first)
	signedOut(second)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := socket.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("the socket ends with %v", err)
			}
			break
		}
	}
	if got := operator.answer(endBy, vars{"w": boriss, "r": "a repeat"}); !strings.Contains(got, `"sessionIds":[],"userErrors":[]`) {
		t.Errorf("a repeat: %s", got)
	}
	if told := two.client(t).newest("+79000000003").Text; !strings.Contains(told, "logged out") {
		t.Errorf("he is told %q", told)
	}
	if log := operator.answer(`query($s: String!) { operatorLog(subject: $s, action: SESSIONS_ENDED) { nodes { details reason } } }`, vars{"s": boriss}); strings.Count(log, `"details":"all"`) != 2 {
		t.Errorf("the log says %s", log)
	}
}
