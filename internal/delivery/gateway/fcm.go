package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// FCMConfig is the service account that Firebase knows the app by.
type FCMConfig struct {
	Credentials []byte // JSON, as Google gives it
	URL         string // of Firebase
	Now         func() time.Time
}

// fcm takes messages to Android and to whatever else Firebase reaches (HTTP v1).
type fcm struct {
	address string
	now     func() time.Time
	client  *http.Client
	tokens  oauth2.TokenSource
}

const (
	fcmScope    = "https://www.googleapis.com/auth/firebase.messaging"
	tokenWithin = 8 * time.Second
)

// NewFCM makes the gateway of a service account.
func NewFCM(c FCMConfig, o Options) (Gateway, error) {
	account, err := google.JWTConfigFromJSON(c.Credentials, fcmScope)
	project := struct {
		ID string `json:"project_id"`
	}{}
	if err == nil {
		err = json.Unmarshal(c.Credentials, &project)
	}
	if err != nil || project.ID == "" {
		return nil, errors.New("gateway: the credentials are none of a service account") // the cause would quote them
	}
	client := guardedClient(o, false)
	asking := *client
	asking.Timeout = tokenWithin
	return &fcm{
		address: strings.TrimSuffix(c.URL, "/") + "/v1/projects/" + url.PathEscape(project.ID) + "/messages:send", now: c.Now, client: client,
		tokens: account.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, &asking)),
	}, nil
}

// Name is "fcm".
func (g *fcm) Name() string { return "fcm" }

// Close drops idle connections.
func (g *fcm) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

type fcmMessage struct {
	Token        string            `json:"token"`
	Notification map[string]string `json:"notification"`
	Data         map[string]string `json:"data,omitempty"`
	Android      map[string]string `json:"android"`
}

// Send posts the message. What Google says of our own account is our trouble, and not the message's: it is tried again.
func (g *fcm) Send(ctx context.Context, m Message) error {
	if m.Target == nil {
		return &Failure{Class: Refused, Status: "no target"}
	}
	body, err := json.Marshal(map[string]fcmMessage{"message": {
		Token: m.Target.Token, Notification: map[string]string{"title": m.Subject, "body": m.Text}, Data: m.Data,
		Android: map[string]string{"priority": "HIGH", "ttl": fmt.Sprintf("%ds", int(m.Life.Seconds()))},
	}})
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.address, bytes.NewReader(body))
	if err != nil {
		return &Failure{Class: Refused, Status: "the address is none"}
	}
	token, err := g.tokens.Token()
	if err != nil {
		return &Failure{Class: Unavailable, Status: "OAuth"}
	}
	token.SetAuthHeader(request)
	request.Header.Set("Content-Type", "application/json")
	status, header, answer, err := exchange(g.client, request)
	if err != nil {
		return err
	}
	switch code := fcmCode(answer); {
	case code == "UNREGISTERED" || code == "SENDER_ID_MISMATCH":
		return &Failure{Class: Gone, Status: "FCM"}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &Failure{Class: Unavailable, Status: fmt.Sprintf("HTTP %d", status)}
	}
	return outcomeOf(status, header, g.now())
}

// fcmCode is the word for what is wrong, if there is one.
func fcmCode(answer []byte) string {
	var said struct {
		Error struct {
			Details []struct {
				Code string `json:"errorCode"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &said) != nil {
		return ""
	}
	for _, detail := range said.Error.Details {
		if detail.Code != "" {
			return detail.Code
		}
	}
	return ""
}
