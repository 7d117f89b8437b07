package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"
)

// listener is a websocket with one subscription to incoming transfers.
type listener struct {
	t    *testing.T
	conn *websocket.Conn
}

type heard struct{ Cursor, Amount, From string }

const receivedFields = `{ cursor transfer { amount { amount } from { displayName } } }`

type receivedPayload struct {
	Data struct {
		TransferReceived struct {
			Cursor   string
			Transfer struct {
				Amount struct{ Amount string }
				From   struct{ DisplayName string }
			}
		}
	}
}

func (p receivedPayload) heard() heard {
	r := p.Data.TransferReceived
	return heard{r.Cursor, r.Transfer.Amount.Amount, r.Transfer.From.DisplayName}
}

// dial opens a socket and signs it in.
func (c *client) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.url, "http")+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := wsjson.Write(ctx, conn, vars{"type": "connection_init", "payload": vars{"Authorization": "Bearer " + c.token}}); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (c *client) listen(t *testing.T, after string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn := c.dial(t)
	var ack struct{ Type string }
	if err := wsjson.Read(ctx, conn, &ack); err != nil || ack.Type != "connection_ack" {
		t.Fatalf("instead of an acknowledgement: %+v, %v", ack, err)
	}
	err := wsjson.Write(ctx, conn, vars{"id": "1", "type": "subscribe", "payload": vars{
		"query":     `subscription($after: String) { transferReceived(after: $after) ` + receivedFields + ` }`,
		"variables": vars{"after": after},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &listener{t: t, conn: conn}
}

// next waits for the next event.
func (l *listener) next() heard {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		var message struct {
			Type    string
			Payload json.RawMessage
		}
		if err := wsjson.Read(ctx, l.conn, &message); err != nil {
			l.t.Fatalf("no event came: %v", err)
		}
		switch message.Type {
		case "next":
			var p receivedPayload
			if err := json.Unmarshal(message.Payload, &p); err != nil || p.Data.TransferReceived.Cursor == "" {
				l.t.Fatalf("not an event: %s", message.Payload)
			}
			return p.heard()
		case "ping":
			_ = wsjson.Write(ctx, l.conn, vars{"type": "pong"})
		default:
			l.t.Fatalf("unexpected %s: %s", message.Type, message.Payload)
		}
	}
}

// head is the cursor of the viewer's newest event.
func (c *client) head() string {
	c.t.Helper()
	return ask[struct {
		Viewer struct{ Events struct{ HeadCursor string } }
	}](c, `{ viewer { events { headCursor } } }`, nil).Viewer.Events.HeadCursor
}

func TestASubscriberAtOneServerHearsATransferAtAnother(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	anna, boris := one.client(t).anna(), two.client(t).boris()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")

	socket := boris.listen(t, boris.head())
	anna.send(annaWallet, borisWallet, "12.50", "+79000000002")
	if got := socket.next(); got.Amount != "12.50" || got.From != "Anna Petrova" {
		t.Errorf("boris hears %+v", got)
	}

	// A key that was used at one server is known at the other, and a session that ends at one is dead at the other.
	if _, balance := boris.at(one).wallet("Z"); balance != "1012.50" {
		t.Errorf("boris has %s at the other server", balance)
	}
	ask[struct{ LogOut struct{ SessionID string } }](boris.at(one), `mutation { logOut { sessionId } }`, nil)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // until the other server knows, within seconds
		r, err := boris.try(`{ viewer { wmid } }`, nil)
		if err == nil && r.status == http.StatusUnauthorized {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a session that ended elsewhere gets %d, %v", r.status, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err := socket.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("the socket of a dead session ends with %v", err)
			}
			return
		}
	}
}

func TestASubscriptionReplaysWithoutGapOrDouble(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	anna.allowWithoutCode("P", "1000000", "+79000000002")
	annaWallet, _ := anna.wallet("P")
	borisWallet, _ := boris.wallet("P")
	from := boris.head()

	// Transfers go on all the while; a listener comes, goes in the middle, and comes back behind its last event.
	const all = 40
	var want []string
	for i := range all {
		want = append(want, []string{"1.00", "2.00", "3.00"}[i%3])
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, amount := range want {
			made := ask[created](anna, createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": amount, "key": newKey()})
			if made.CreateTransfer.Transfer == nil {
				t.Errorf("refused: %+v", made.CreateTransfer.UserErrors)
			}
		}
	}()
	var got []string
	cursor := from
	for len(got) < all {
		socket := boris.listen(t, cursor)
		for range 7 {
			if len(got) == all {
				break
			}
			event := socket.next()
			got, cursor = append(got, event.Amount), event.Cursor
		}
		_ = socket.conn.CloseNow()
	}
	<-sent
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what boris heard (-want +got):\n%s", diff)
	}
	if head := boris.head(); head != cursor {
		t.Errorf("the last cursor is %s, the head %s", cursor, head)
	}
}

func TestServerSentEventsCarryTheSameNews(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	annaWallet, _ := anna.wallet("E")
	borisWallet, _ := boris.wallet("E")

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	body, _ := json.Marshal(vars{"query": `subscription($a: String) { transferReceived(after: $a) ` + receivedFields + ` }`, "variables": vars{"a": boris.head()}})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+boris.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()

	anna.send(annaWallet, borisWallet, "3", "+79000000002")
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		var p receivedPayload
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			t.Fatal(err)
		}
		if got := p.heard(); got.Amount != "3.00" {
			t.Errorf("boris hears %+v", got)
		}
		return
	}
	t.Fatalf("the stream ended: %v", lines.Err())
}

func TestACursorFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	entry := ask[struct {
		Viewer struct {
			Wallets []struct {
				Entries struct{ PageInfo struct{ EndCursor string } }
			}
		}
	}](boris, `{ viewer { wallets { entries { pageInfo { endCursor } } } } }`, nil).Viewer.Wallets[0].Entries.PageInfo.EndCursor
	ahead := eventCursor(t, boris.head(), 1_000_000)
	for name, cursor := range map[string]string{"another account's": anna.head(), "another list's": entry, "beyond the newest": ahead, "none": "x"} {
		status, _, text := boris.raw("POST", "/graphql", `{"query":"subscription { accountEvents(after: \"`+cursor+`\") { cursor } }"}`,
			"Content-Type", "application/json", "Accept", "text/event-stream", "Authorization", "Bearer "+boris.token)
		if status != http.StatusOK || !strings.Contains(text, "BAD_USER_INPUT") {
			t.Errorf("%s cursor: %d %s", name, status, text)
		}
	}
}

// eventCursor is a cursor like another, with another number.
func eventCursor(t *testing.T, like string, number int) string {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(like)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(plain), ":")
	return base64.RawURLEncoding.EncodeToString([]byte(string(plain[:at+1]) + strconv.Itoa(number)))
}

func TestChangesOfWalletsAreNews(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	number, _ := anna.wallet("Z")
	for _, mutation := range []string{`renameWallet(input: {walletNumber: $n, name: "Rent"})`, `setDefaultWallet(input: {walletNumber: $n})`} {
		before := anna.head()
		ask[struct{}](anna, `mutation($n: WalletNumber!) { `+mutation+` { userErrors { code } } }`, vars{"n": number})
		if anna.head() == before {
			t.Errorf("%s makes no event", mutation)
		}
	}
}
