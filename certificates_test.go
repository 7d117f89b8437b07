package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// picture is a real one, of a size.
func picture(t testing.TB, side int, kind string) []byte {
	t.Helper()
	var file bytes.Buffer
	canvas := image.NewGray(image.Rect(0, 0, side, side))
	var err error
	if kind == "png" {
		err = png.Encode(&file, canvas)
	} else {
		err = jpeg.Encode(&file, canvas, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func (c *client) exchange(method, url string, body []byte) (status int, header http.Header, answer []byte) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	if answer, err = io.ReadAll(response.Body); err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, response.Header, answer
}

type uploaded struct {
	CreateDocumentUpload struct {
		Upload     struct{ ID, URL string }
		UserErrors []struct{ Code string }
	}
}

func (c *client) upload(kind string) (id, url string) {
	c.t.Helper()
	u := ask[uploaded](c, `mutation($k: DocumentKind!) { createDocumentUpload(input: { kind: $k }) { upload { id url maxBytes expiresAt } userErrors { code } } }`,
		vars{"k": kind}).CreateDocumentUpload
	if len(u.UserErrors) > 0 {
		c.t.Fatal(u.UserErrors)
	}
	return u.Upload.ID, u.Upload.URL
}

// document sends a good picture.
func (c *client) document(kind string) (id string) {
	c.t.Helper()
	id, url := c.upload(kind)
	if status, _, text := c.exchange(http.MethodPut, url, picture(c.t, 400, "png")); status != http.StatusCreated {
		c.t.Fatalf("a good picture is answered with %d %s", status, text)
	}
	return id
}

type certificateRequest struct{ ID, Status, Reason string }

// wish asks for a certificate, and tells what came of it: a request, or the codes of the refusal.
func (c *client) wish(level string, documents ...string) (r certificateRequest, refused []string) {
	c.t.Helper()
	got := ask[struct {
		RequestCertificate struct {
			Request    certificateRequest
			UserErrors []struct{ Code string }
		}
	}](c, `mutation($l: CertificateLevel!, $d: [ID!]!) { requestCertificate(input: { level: $l, documentIds: $d }) {
		request { id status reason } userErrors { code message } } }`, vars{"l": level, "d": append([]string{}, documents...)}).RequestCertificate
	for _, e := range got.UserErrors {
		refused = append(refused, e.Code)
	}
	return got.Request, refused
}

func (c *client) level() string {
	c.t.Helper()
	return ask[struct {
		Viewer struct{ Certificate struct{ Level string } }
	}](c, `{ viewer { certificate { level request { id level status reason } } } }`, nil).Viewer.Certificate.Level
}

// uncertified takes Anna's certificate away, and her address's confirmation.
func uncertified(t *testing.T, db *postgres.DB, s *server) *client {
	t.Helper()
	anna := s.client(t).anna()
	if _, err := db.Pool.Exec(t.Context(), `UPDATE accounts SET certificate_level = 'ALIAS', email_verified_at = NULL WHERE email_mac = $1`, db.Lookup("email", "anna@purser.test")); err != nil {
		t.Fatal(err)
	}
	return anna
}

const review = `mutation($id: ID!, $ok: Boolean!, $why: String) { reviewCertificate(input: { requestId: $id, approve: $ok, reason: $why }) {
	request { id status reason } userErrors { code } } }`

type reviewed struct {
	ReviewCertificate struct {
		Request    certificateRequest
		UserErrors []struct{ Code string }
	}
}

func TestACertificateFromAliasToPersonal(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	anna, operator := uncertified(t, db, s), s.client(t).operator()

	for level, want := range map[string]string{"ALIAS": "INVALID_INPUT", "FORMAL": "STEP_OUT_OF_ORDER", "PERSONAL": "STEP_OUT_OF_ORDER"} {
		if _, refused := anna.wish(level); !slices.Equal(refused, []string{want}) {
			t.Errorf("%s without a verified address: %v, want %s", level, refused, want)
		}
	}
	if _, err := db.Pool.Exec(t.Context(), `UPDATE accounts SET email_verified_at = now() WHERE email_mac = $1`, db.Lookup("email", "anna@purser.test")); err != nil {
		t.Fatal(err)
	}
	if r, refused := anna.wish("FORMAL"); r.Status != "APPROVED" || anna.level() != "FORMAL" {
		t.Errorf("FORMAL: %+v, %v", r, refused)
	}

	passport, selfie := anna.document("PASSPORT"), anna.document("SELFIE")
	if _, refused := anna.wish("PERSONAL", passport); !slices.Equal(refused, []string{"INVALID_INPUT"}) {
		t.Errorf("PERSONAL without a selfie: %v", refused)
	}
	asked, refused := anna.wish("PERSONAL", passport, selfie)
	if asked.Status != "PENDING" {
		t.Fatalf("PERSONAL: %v", refused)
	}
	if _, refused := anna.wish("INITIAL", anna.document("PASSPORT")); !slices.Equal(refused, []string{"STEP_OUT_OF_ORDER"}) {
		t.Errorf("a second request while one waits: %v", refused)
	}

	queue := ask[struct {
		CertificateReviews struct {
			Nodes []struct {
				Wmid      string
				Request   certificateRequest
				Documents []struct{ Kind, URL, ContentType string }
			}
		}
	}](operator, `{ certificateReviews { nodes { wmid level profile { firstName } request { id status } documents { id kind url contentType bytes } } pageInfo { hasNextPage } } }`, nil).CertificateReviews.Nodes
	if len(queue) != 1 || queue[0].Request.ID != asked.ID || len(queue[0].Documents) != 2 {
		t.Fatalf("the queue is %+v", queue)
	}
	status, header, seen := operator.exchange(http.MethodGet, queue[0].Documents[0].URL, nil)
	if status != http.StatusOK || header.Get("Content-Type") != "image/png" || !bytes.Equal(seen, picture(t, 400, "png")) || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the operator sees %d, %d bytes, %v", status, len(seen), header)
	}
	if got := ask[reviewed](operator, review, vars{"id": asked.ID, "ok": false}).ReviewCertificate; len(got.UserErrors) != 1 {
		t.Errorf("a refusal without a reason: %+v", got)
	}
	if got := ask[reviewed](operator, review, vars{"id": asked.ID, "ok": true}).ReviewCertificate; got.Request.Status != "APPROVED" {
		t.Errorf("the verdict: %+v", got)
	}
	if got := ask[reviewed](operator, review, vars{"id": asked.ID, "ok": true}).ReviewCertificate; got.Request.Status != "APPROVED" {
		t.Errorf("its repeat: %+v", got)
	}
	if got := ask[reviewed](operator, review, vars{"id": asked.ID, "ok": false, "why": "x"}).ReviewCertificate; len(got.UserErrors) != 1 || got.UserErrors[0].Code != "STEP_OUT_OF_ORDER" {
		t.Errorf("another verdict afterwards: %+v", got)
	}
	if anna.level() != "PERSONAL" {
		t.Errorf("she has %s", anna.level())
	}
	var actions string
	if err := db.Pool.QueryRow(t.Context(), `SELECT string_agg(action, ' ' ORDER BY created_at) FROM operator_actions WHERE action LIKE 'CERT%'`).Scan(&actions); err != nil ||
		!strings.HasPrefix(actions, "CERTIFICATE_QUEUE CERTIFICATE_REVIEW") {
		t.Errorf("the operators' log says %q, %v", actions, err)
	}
}

func TestOnlyOperatorsReviewCertificatesAndNeverTheirOwn(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	operator, boris := s.client(t).operator(), s.client(t).boris()
	if _, err := db.Pool.Exec(t.Context(), `UPDATE accounts SET certificate_level = 'FORMAL' WHERE role = 'OPERATOR'`); err != nil {
		t.Fatal(err)
	}
	own, refused := operator.wish("INITIAL", operator.document("PASSPORT"))
	if own.Status != "PENDING" {
		t.Fatal(refused)
	}
	for who, c := range map[string]*client{"a person": boris, "the operator, of their own": operator} {
		r, err := c.try(review, vars{"id": own.ID, "ok": true})
		if err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "FORBIDDEN" {
			t.Errorf("%s: %+v, %v", who, r, err)
		}
	}
	if r, err := boris.try(`{ certificateReviews { nodes { wmid } } }`, nil); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "FORBIDDEN" {
		t.Errorf("a person looks at the queue: %+v, %v", r, err)
	}
}

func TestPicturesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	_, url := anna.upload("PASSPORT")
	for what, bad := range map[string]struct {
		body []byte
		want int
	}{
		"nothing":            {nil, http.StatusUnsupportedMediaType},
		"text":               {[]byte("<html><script>alert(1)</script>"), http.StatusUnsupportedMediaType},
		"half a picture":     {picture(t, 400, "png")[:20], http.StatusUnsupportedMediaType},
		"a tiny one":         {picture(t, 20, "png"), http.StatusUnsupportedMediaType},
		"more than 8 MiB":    {make([]byte, 8<<20+1), http.StatusRequestEntityTooLarge},
		"a picture of giant": {giant(t), http.StatusUnsupportedMediaType},
	} {
		if status, _, text := anna.exchange(http.MethodPut, url, bad.body); status != bad.want {
			t.Errorf("%s: %d %s, want %d", what, status, text, bad.want)
		}
	}
	for what, address := range map[string]string{
		"another kind":         strings.Replace(url, "PASSPORT", "SELFIE", 1),
		"another id":           s.URL + "/documents/00000000-0000-7000-8000-000000000001?" + url[strings.Index(url, "?")+1:],
		"no signature":         url[:strings.Index(url, "?")],
		"no id":                s.URL + "/documents/x?" + url[strings.Index(url, "?")+1:],
		"a view of an upload":  "",
		"an hour of one's own": strings.Replace(url, "expires=1", "expires=9", 1),
	} {
		method := http.MethodPut
		if address == "" {
			method, address = http.MethodGet, url
		}
		if status, _, text := anna.exchange(method, address, picture(t, 400, "png")); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}

	if status, _, _ := anna.exchange(http.MethodPut, url, picture(t, 400, "jpeg")); status != http.StatusCreated {
		t.Errorf("a good one: %d", status)
	}
	if status, _, _ := anna.exchange(http.MethodPut, url, picture(t, 400, "jpeg")); status != http.StatusCreated {
		t.Errorf("its repeat: %d", status)
	}
	if status, _, _ := anna.exchange(http.MethodPut, url, picture(t, 500, "jpeg")); status != http.StatusForbidden {
		t.Errorf("another picture at the same address: %d", status)
	}
	var dump []byte
	if err := db.Pool.QueryRow(t.Context(), `SELECT sealed FROM documents`).Scan(&dump); err != nil || bytes.Contains(dump, []byte("JFIF")) {
		t.Errorf("the picture can be read in the table: %v", err)
	}

	// Somebody else's document is none.
	mine := anna.document("PASSPORT")
	if _, err := db.Pool.Exec(t.Context(), `UPDATE accounts SET certificate_level = 'FORMAL' WHERE role <> 'SYSTEM'`); err != nil {
		t.Fatal(err)
	}
	if _, refused := boris.wish("INITIAL", mine); !slices.Equal(refused, []string{"INVALID_INPUT"}) {
		t.Errorf("with another's document: %v", refused)
	}
}

// giant is a picture that says it is larger than any photograph.
func giant(t testing.TB) []byte {
	t.Helper()
	file := picture(t, 400, "jpeg")
	at := bytes.Index(file, []byte{0xff, 0xc0}) + 5
	copy(file[at:], []byte{0xff, 0xff, 0xff, 0xff})
	return file
}

func TestTwentyRequestsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	servers := []*server{serveOn(t, db), serveOn(t, db)}
	anna := servers[0].client(t).anna()
	if _, err := db.Pool.Exec(t.Context(), `UPDATE accounts SET certificate_level = 'FORMAL' WHERE email_mac = $1`, db.Lookup("email", "anna@purser.test")); err != nil {
		t.Fatal(err)
	}
	passport := anna.document("PASSPORT")
	var made atomic.Int32
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if r, _ := anna.at(servers[n%2]).wish("INITIAL", passport); r.Status == "PENDING" {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d requests were made", made.Load())
	}
}
