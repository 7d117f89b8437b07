package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const (
	addContact = `mutation($to: RecipientInput!, $n: String!) { addContact(input: {recipient: $to, name: $n}) {
		contact { id name displayName wmid walletNumber createdAt lastTransferAt } userErrors { code message field } } }`
	removeContact = `mutation($i: ID!) { removeContact(input: {contactId: $i}) { account { wmid } userErrors { code } } }`
	renameContact = `mutation($i: ID!, $n: String!) { renameContact(input: {contactId: $i, name: $n}) { contact { name } userErrors { code } } }`
	setIncoming   = `mutation($p: IncomingPolicy!) { setIncomingPolicy(input: {policy: $p}) { account { incomingPolicy } userErrors { code } } }`
	listContacts  = `query($f: Int, $a: String, $l: Int, $b: String) { viewer { contacts(first: $f, after: $a, last: $l, before: $b) {
		nodes { id name displayName wmid walletNumber lastTransferAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
)

type contactNode struct {
	ID, Name, DisplayName, WMID  string
	WalletNumber, LastTransferAt *string
}

type contactsPage struct {
	Viewer struct {
		Contacts struct {
			Nodes    []contactNode
			PageInfo struct {
				HasNextPage, HasPreviousPage bool
				StartCursor, EndCursor       string
			}
		}
	}
}

func (c *client) remember(to vars, name string) contactNode {
	c.t.Helper()
	added := ask[struct {
		AddContact struct {
			Contact    *contactNode
			UserErrors []userError
		}
	}](c, addContact, vars{"to": to, "n": name}).AddContact
	if added.Contact == nil {
		c.t.Fatalf("no contact: %+v", added.UserErrors)
	}
	return *added.Contact
}

func TestPeopleAreRememberedUnderOnesOwnNames(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	boriss, borisZ := boris.wmid(), walletNumber(boris)

	byWMID := anna.remember(vars{"wmid": boriss}, "  The plumber ")
	if byWMID.Name != "The plumber" || byWMID.DisplayName != "Boris I." || byWMID.WMID != boriss || byWMID.WalletNumber != nil || byWMID.LastTransferAt != nil {
		t.Errorf("at first: %+v", byWMID)
	}
	byPhone := anna.remember(vars{"phone": "+7 900 000-00-03"}, "Boris from work")
	byWallet := anna.remember(vars{"walletNumber": borisZ}, "Boris")
	if byPhone.ID != byWMID.ID || byPhone.Name != "Boris from work" || byWallet.ID != byWMID.ID || byWallet.Name != "Boris" || *byWallet.WalletNumber != borisZ {
		t.Errorf("a repeat: %+v, %+v", byPhone, byWallet)
	}
	anna.send(walletNumber(anna), borisZ, "1", "+79000000002")
	listed := ask[contactsPage](anna, listContacts, vars{"f": 5}).Viewer.Contacts.Nodes
	if len(listed) != 1 || listed[0].DisplayName != "Boris Ivanov" || listed[0].LastTransferAt == nil || listed[0].ID != byWMID.ID {
		t.Errorf("after a payment: %+v", listed)
	}
	const node = `query($i: ID!) { node(id: $i) { ... on Contact { name } } }`
	if got := anna.answer(node, vars{"i": byWMID.ID}); !strings.Contains(got, `"Boris"`) {
		t.Errorf("by its id: %s", got)
	}
	for what, query := range map[string][2]string{"read": {node, `"node":null`}, "renamed": {renameContact, "CONTACT_NOT_FOUND"}, "removed": {removeContact, `"userErrors":[]`}} {
		if got := boris.answer(query[0], vars{"i": byWMID.ID, "n": "x"}); !strings.Contains(got, query[1]) {
			t.Errorf("somebody else's is %s: %s", what, got)
		}
	}
	if got := anna.answer(renameContact, vars{"i": byWMID.ID, "n": "Боря"}); !strings.Contains(got, `"Боря"`) {
		t.Errorf("renamed: %s", got)
	}
	for _, secret := range []string{"Боря", "plumber", "from work"} {
		if strings.Contains(string(dump(t, dsn)), secret) {
			t.Errorf("a copy of the database shows %q", secret)
		}
	}
	for range 2 { // a repeat does nothing
		if got := anna.answer(removeContact, vars{"i": byWMID.ID}); !strings.Contains(got, `"userErrors":[]`) {
			t.Errorf("removed: %s", got)
		}
	}
	if listed := ask[contactsPage](anna, listContacts, vars{"f": 5}).Viewer.Contacts.Nodes; len(listed) != 0 {
		t.Errorf("after that: %+v", listed)
	}
	suggested := anna.answer(`{ viewer { suggestedContacts { wmid displayName lastTransferAt } } }`, nil)
	if strings.Count(suggested, `"wmid"`) != 1 || !strings.Contains(suggested, boriss) || !strings.Contains(suggested, "Boris Ivanov") {
		t.Errorf("whom she has paid: %s", suggested)
	}
	anna.remember(vars{"wmid": boriss}, "Boris")
	if got := anna.answer(`{ viewer { suggestedContacts { wmid } } }`, nil); !strings.Contains(got, "[]") {
		t.Errorf("whom she knows already: %s", got)
	}
}

func TestAContactThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	boriss := boris.wmid()
	for what, refused := range map[string]struct {
		to         vars
		name, want string
	}{
		"oneself":               {vars{"wmid": anna.wmid()}, "Me", "That’s you"},
		"oneself by a wallet":   {vars{"walletNumber": walletNumber(anna)}, "Me", "That’s you"},
		"nobody":                {vars{"wmid": "000000000002"}, "N", "RECIPIENT_NOT_FOUND"},
		"a typing error":        {vars{"wmid": "123"}, "N", "INVALID_WMID"},
		"the system's wallet":   {vars{"walletNumber": "Z000000000019"}, "N", "RECIPIENT_NOT_FOUND"},
		"a phone that is none":  {vars{"phone": "12"}, "N", "INVALID_PHONE"},
		"a phone of nobody":     {vars{"phone": "+79990000000"}, "N", "RECIPIENT_NOT_FOUND"},
		"no name":               {vars{"wmid": boriss}, " ", "INVALID_INPUT"},
		"a name that is turned": {vars{"wmid": boriss}, "x\u202ey", "INVALID_INPUT"},
		"a name that is long":   {vars{"wmid": boriss}, strings.Repeat("я", 61), "60"},
	} {
		if got := anna.answer(addContact, vars{"to": refused.to, "n": refused.name}); !strings.Contains(got, refused.want) || !strings.Contains(got, `"contact":null`) {
			t.Errorf("%s: %s", what, got)
		}
	}
	if code := anna.faultCode(addContact, vars{"to": vars{"wmid": boriss, "phone": "+79000000003"}, "n": "x"}); code != "BAD_USER_INPUT" {
		t.Errorf("two at once: %s", code)
	}
	if code := anna.as("").faultCode(addContact, vars{"to": vars{"wmid": boriss}, "n": "x"}); code != "UNAUTHENTICATED" {
		t.Errorf("nobody: %s", code)
	}
	if code := anna.faultCode(listContacts, vars{"f": 101}); code != "BAD_USER_INPUT" {
		t.Errorf("a page too long: %s", code)
	}

	// The list is bounded, also for many that come at once.
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, phone_mac, email_mac, password_hash, security_answer_hash, created_at)
		SELECT md5('many' || g)::uuid, lpad((700000000000 + g)::text, 12, '0'), 'PERSON', 'ACTIVE', 'ALIAS', 'EN', decode(md5('p' || g), 'hex'), decode(md5('e' || g), 'hex'), '', '', now()
		FROM generate_series(1, 999) g`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO contacts (id, account_id, contact_id, name_sealed, created_at)
		SELECT md5('contact' || g)::uuid, (SELECT id FROM accounts WHERE wmid = $1), md5('many' || g)::uuid, '', now() FROM generate_series(1, 999) g`, anna.wmid()); err != nil {
		t.Fatal(err)
	}
	operator := s.client(t).operator().wmid()
	var running sync.WaitGroup
	answers := make([]string, 2)
	for i, wmid := range []string{boriss, operator} {
		running.Go(func() { answers[i] = anna.answer(addContact, vars{"to": vars{"wmid": wmid}, "n": "late"}) })
	}
	running.Wait()
	if both := answers[0] + answers[1]; strings.Count(both, "up to 1000 contacts") != 1 || strings.Count(both, `"userErrors":[]`) != 1 {
		t.Errorf("one more is %s", both)
	}
}

func TestContactsComeInPages(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	for i, wmid := range []string{s.client(t).boris().wmid(), s.client(t).operator().wmid()} {
		anna.remember(vars{"wmid": wmid}, fmt.Sprintf("no %d", i))
	}
	page := func(v vars) (name string, more bool, cursor string) {
		got := ask[contactsPage](anna, listContacts, v).Viewer.Contacts
		if len(got.Nodes) != 1 {
			t.Fatalf("%v: %+v", v, got)
		}
		return got.Nodes[0].Name, got.PageInfo.HasNextPage || got.PageInfo.HasPreviousPage, got.PageInfo.EndCursor
	}
	newest, more, cursor := page(vars{"f": 1})
	if newest != "no 1" || !more {
		t.Errorf("the first page: %s, %t", newest, more)
	}
	if oldest, more, _ := page(vars{"f": 1, "a": cursor}); oldest != "no 0" || more {
		t.Errorf("the next page: %s, %t", oldest, more)
	}
	oldest, more, cursor := page(vars{"l": 1})
	if oldest != "no 0" || !more {
		t.Errorf("the last page: %s, %t", oldest, more)
	}
	if newest, more, _ := page(vars{"l": 1, "b": cursor}); newest != "no 1" || more {
		t.Errorf("the one before: %s, %t", newest, more)
	}
	if code := anna.faultCode(listContacts, vars{"f": 1, "a": "nonsense"}); code != "BAD_USER_INPUT" {
		t.Errorf("a cursor that is none: %s", code)
	}
}

// TestContactsOnlyAgainstTransfersUnderWayHasOneOutcome sets the policy at one server, and takes a contact away, while money is sent at both: what
// came before it is there, and nothing after.
func TestContactsOnlyAgainstTransfersUnderWayHasOneOutcome(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	two := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna, boris := two[0].client(t).anna(), two[1].client(t).boris()
	boriss := boris.wmid()
	to, from := walletNumber(anna), walletNumber(boris)
	boris.allowWithoutCode("Z", "1000000", "+79000000003")
	send := func(at *server) string {
		r, err := boris.at(at).try(createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()})
		if err != nil || len(r.Errors) > 0 {
			t.Errorf("%+v, %v", r.Errors, err)
		}
		return codeOf(r)
	}
	var contact string
	for round := range 6 {
		var mu sync.Mutex
		var running sync.WaitGroup
		shut, passed := false, 0
		_, had := anna.wallet("Z")
		for i := range 40 {
			running.Go(func() {
				if i == 13 {
					query, v := setIncoming, vars{"p": "CONTACTS"}
					if contact != "" {
						query, v = removeContact, vars{"i": contact}
					}
					if got := anna.answer(query, v); !strings.Contains(got, `"userErrors":[]`) {
						t.Error(got)
					}
					mu.Lock()
					shut = true
					mu.Unlock()
					return
				}
				mu.Lock()
				late := shut
				mu.Unlock()
				switch code := send(two[i%2]); {
				case code == "" && late:
					t.Error("a transfer that began after the answer has passed")
				case code == "":
					mu.Lock()
					passed++
					mu.Unlock()
				case code != "RECIPIENT_REFUSES":
					t.Errorf("it is answered with %s", code)
				}
			})
		}
		running.Wait()
		for _, s := range two {
			if code := send(s); code != "RECIPIENT_REFUSES" {
				t.Errorf("round %d, after it: %q", round, code)
			}
		}
		if _, has := anna.wallet("Z"); cents(t, has)-cents(t, had) != int64(passed)*100 {
			t.Errorf("round %d: %d passed, she had %s and has %s", round, passed, had, has)
		}
		if contact = ""; round%2 == 0 {
			contact = anna.remember(vars{"wmid": boriss}, "Boris").ID
		} else if got := anna.answer(setIncoming, vars{"p": "EVERYONE"}); !strings.Contains(got, `"EVERYONE"`) {
			t.Error(got)
		}
		if code := send(two[1]); code != "" {
			t.Errorf("round %d, let in again: %s", round, code)
		}
	}
	check(t, dsn)
}

// TestContactsOnlyLetsInWhatIsOnesOwn also has money that waits for a code, a refund, own wallets, an operator, and a block beside it.
func TestContactsOnlyLetsInWhatIsOnesOwn(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris, operator := s.client(t).anna(), s.client(t).boris(), s.client(t).operator()
	to, from := walletNumber(anna), walletNumber(boris)
	anna.send(to, from, "30", "+79000000002")
	paid := ask[struct {
		Viewer struct {
			Transfers struct{ Nodes []struct{ ID string } }
		}
	}](boris, `{ viewer { transfers(first: 1) { nodes { id } } } }`, nil).Viewer.Transfers.Nodes[0].ID
	waiting := ask[created](boris, createTransfer, vars{"from": from, "to": to, "amount": "2", "key": newKey()}).CreateTransfer.Transfer.ID
	code := boris.newestCode("+79000000003")
	for range 2 { // a repeat does nothing
		if got := anna.answer(setIncoming, vars{"p": "CONTACTS"}); !strings.Contains(got, `"incomingPolicy":"CONTACTS"`) {
			t.Fatal(got)
		}
	}
	for what, got := range map[string]string{
		"a quote":                  boris.answer(quoteTransfer, vars{"from": from, "to": to}),
		"a wallet opened since":    boris.answer(quoteTransfer, vars{"from": from, "to": walletOf(anna)}),
		"what waited for its code": boris.answer(confirmTransfer, vars{"id": waiting, "code": code}),
	} {
		if !strings.Contains(got, `"RECIPIENT_REFUSES"`) || !strings.Contains(got, "accept transfers from you") {
			t.Errorf("%s is answered with %s", what, got)
		}
	}
	if got := boris.answer(`mutation($i: ID!, $k: UUID!) { refundTransfer(input: {transferId: $i, amount: "1", idempotencyKey: $k}) { transfer { status } userErrors { code } } }`,
		vars{"i": paid, "k": newKey()}); !strings.Contains(got, `"COMPLETED"`) {
		t.Errorf("a refund: %s", got)
	}
	if got := operator.answer(issueFunds, vars{"w": to, "a": "10", "r": "test", "k": newKey()}); !strings.Contains(got, `"userErrors":[]`) {
		t.Errorf("an operator: %s", got)
	}
	if got := anna.answer(createTransfer, vars{"from": to, "to": walletOf(anna), "amount": "1", "key": newKey()}); !strings.Contains(got, `"COMPLETED"`) {
		t.Errorf("between own wallets: %s", got)
	}
	boriss := boris.wmid()
	anna.remember(vars{"wmid": boriss}, "Boris")
	quoted := func() string { return boris.answer(quoteTransfer, vars{"from": from, "to": to}) }
	if got := quoted(); strings.Contains(got, "RECIPIENT_REFUSES") {
		t.Errorf("a contact: %s", got)
	}
	anna.answer(blockAccount, vars{"w": boriss})
	if got := quoted(); !strings.Contains(got, "RECIPIENT_REFUSES") {
		t.Errorf("a contact who is blocked: %s", got)
	}
	anna.answer(unblockAccount, vars{"w": boriss}) // which leaves the policy alone
	if got := operator.answer(quoteTransfer, vars{"from": walletOf(operator), "to": to}); !strings.Contains(got, "RECIPIENT_REFUSES") {
		t.Errorf("who is no contact, after the last block is gone: %s", got)
	}
	check(t, dsn)
}
