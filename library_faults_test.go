package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/resolvers"
)

var (
	faultRow  = regexp.MustCompile(`(?m)^\| (\d+) \|.*\|([^|]*)\|\n`)
	faultTest = regexp.MustCompile("`(Test\\w+)`")
	testName  = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// TestEveryFaultOfTheLibraryHasItsTest holds the table of docs/gqlgen.md against the tests there are: 22 rows, each with a test of its number, and no test
// that is not in the table.
func TestEveryFaultOfTheLibraryHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/gqlgen.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	files, _ := filepath.Glob("*_test.go")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range testName.FindAllStringSubmatch(string(text), -1) {
			written[found[1]] = true
		}
	}
	rows := faultRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != 22 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	told := map[string]bool{}
	for i, row := range rows {
		number := "TestFault" + row[1]
		if i < 9 {
			number = "TestFault0" + row[1]
		}
		if row[1] != strconv.Itoa(i+1) || !strings.Contains(row[2], number) {
			t.Errorf("row %d has no test of its number: %s", i+1, row[0])
		}
		for _, named := range faultTest.FindAllStringSubmatch(row[2], -1) {
			if told[named[1]] = true; !written[named[1]] {
				t.Errorf("row %d names %s, which there is not", i+1, named[1])
			}
		}
	}
	for name := range written {
		if strings.HasPrefix(name, "TestFault") && !told[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func TestFault02ABodyThatCannotBeReadIsRepeatedNowhere(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "LOG_LEVEL=debug")
	c := s.client(t)
	for _, body := range []string{`{"query":"{viewer{wmid}}","password":"hunter2"`, `{"query":7,"password":"hunter2"}`, `"hunter2"`, `hunter2`, "{\"query\":\"hunter2\xff"} {
		for _, accept := range []string{asJSON, "text/event-stream", "multipart/mixed", "application/graphql-response+json"} {
			status, _, text := c.raw("POST", "/graphql", body, "Content-Type", asJSON, "Accept", accept)
			if status != http.StatusBadRequest || strings.Contains(text, "hunter2") || !strings.Contains(text, `"BAD_USER_INPUT"`) {
				t.Errorf("%q, %s: %d %s", body, accept, status, text)
			}
		}
	}
	if status, _, text := c.raw("GET", "/graphql?query=%7Bviewer%7Bwmid%7D%7D&variables=%7Bhunter2", ""); status != http.StatusBadRequest || strings.Contains(text, "hunter2") {
		t.Errorf("by GET: %d %s", status, text)
	}
	if strings.Contains(s.log.String(), "hunter2") {
		t.Error("the log repeats a body")
	}
}

func TestFault03ALargeBodyIsRefusedWithItsStatus(t *testing.T) {
	t.Parallel()
	c := startServer(t, withDemo(t)).client(t)
	for what, body := range map[string]func() io.Reader{ // a new one each time: the client may be reading the last one still
		"with its length": func() io.Reader { return strings.NewReader(`{"query":"` + strings.Repeat("x", 50<<20) + `"}`) },
		"in pieces": func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"query":"`), strings.NewReader(strings.Repeat("x", 50<<20)))
		},
	} {
		for _, accept := range []string{asJSON, "text/event-stream"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/graphql", body())
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", asJSON)
			request.Header.Set("Accept", accept)
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			text, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), `"BAD_USER_INPUT"`) {
				t.Errorf("%s, %s: %d %s", what, accept, response.StatusCode, text)
			}
		}
	}
}

func TestFault06TooCostlyIsAMistakeOfTheDocument(t *testing.T) {
	t.Parallel()
	c := startServer(t, withDemo(t)).client(t)
	const costly = `{"query":"{viewer{transfers(first:100){nodes{from{wallet{entries(first:100){nodes{id}}}}}}}}"}`
	for accept, want := range map[string]int{asJSON: 200, "application/graphql-response+json": 400} {
		status, _, text := c.raw("POST", "/graphql", costly, "Content-Type", asJSON, "Accept", accept)
		if status != want || !strings.Contains(text, `"COMPLEXITY_LIMIT_EXCEEDED"`) || strings.Contains(text, `"data"`) {
			t.Errorf("%s: %d %s", accept, status, text)
		}
	}
	// A cost that is remembered is not that of other variables.
	const page = `"query":"query($n: Int) {viewer{transfers(first:100){nodes{from{wallet{entries(first:$n){nodes{id}}}}}}}}"}`
	for _, first := range []string{"1", "100", "1", "100"} {
		_, _, text := c.raw("POST", "/graphql", `{"variables":{"n":`+first+`},`+page, "Content-Type", asJSON)
		if refused := strings.Contains(text, `"COMPLEXITY_LIMIT_EXCEEDED"`); refused != (first == "100") {
			t.Errorf("first: %s: %s", first, text)
		}
	}
}

