package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestFault13ASocketEndsWithItsAccessToken(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "ACCESS_TOKEN_TTL=3s")
	boris := s.client(t).boris()
	socket := boris.listen(t, boris.head())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err := socket.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("it ends with %v", err)
			}
			return
		}
	}
}

func TestSocketsRefuseBadTokensAndStrangers(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	for token, want := range map[string]websocket.StatusCode{"nonsense": 4401, "a.b.c": 4403} {
		conn := s.client(t).as(token).dial(t)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, _, err := conn.Read(ctx)
		cancel()
		if websocket.CloseStatus(err) != want {
			t.Errorf("%s: the socket ends with %v, want %d", token, err, want)
		}
	}
	response, err := http.Get(s.URL + "/graphql?query=subscription%7BtransferReceived%7Bcursor%7D%7D")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var r reply
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil || len(r.Errors) == 0 {
		t.Errorf("a subscription by GET is answered with %+v, %v", r, err)
	}
	if r, err := s.client(t).try(`subscription { transferReceived { cursor } }`, nil); err != nil || len(r.Errors) == 0 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
		t.Errorf("a subscription by POST is answered with %+v, %v", r, err)
	}
}

func TestFault15SocketsThatBreakTheProtocolAreClosedWithItsCodes(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	boris := s.client(t).boris()
	subscribe := `{"id":"1","type":"subscribe","payload":{"query":"subscription { accountEvents { cursor } }"}}`
	begin := `{"type":"connection_init","payload":{"Authorization":"Bearer ` + boris.token + `"}}`
	for name, broken := range map[string]struct {
		messages []string
		want     websocket.StatusCode
	}{
		"a payload that is no object":     {[]string{`{"type":"connection_init","payload":"x"}`}, 4400},
		"a token that is no text":         {[]string{`{"type":"connection_init","payload":{"Authorization":5}}`}, 4401},
		"no JSON":                         {[]string{`hello`}, 4400},
		"a request that is no object":     {[]string{begin, `{"id":"1","type":"subscribe","payload":5}`}, 4400},
		"no request":                      {[]string{begin, `{"id":"1","type":"subscribe"}`}, 4400},
		"variables that are no object":    {[]string{begin, `{"id":"1","type":"subscribe","payload":{"query":"subscription { accountEvents { cursor } }","variables":[1]}}`}, 4400},
		"an unknown type":                 {[]string{begin, `{"type":"start"}`}, 4400},
		"a second beginning":              {[]string{begin, begin}, 4429},
		"a subscription before any":       {[]string{subscribe}, 4401},
		"two operations of one id":        {[]string{begin, subscribe, subscribe}, 4409},
		"nothing at all":                  {nil, 4408},
		"more than a message may contain": {[]string{begin, strings.Repeat("x", 100_000)}, 1009},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range broken.messages {
			if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
				t.Fatal(err)
			}
		}
		for err == nil {
			_, _, err = conn.Read(ctx)
		}
		if websocket.CloseStatus(err) != broken.want {
			t.Errorf("%s: the socket ends with %v, want %d", name, err, broken.want)
		}
		cancel()
	}
}

func TestASocketOutlivesTheTokenItWasOpenedWith(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "ACCESS_TOKEN_TTL=4s")
	boris := s.client(t).boris()
	socket := boris.listen(t, boris.head())
	renewing, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { // as an app renews its session, again and again
		refresh := boris.refresh
		for renewing.Err() == nil {
			data := ask[struct {
				RefreshSession struct {
					Tokens struct{ AccessToken, RefreshToken string }
				}
			}](boris.as(""),
				`mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }`, vars{"r": refresh})
			refresh = data.RefreshSession.Tokens.RefreshToken
			select {
			case <-time.After(time.Second):
			case <-renewing.Done():
			}
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second) // twice the life of the token
	defer cancel()
	for {
		if _, _, err := socket.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != -1 || ctx.Err() == nil {
				t.Errorf("the socket of a renewed session ends with %v", err)
			}
			return
		}
	}
}
