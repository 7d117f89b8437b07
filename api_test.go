package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purser/graph/model"
	"purser/internal/config"
	"purser/internal/fault"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// front is the front door inside the test, with its log.
func front(t *testing.T, change func(*config.Config)) (*client, *syncBuffer) {
	t.Helper()
	return frontOn(t, pgtest.New(t), change)
}

func frontOn(t *testing.T, db *postgres.DB, change func(*config.Config)) (*client, *syncBuffer) {
	t.Helper()
	c, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&c)
	}
	log := &syncBuffer{}
	all, err := build(t.Context(), c, db, slog.New(slog.NewTextHandler(log, nil)), "https://purser.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(all.api.Handler())
	t.Cleanup(web.Close)
	return &client{t: t, url: web.URL}, log
}

// raw sends a request as it is.
func (c *client) raw(method, path, body string, headers ...string) (status int, header http.Header, text string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.(*testing.T).Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.told != nil && len(body) < 1<<16 {
		c.told.asked(body, nil)
		c.told.answered(content)
	}
	return response.StatusCode, response.Header, string(content)
}

const asJSON = "application/json"

func TestHostileRequestsAreAnsweredBriefly(t *testing.T) {
	t.Parallel()
	c, log := front(t, nil)
	deep := strings.Repeat("{a", 1500) + strings.Repeat("}", 1500)
	wide := "{" + strings.Repeat("__typename ", 3000) + "}"
	costly := `{viewer{transfers(first:100){nodes{from{wallet{entries(first:100){nodes{id}}}}}}}}`

	for name, try := range map[string]struct {
		method, contentType, body string
		status                    int
		code                      string
	}{
		"a body of 50 MB":                 {"POST", asJSON, `{"query":"` + strings.Repeat("x", 50<<20) + `"}`, 413, "BAD_USER_INPUT"},
		"JSON that is none":               {"POST", asJSON, `{"query":"{viewer{wmid}}","password":"hunter2"`, 400, "BAD_USER_INPUT"},
		"JSON of another shape":           {"POST", asJSON, `{"query":5,"password":"hunter2"}`, 400, "BAD_USER_INPUT"},
		"a batch":                         {"POST", asJSON, `[{"query":"{viewer{wmid}}"}]`, 400, "BAD_USER_INPUT"},
		"nesting without end":             {"POST", asJSON, `{"query":"` + deep + `"}`, 200, "GRAPHQL_PARSE_FAILED"},
		"too many tokens":                 {"POST", asJSON, `{"query":"` + wide + `"}`, 200, "GRAPHQL_PARSE_FAILED"},
		"a costly list of lists":          {"POST", asJSON, `{"query":"` + costly + `"}`, 200, "COMPLEXITY_LIMIT_EXCEEDED"},
		"fragments without end":           {"POST", asJSON, `{"query":"` + bomb(60) + `"}`, 200, "BAD_USER_INPUT"},
		"too many aliases":                {"POST", asJSON, `{"query":"{` + manyAliases(16) + `}"}`, 200, "BAD_USER_INPUT"},
		"deep lists":                      {"POST", asJSON, `{"query":"{viewer{transfers{nodes` + strings.Repeat("{from{wallet{entries{nodes{transfer", 3) + "{id" + strings.Repeat("}}}}}", 3) + `}}}}"}`, 200, "BAD_USER_INPUT"},
		"a broken body in capitals":       {"POST", "Application/JSON", `{"query":"{viewer{wmid}}","password":"hunter2"`, 400, "BAD_USER_INPUT"},
		"a page below one":                {"POST", asJSON, `{"query":"{viewer{transfers(first:-60){nodes{id}}}}"}`, 200, ""},
		"a field that is not there":       {"POST", asJSON, `{"query":"{nothing}"}`, 200, "GRAPHQL_VALIDATION_FAILED"},
		"two mutations":                   {"POST", asJSON, `{"query":"mutation{a:logOut{sessionId} b:logOut{sessionId}}"}`, 200, "BAD_USER_INPUT"},
		"two mutations in fragments":      {"POST", asJSON, `{"query":"mutation{...F ...F2} fragment F on Mutation{a:logOut{sessionId}} fragment F2 on Mutation{b:logOut{sessionId}}"}`, 200, "BAD_USER_INPUT"},
		"a subscription by POST":          {"POST", asJSON, `{"query":"subscription{transferReceived{cursor}}"}`, 200, "BAD_USER_INPUT"},
		"a number for a string":           {"POST", asJSON, `{"query":"mutation($p:PhoneNumber!){startRegistration(input:{phone:$p}){userErrors{code}}}","variables":{"p":79001112233}}`, 200, "BAD_USER_INPUT"},
		"a literal number for an amount":  {"POST", asJSON, `{"query":"mutation{issueFunds(input:{walletNumber:\"Z\",amount:12,reference:\"r\",idempotencyKey:\"00000000-0000-4000-8000-000000000000\"}){replayed}}"}`, 200, "BAD_USER_INPUT"},
		"a key that is no UUID":           {"POST", asJSON, `{"query":"{viewer{transferByIdempotencyKey(key:\"x\"){id}}}"}`, 200, ""},
		"a form from another site":        {"POST", "text/plain", `{"query":"{viewer{wmid}}"}`, 415, "BAD_USER_INPUT"},
		"a mutation by GET":               {"GET", "", "?query=mutation%7BlogOut%7BsessionId%7D%7D", 405, "BAD_USER_INPUT"},
		"an upload":                       {"POST", "multipart/form-data; boundary=x", "--x--", 415, "BAD_USER_INPUT"},
		"NUL in what goes to no database": {"POST", asJSON, `{"query":"mutation{startRegistration(input:{phone:\"\u0000\"}){userErrors{code}}}"}`, 200, ""},
	} {
		path, body := "/graphql", try.body
		if try.method == "GET" {
			path, body = path+body, ""
		}
		status, _, text := c.raw(try.method, path, body, "Content-Type", try.contentType, "Accept", asJSON)
		if status != try.status || (try.code != "" && !strings.Contains(text, `"`+try.code+`"`)) {
			t.Errorf("%s: %d %.300s; want %d %s", name, status, text, try.status, try.code)
		}
		if strings.Contains(text, "hunter2") || len(text) > 4096 {
			t.Errorf("%s: the answer repeats the request: %.200s", name, text)
		}
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Error("the log repeats a request")
	}
}