// TestMutationsWeighTheSameWhateverTheirInput is what the memory of costs relies on.
func TestMutationsWeighTheSameWhateverTheirInput(t *testing.T) {
	t.Parallel()
	weights := reflect.ValueOf(resolvers.Complexity().Mutation)
	for i := range weights.NumField() {
		if !weights.Field(i).IsNil() {
			t.Errorf("%s weighs itself", weights.Type().Field(i).Name)
		}
	}
}

func TestFault07APageBelowOneWeighsLikeTheLargestAndIsRefused(t *testing.T) {
	t.Parallel()
	anna := startServer(t, withDemo(t)).client(t).anna()
	cost := regexp.MustCompile(`"requested":(\d+)`)
	weigh := func(first string) (weight string) {
		_, _, text := anna.raw("POST", "/graphql", `{"query":"{viewer{transfers(first:`+first+`){nodes{id}}}}"}`, "Content-Type", asJSON, "Authorization", "Bearer "+anna.token)
		if found := cost.FindStringSubmatch(text); found != nil {
			weight = found[1]
		}
		if refused := strings.Contains(text, `"errors"`); refused != (first != "100") {
			t.Errorf("first: %s: %s", first, text)
		}
		return weight
	}
	most := weigh("100")
	for _, first := range []string{"-60", "0", "-2147483648", "101"} {
		if got := weigh(first); got != most || most == "" {
			t.Errorf("first: %s weighs %s, the largest page %s", first, got, most)
		}
	}
}

func TestFault08ARefusedRequestHasNoDataAndABadTokenIs401(t *testing.T) {
	t.Parallel()
	c := startServer(t, withDemo(t)).client(t)
	for body, want := range map[string]int{`{"query":"{nothing}"}`: 200, `{"query":"{"}`: 200, `{"query":"query($a:Int!){node(id:\"x\"){id}}","variables":{"a":"b"}}`: 200, `{"query":""}`: 400} {
		status, _, text := c.raw("POST", "/graphql", body, "Content-Type", asJSON, "Accept", asJSON)
		if status != want || strings.Contains(text, `"data"`) || !strings.Contains(text, `"errors"`) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, header, text := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Authorization", "Bearer a.b.c"); status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
		t.Errorf("a bad token: %d %s", status, text)
	}
}

func TestFault09ProductionDoesNotGuessWhatWasMeant(t *testing.T) {
	t.Parallel()
	production, _ := front(t, func(c *config.Config) { c.AppEnv = config.Production })
	development, _ := front(t, nil)
	for what, query := range map[string]string{
		"a field":             `{viwer{wmid}}`,
		"an argument":         `{viewer{transfers(frst:1){nodes{id}}}}`,
		"a type":              `{viewer{...on Acount{wmid}}}`,
		"a selection":         `{viewer}`,
		"a field of an input": `mutation{openWallet(input:{curency:\"Z\"}){wallet{id}}}`,
	} {
		_, _, quiet := production.raw("POST", "/graphql", `{"query":"`+query+`"}`, "Content-Type", asJSON)
		_, _, helpful := development.raw("POST", "/graphql", `{"query":"`+query+`"}`, "Content-Type", asJSON)
		if strings.Contains(quiet, "Did you mean") || !strings.Contains(quiet, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %s", what, quiet)
		}
		if what != "a type" && !strings.Contains(helpful, "Did you mean") { // the library's walk ends before it would guess a type
			t.Errorf("%s has no help in development: %s", what, helpful)
		}
	}
}

func TestFault17ASubscriptionByPostIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	anna := startServer(t, withDemo(t)).client(t).anna()
	for _, accept := range []string{asJSON, "application/graphql-response+json", "multipart/mixed"} {
		_, _, text := anna.raw("POST", "/graphql", `{"query":"subscription{transferReceived{cursor}}"}`, "Content-Type", asJSON, "Accept", accept, "Authorization", "Bearer "+anna.token)
		if !strings.Contains(text, `"BAD_USER_INPUT"`) {
			t.Errorf("%s: %s", accept, text)
		}
	}
}

// TestFault18ViewsAreNoRows reads that no type of the API is bound to a row, and asks for nodes by their ids: each is of the type it was.
func TestFault18ViewsAreNoRows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("gqlgen.yml")
	if err != nil {
		t.Fatal(err)
	}
	if settings := string(text); !strings.Contains(settings, "\nautobind: []\n") || regexp.MustCompile(`model: \[[^\]]*purser/models`).MatchString(settings) {
		t.Error("a type of the API is bound to a row")
	}
	anna := startServer(t, withDemo(t)).client(t).anna()
	data := ask[struct {
		Viewer struct {
			ID      string
			Wallets []struct{ ID string }
		}
	}](anna, `{ viewer { id wallets { id } } }`, nil)
	for kind, id := range map[string]string{"Account": data.Viewer.ID, "Wallet": data.Viewer.Wallets[0].ID} {
		node := ask[struct {
			Node struct {
				Typename string `json:"__typename"`
				ID       string
			}
		}](anna, `query($id: ID!) { node(id: $id) { __typename id } }`, vars{"id": id})
		if node.Node.Typename != kind || node.Node.ID != id {
			t.Errorf("the node of %s is %+v", kind, node.Node)
		}
	}
}

