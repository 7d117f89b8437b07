package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/delivery/gateway"
)

// service is a gateway over HTTP, which answers with a status.
type service struct {
	*httptest.Server
	requests chan *http.Request
}

func newService(t *testing.T, answer http.HandlerFunc) service {
	t.Helper()
	s := service{requests: make(chan *http.Request, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // of JSON there is none
		s.requests <- r
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s service) url(query string) string {
	return strings.Replace(s.URL, "http://", "http://sid:t0psecret@", 1) + "/Messages.json?" + query
}

func TestAFormIsPostedAsTwilioWantsIt(t *testing.T) {
	t.Parallel()
	s := newService(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	if got := send(t, open(t, s.url("from=%2B15550100&region=eu"), gateway.Options{}), code); got != "" {
		t.Fatalf("the outcome is %q", got)
	}
	r := <-s.requests
	user, password, _ := r.BasicAuth()
	if r.Method != http.MethodPost || r.URL.String() != "/Messages.json?region=eu" || user != "sid" || password != "t0psecret" {
		t.Errorf("it was %s %s by %s", r.Method, r.URL, user)
	}
	if diff := cmp.Diff(url.Values{"To": {phone}, "From": {"+15550100"}, "Body": {code.Text}}, r.PostForm); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFieldsCanHaveOtherNamesInJSON(t *testing.T) {
	t.Parallel()
	bodies := make(chan map[string]string, 1)
	s := newService(t, func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		bodies <- body
	})
	m := code
	m.Text = `"012345" — код` + "\n"
	if got := send(t, open(t, s.url("from=Purser&format=json&fields=recipient,sender,text"), gateway.Options{}), m); got != "" {
		t.Fatalf("the outcome is %q", got)
	}
	if diff := cmp.Diff(map[string]string{"recipient": phone, "sender": "Purser", "text": m.Text}, <-bodies); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAStatusIsAnOutcome(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "", 201: "", 202: "", 204: "",
		400: gateway.Refused, 401: gateway.Refused, 404: gateway.Refused, 422: gateway.Refused,
		408: gateway.Unavailable, 429: gateway.Unavailable, 500: gateway.Unavailable, 503: gateway.Unavailable,
		302: gateway.Unavailable, // nobody else gets the message
	} {
		s := newService(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		if got := send(t, open(t, s.url("from=Purser"), gateway.Options{}), code); got != want {
			t.Errorf("%d is %q, want %q", status, got, want)
		}
		if got := len(s.requests); got != 1 {
			t.Errorf("%d brought %d requests", status, got)
		}
	}
}

func TestAServiceThatDoesNotAnswerMayHaveTakenIt(t *testing.T) {
	t.Parallel()
	hangs := newService(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if got := send(t, open(t, hangs.url("from=Purser"), gateway.Options{}), code); got != gateway.NoAnswer {
		t.Errorf("one that hangs is %q", got)
	}
	drops := newService(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if got := send(t, open(t, drops.url("from=Purser"), gateway.Options{}), code); got != gateway.NoAnswer {
		t.Errorf("one that hangs up is %q", got)
	}
	gone := newService(t, func(http.ResponseWriter, *http.Request) {})
	g := open(t, gone.url("from=Purser"), gateway.Options{})
	gone.Close()
	if got := send(t, g, code); got != gateway.Unavailable {
		t.Errorf("one that is not there is %q", got)
	}
}