// bomb is a document of a few hundred bytes in which each fragment spreads the next one twice.
func bomb(levels int) string {
	document := "query{...f0}"
	for i := range levels {
		document += fmt.Sprintf(" fragment f%d on Query{...f%d ...f%d}", i, i+1, i+1)
	}
	return document + fmt.Sprintf(" fragment f%d on Query{__typename}", levels)
}

func manyAliases(n int) (fields string) {
	for i := range n {
		fields += fmt.Sprintf("a%d:currencies{letter} ", i)
	}
	return fields
}

func TestAPlainRequestMayOfferAnotherProtocol(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	status, _, text := c.raw("POST", "/graphql", `{"query":"{viewer{wmid}}"}`, "Content-Type", asJSON, "Upgrade", "h2c", "Connection", "Upgrade, HTTP2-Settings")
	if status != http.StatusOK || !strings.Contains(text, `"viewer":null`) {
		t.Errorf("%d %s", status, text)
	}
}

func TestAnUpgradeOpensNoWayAroundTheLimits(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	disguise := []string{"Content-Type", asJSON, "Accept", "text/event-stream", "Upgrade", "websocket", "Connection", "Upgrade",
		"Sec-WebSocket-Protocol", "graphql-transport-ws", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	if status, _, text := c.raw("POST", "/graphql", `{"query":"`+strings.Repeat("x", 1<<20)+`"}`, disguise...); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d %.200s", status, text)
	}
	_, header, text := c.raw("POST", "/graphql", `{"query":"subscription{transferReceived{cursor}}"}`, disguise...)
	if !strings.HasPrefix(header.Get("Content-Type"), "text/event-stream") || !strings.Contains(text, "UNAUTHENTICATED") {
		t.Errorf("a stream of nobody: %v %.300s", header, text)
	}
}

