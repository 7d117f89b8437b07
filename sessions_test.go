package main

import (
	"context"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

type signedIn struct {
	Viewer struct {
		Sessions []struct {
			ID      string
			Current bool
		}
	}
}

const mySessions = `{ viewer { sessions { id current } } }`

func TestRow28ASessionIsEndedFromAnotherAndItsSocketsClose(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	lost, mine, stranger := s.client(t).boris(), s.client(t).boris(), s.client(t).anna()
	list := ask[signedIn](mine, mySessions, nil).Viewer.Sessions
	if len(list) != 2 || !list[0].Current || list[1].Current {
		t.Fatalf("signed in are %+v", list)
	}
	socket := lost.listen(t, lost.head())
	const revoke = `mutation($i: ID!) { revokeSession(input: {sessionId: $i}) { sessionId userErrors { code field } } }`
	for _, id := range []string{list[1].ID, "nonsense", ""} {
		if r, err := stranger.try(revoke, vars{"i": id}); err != nil || !strings.Contains(string(r.Data), `"SESSION_NOT_FOUND","field":["sessionId"]`) {
			t.Errorf("a stranger ends %q: %s, %v", id, r.Data, err)
		}
	}
	if r, err := mine.try(revoke, vars{"i": list[1].ID}); err != nil || !strings.Contains(string(r.Data), `"userErrors":[]`) {
		t.Fatalf("%s, %v", r.Data, err)
	}
	if status, _, text := lost.raw("POST", "/graphql", `{"query":"{viewer{wmid}}"}`, "Content-Type", asJSON, "Authorization", "Bearer "+lost.token); status != 401 {
		t.Errorf("its token is answered with %d %s", status, text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err := socket.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("its socket ends with %v", err)
			}
			break
		}
	}
	s.client(t).boris()
	if r, err := mine.try(`mutation { revokeOtherSessions { sessionIds userErrors { code } } }`, nil); err != nil || strings.Count(string(r.Data), ",") != 1 {
		t.Errorf("the others: %s, %v", r.Data, err)
	}
	if list := ask[signedIn](mine, mySessions, nil).Viewer.Sessions; len(list) != 1 || !list[0].Current {
		t.Errorf("signed in are %+v", list)
	}
}

func TestRow39TheSecurityLogIsReadInPages(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	boris := s.client(t).boris()
	if r, err := boris.as("").try(`mutation { logIn(input: {login: "boris@purser.test", password: "wrong"}) { userErrors { code } } }`, nil); err != nil || len(r.Errors) > 0 {
		t.Fatalf("%+v, %v", r.Errors, err)
	}
	type page struct {
		Viewer struct {
			SecurityLog struct {
				Nodes []struct {
					ID, Kind, Network string
					Device            *struct{ Platform string }
					Session           *struct{ Current bool }
				}
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
	}
	const query = `query($n: Int!, $a: String) { viewer { securityLog(first: $n, after: $a) { nodes { id kind network device { platform } session { current } }
		pageInfo { endCursor hasNextPage } } } }`
	var kinds, ids []string
	after := any(nil)
	for more := true; more; {
		log := ask[page](boris, query, vars{"n": 1, "a": after}).Viewer.SecurityLog
		for _, e := range log.Nodes {
			kinds, ids = append(kinds, e.Kind), append(ids, e.ID)
			if e.Kind == "SIGNED_IN" && (e.Device == nil || e.Session == nil || !e.Session.Current) || e.Kind == "SIGN_IN_FAILED" && (e.Device != nil || e.Session != nil || e.Network != "127.0.0.0/24") {
				t.Errorf("the line is %+v", e)
			}
		}
		after, more = log.PageInfo.EndCursor, log.PageInfo.HasNextPage
	}
	if got := strings.Join(kinds, " "); got != "SIGN_IN_FAILED SIGNED_IN AGREEMENTS_ACCEPTED" {
		t.Errorf("the log says %s", got)
	}
	for who, c := range map[string]*client{"boris": boris, "anna": s.client(t).anna()} {
		r, err := c.try(`query($i: ID!) { node(id: $i) { id ... on SecurityEvent { kind } } }`, vars{"i": ids[0]})
		if err != nil || strings.Contains(string(r.Data), "SIGN_IN_FAILED") != (who == "boris") {
			t.Errorf("%s sees %s, %v", who, r.Data, err)
		}
	}
	if r, _ := boris.try(query, vars{"n": 5, "a": "nonsense"}); len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
		t.Errorf("a cursor of nothing: %+v", r)
	}
}