func TestFault19MoneyIsTextAndAboveZero(t *testing.T) {
	t.Parallel()
	anna := startServer(t, withDemo(t)).client(t).anna()
	from, before := anna.wallet("Z")
	to := ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](anna, `mutation { openWallet(input: {currency: "Z", name: "second"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
	for _, amount := range []string{`5`, `-5`, `1.5`, `9007199254740993`, `true`, `["1"]`, `"-5"`, `"+5"`, `"0"`, `"1e3"`, `"0x1"`, `"1.001"`, `"NaN"`, `"９"`, `"9223372036854775808"`, `""`} {
		body := `{"query":"mutation($a:Decimal!){createTransfer(input:{from:\"` + from + `\",to:{walletNumber:\"` + to +
			`\"},amount:$a,idempotencyKey:\"00000000-0000-4000-8000-00000000000a\"}){transfer{id} userErrors{code}}}","variables":{"a":` + amount + `}}`
		_, _, text := anna.raw("POST", "/graphql", body, "Content-Type", asJSON, "Authorization", "Bearer "+anna.token)
		if !strings.Contains(text, `"BAD_USER_INPUT"`) && !strings.Contains(text, `"INVALID_AMOUNT"`) && !strings.Contains(text, `"AMOUNT_TOO`) {
			t.Errorf("%s: %s", amount, text)
		}
	}
	if _, after := anna.wallet("Z"); after != before || !strings.Contains(before, ".") {
		t.Errorf("the balance was %q and is %q", before, after)
	}
}

func TestFault21AMutationStandsAlone(t *testing.T) {
	t.Parallel()
	anna := startServer(t, withDemo(t)).client(t).anna()
	for _, query := range []string{
		`mutation { a: openWallet(input: {currency: "Z", name: "one"}) { wallet { id } } b: openWallet(input: {currency: "Z", name: "two"}) { wallet { id } } }`,
		`mutation { ...F ...G } fragment F on Mutation { a: logOut { sessionId } } fragment G on Mutation { b: logOut { sessionId } }`,
		`mutation { ... on Mutation { a: logOut { sessionId } ... on Mutation { b: logOut { sessionId } } } }`,
	} {
		if r, err := anna.try(query, nil); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
			t.Errorf("%s: %+v, %v", query, r, err)
		}
	}
	r, err := anna.try(`{ viewer { wallets { name } } }`, nil) // nobody was signed out, nothing was opened
	if err != nil || len(r.Errors) > 0 || strings.Contains(string(r.Data), `"one"`) || strings.Contains(string(r.Data), `"two"`) || !strings.Contains(string(r.Data), `"wallets":[{`) {
		t.Errorf("%s %+v, %v", r.Data, r.Errors, err)
	}
}

func TestFault22OnlyQueriesByGetAndNothingThatAFormCanSend(t *testing.T) {
	t.Parallel()
	anna := startServer(t, withDemo(t)).client(t).anna()
	token := "Bearer " + anna.token
	if status, _, text := anna.raw("GET", "/graphql?query=%7Bviewer%7Bwmid%7D%7D", "", "Authorization", token); status != http.StatusOK || !strings.Contains(text, `"wmid":"`) {
		t.Errorf("a query by GET: %d %s", status, text)
	}
	if status, header, text := anna.raw("GET", "/graphql?query=mutation%7BlogOut%7BsessionId%7D%7D", "", "Authorization", token); status != http.StatusMethodNotAllowed || header.Get("Allow") != "POST" {
		t.Errorf("a mutation by GET: %d %s", status, text)
	}
	const out = `{"query":"mutation{logOut{sessionId}}"}`
	for what, try := range map[string]struct {
		contentType, body string
		status            int
	}{
		"plain text": {"text/plain", out, 415}, "no type": {"", out, 415}, "a form": {"application/x-www-form-urlencoded", "query=mutation%7BlogOut%7BsessionId%7D%7D", 415},
		"an upload":  {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + out + "\r\n--x--\r\n", 415},
		"a document": {"application/graphql", "mutation{logOut{sessionId}}", 415}, "a batch": {asJSON, "[" + out + "," + out + "]", 400},
	} {
		if status, _, text := anna.raw("POST", "/graphql", try.body, "Content-Type", try.contentType, "Authorization", token); status != try.status {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	if r, err := anna.try(`{ viewer { wmid } }`, nil); err != nil || len(r.Errors) > 0 || string(r.Data) == `{"viewer":null}` {
		t.Errorf("somebody was signed out: %s, %v", r.Data, err)
	}
}