func TestFault01OneOfHoldsForVariables(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	const query = `mutation($to: RecipientInput!) { createTransfer(input: {from: "Z", to: $to, amount: "1", idempotencyKey: "00000000-0000-4000-8000-000000000000"}) { replayed } }`
	for name, to := range map[string]vars{
		"two": {"wmid": "1", "phone": "2"}, "none": {}, "null": {"wmid": nil}, "one and a null": {"wmid": "1", "phone": nil},
	} {
		if r, err := c.try(query, vars{"to": to}); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
			t.Errorf("%s: %+v, %v", name, r.Errors, err)
		}
	}
	if r, err := c.try(query, vars{"to": vars{"wmid": "1"}}); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("exactly one: %+v, %v", r.Errors, err)
	}
}

func TestABadTokenIsNeverNobody(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for _, value := range []string{"Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense"} {
		for _, accept := range []string{asJSON, "text/event-stream", "application/graphql-response+json"} {
			status, header, text := c.raw("POST", "/graphql", `{"query":"{viewer{wmid}}"}`, "Content-Type", asJSON, "Accept", accept, "Authorization", value)
			if status != http.StatusUnauthorized || !strings.Contains(text, "UNAUTHENTICATED") || header.Get("X-Request-Id") == "" {
				t.Errorf("%q, %s: %d %s", value, accept, status, text)
			}
		}
	}
	if r, err := c.try(`{ viewer { wmid } }`, nil); err != nil || string(r.Data) != `{"viewer":null}` {
		t.Errorf("no token: %s, %v", r.Data, err)
	}
}

func TestStatusesFollowTheSpecification(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for accept, want := range map[string]int{asJSON: 200, "application/graphql-response+json": 400} {
		status, header, text := c.raw("POST", "/graphql", `{"query":"{nothing}"}`, "Content-Type", asJSON, "Accept", accept)
		if status != want || !strings.HasPrefix(header.Get("Content-Type"), accept) {
			t.Errorf("%s: %d, %s: %s", accept, status, header.Get("Content-Type"), text)
		}
	}
}

