package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"purser/graph/generated"
)

// TestWhoeverIsGoneGetsNoPanic asks for a client that has left before its operation was begun: the executor has no answer for it at all.
func TestWhoeverIsGoneGetsNoPanic(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(graphql.StartOperationTrace(t.Context()))
	leave()
	exec := executor.New(generated.NewExecutableSchema(generated.Config{}))
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{__typename}"}`)),
		httptest.NewRequest(http.MethodGet, "/graphql?query={__typename}", nil),
	} {
		w := httptest.NewRecorder()
		if r = r.WithContext(ctx); r.Method == http.MethodGet {
			get{}.Do(w, r, exec)
		} else {
			post{}.Do(w, r, exec)
		}
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"OVERLOADED"`) {
			t.Errorf("%s is answered with %d %s", r.Method, w.Code, w.Body)
		}
	}
}