// TestWhatIsRefusedBeforeItRunsHasTheStatusOfAMistake and says what it cost, and what is left.
func TestWhatIsRefusedBeforeItRunsHasTheStatusOfAMistake(t *testing.T) {
	t.Parallel()
	c, log := front(t, func(c *config.Config) { c.RequestsPerAddress, c.Introspection = 1000, "off" })
	const type64 = "viewer{transfers(first:100){nodes{from{walletNumber} to{walletNumber} amount{amount} fee{amount} total{amount}}}}"
	for what, request := range map[string]struct{ body, code, cost string }{
		"two mutations":            {`{"query":"mutation { a: logOut {userErrors{code}} b: logOut {userErrors{code}} }"}`, "BAD_USER_INPUT", `"cost":{"requests":{"limit":1000`},
		"a subscription":           {`{"query":"subscription { accountEvents { cursor } }"}`, "BAD_USER_INPUT", `"cost":{"requests":{`},
		"a hash of something else": {`{"query":"{currencies{letter}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, `"errors":`, `"cost":{"requests":{`},
		"an unknown hash":          {`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, "PERSISTED_QUERY_NOT_FOUND", `"cost":{"requests":{`},
		"too costly":               {`{"query":"{a:` + type64 + ` b:` + type64 + ` c:` + type64 + `}"}`, "COMPLEXITY_LIMIT_EXCEEDED", `"maximum":2000,"requests":{`},
		"the schema, hidden":       {`{"query":"{ ...f } fragment f on Query { __schema { types { name } } }"}`, "BAD_USER_INPUT", `"cost":{"requests":{`},
	} {
		status, _, text := c.raw("POST", "/graphql", request.body, "Content-Type", asJSON, "Accept", "application/graphql-response+json")
		if status != http.StatusBadRequest || !strings.Contains(text, request.code) || !strings.Contains(text, request.cost) || strings.Contains(text, `"data"`) || strings.Contains(text, "INTERNAL") {
			t.Errorf("%s: %d %s", what, status, text)
		}
		if status, _, _ := c.raw("POST", "/graphql", request.body, "Content-Type", asJSON); status != http.StatusOK {
			t.Errorf("%s, as application/json: %d", what, status)
		}
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("mistakes of others are logged as ours: %s", log)
	}
}

func TestWhatIsNotWantedIsNotSent(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	_, header, _ := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Accept", "application/json;q=0, application/graphql-response+json")
	if kind := header.Get("Content-Type"); kind != "application/graphql-response+json" {
		t.Errorf("the answer is %s", kind)
	}
	if status, _, text := c.raw("POST", "/graphql", letters, "Content-Type", "text/plain", "Accept", "text/event-stream"); status != http.StatusUnsupportedMediaType || !strings.Contains(text, "BAD_USER_INPUT") {
		t.Errorf("plain text, for a stream: %d %s", status, text)
	}
	if status, _, _ := c.raw("GET", "/graphql?query=%7Bcurrencies%7Bletter%7D%7D&variables=%7B%7D+more", ""); status != http.StatusBadRequest {
		t.Errorf("something behind the variables: %d", status)
	}
	status, _, _ := c.raw("GET", "/graphql", "", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Protocol", "graphql-transport-ws-x")
	if status != http.StatusBadRequest {
		t.Errorf("a protocol that begins like ours: %d", status)
	}
}

// TestASubscriptionHasOneRootField, counted as it would run.
func TestASubscriptionHasOneRootField(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	for what, query := range map[string]string{
		"two":         `subscription { accountEvents { cursor } b: accountEvents { cursor } }`,
		"in fragment": `subscription { ...f b: accountEvents { cursor } } fragment f on Subscription { accountEvents { cursor } }`,
		"none":        `subscription { accountEvents @skip(if: true) { cursor } }`,
		"its type":    `subscription { __typename }`,
	} {
		if _, first := anna.stream(t, "", query); !strings.Contains(first, "BAD_USER_INPUT") && !strings.Contains(first, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %s", what, first)
		}
	}
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("mistakes of others are logged as ours")
	}
}

func TestMessagesFollowTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for language, want := range map[string]string{"ru-RU,ru;q=0.9": "Проверьте номер", "en": "Check the number", "": "Check the number"} {
		_, _, text := c.raw("POST", "/graphql", `{"query":"mutation{startRegistration(input:{phone:\"x\"}){userErrors{code message field}}}"}`,
			"Content-Type", asJSON, "Accept-Language", language)
		if !strings.Contains(text, want) || !strings.Contains(text, `"INVALID_PHONE"`) || !strings.Contains(text, `["phone"]`) {
			t.Errorf("%q: %s", language, text)
		}
	}
}

func TestProductionShowsNoWorkshop(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.AppEnv = config.Production })
	for _, path := range []string{"/dev/inbox", "/dev/inbox.json", "/playground", "/playground/"} {
		if status, _, _ := c.raw("GET", path, ""); status != http.StatusNotFound {
			t.Errorf("%s is answered with %d", path, status)
		}
	}
	if r, err := c.try(`{ __schema { types { name } } }`, nil); err != nil || len(r.Errors) == 0 {
		t.Errorf("introspection: %s, %v", r.Data, err)
	}
	if status, _, _ := c.raw("GET", "/verify-email", ""); status != http.StatusOK {
		t.Errorf("the page behind the letter's link: %d", status)
	}
	if status, _, _ := c.raw("GET", "/", ""); status != http.StatusOK {
		t.Errorf("the web app: %d", status)
	}
}

func TestProductionShowsItsWorkshopWhenToldTo(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.AppEnv, c.Introspection, c.Playground = config.Production, "on", "on" })
	if r, err := c.try(`{ __schema { queryType { name } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"Query"`) {
		t.Errorf("introspection: %s, %v", r.Data, err)
	}
	if status, _, _ := c.raw("GET", "/playground/", ""); status != http.StatusOK {
		t.Errorf("the playground: %d", status)
	}
	if status, _, _ := c.raw("GET", "/dev/inbox.json", ""); status != http.StatusNotFound {
		t.Errorf("other people's messages are shown: %d", status)
	}
	laptop, _ := front(t, func(c *config.Config) { c.Introspection, c.Playground = "off", "off" })
	if status, _, _ := laptop.raw("GET", "/playground/", ""); status != http.StatusNotFound {
		t.Errorf("the playground that was turned off: %d", status)
	}
}

func TestPlainPages(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for path, want := range map[string]string{
		"/healthz": `"ok"`, "/readyz": `"ready"`, "/metrics": "purser_db_connections_max", "/.well-known/jwks.json": `"crv":"Ed25519"`,
		"/dev/inbox": "<html", "/dev/inbox.json": "[]", "/dev/inbox.json?to=%2B7900": "[]", "/verify-email": "<html",
		"/recover": "<html", "/pay": "<html", "/cancel-recovery": "<html", "/data-export": "<html",
	} {
		status, header, text := c.raw("GET", path, "")
		if status != http.StatusOK || !strings.Contains(text, want) || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %d %v %.200s", path, status, header, text)
		}
	}
	if status, _, text := c.raw("GET", "/dev/inbox.json?to=%00", ""); status != http.StatusBadRequest {
		t.Errorf("NUL as recipient: %d %s", status, text)
	}
	if _, header, _ := c.raw("GET", "/verify-email", ""); !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page has no policy: %v", header)
	}
	if _, header, _ := c.raw("OPTIONS", "/graphql", "", "Origin", "https://evil.test", "Access-Control-Request-Method", "POST"); header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign origin is let in: %v", header)
	}
}

func TestForeignOriginsAreLetInOnlyWhenConfigured(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.CORSOrigins = []string{"https://app.test"} })
	for origin, want := range map[string]string{"https://app.test": "https://app.test", "https://evil.test": ""} {
		_, header, _ := c.raw("OPTIONS", "/graphql", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		if header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s: %v", origin, header)
		}
	}
}

func TestFault04AFaultOfOursShowsAReferenceAndNothingElse(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c, log := frontOn(t, db, nil)
	if _, err := db.Pool.Exec(t.Context(), `DROP TABLE registrations`); err != nil {
		t.Fatal(err)
	}
	_, header, text := c.raw("POST", "/graphql", `{"query":"{registration(token:\"secret-token\"){token}}"}`, "Content-Type", asJSON)
	reference := header.Get("X-Request-Id")
	if !strings.Contains(text, `"code":"INTERNAL"`) || !strings.Contains(text, `"reference":"`+reference+`"`) || strings.Contains(text, "registrations") {
		t.Errorf("the answer is %s", text)
	}
	if logged := log.String(); !strings.Contains(logged, reference) || !strings.Contains(logged, "42P01") || strings.Contains(logged, "secret-token") {
		t.Errorf("the log says %s", logged)
	}
}

func TestTheSchemaAndTheCodeHaveTheSameErrorCodes(t *testing.T) {
	t.Parallel()
	inCode := map[string]bool{}
	for _, code := range fault.UserCodes {
		inCode[string(code)] = true
		if !model.ErrorCode(code).IsValid() {
			t.Errorf("%s is not in the schema", code)
		}
	}
	for _, code := range model.AllErrorCode {
		if !inCode[string(code)] {
			t.Errorf("%s is not in the code", code)
		}
	}
}
