package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// The library is lenient where the protocol (enisdenjo/graphql-ws, PROTOCOL.md) names a close code, and leaves a socket open for
// ever when its first message is malformed. So messages are looked at on their way in and out.

var errProtocol = errors.New("the message breaks the protocol")

// NextReader reads the next message and closes the socket, with the protocol's code, on one that breaks the protocol.
func (s *socket) NextReader() (messageType int, r io.Reader, err error) {
	messageType, r, err = s.WebsocketConn.NextReader()
	if err != nil {
		return messageType, r, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return messageType, nil, err
	}
	if code, reason := s.judge(text); code != 0 {
		_ = s.WriteClose(code, reason)
		return messageType, nil, errProtocol
	}
	return messageType, bytes.NewReader(text), nil
}

// judge finds the close code for a message, 0 for a good one.
func (s *socket) judge(text []byte) (code int, reason string) {
	var message struct {
		ID, Type string
		Payload  map[string]any
	}
	if json.Unmarshal(text, &message) != nil {
		return closeBadMessage, "Invalid message"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch message.Type {
	case "connection_init":
		if s.begun {
			return closeTooMany, "Too many initialisation requests"
		}
		s.begun = true
		for _, name := range []string{"Authorization", "authorization"} {
			if token, given := message.Payload[name]; given {
				if _, isText := token.(string); !isText {
					return closeUnauthorized, "Unauthorized"
				}
			}
		}
	case "subscribe":
		if !s.begun {
			return closeUnauthorized, "Unauthorized"
		}
		if message.ID == "" {
			return closeBadMessage, "Invalid message"
		}
		if s.open[message.ID] {
			return closeSameID, "Subscriber for " + message.ID[:min(len(message.ID), 50)] + " already exists"
		}
		s.open[message.ID] = true
	case "complete":
		delete(s.open, message.ID)
	case "ping", "pong":
	default:
		return closeBadMessage, "Invalid message"
	}
	return 0, ""
}

// WriteJSON drops the "complete" that the library sends behind an "error" of the same operation.
func (s *socket) WriteJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var message struct{ ID, Type string }
	if err := json.Unmarshal(text, &message); err != nil {
		return err
	}
	s.mu.Lock()
	drop := message.Type == "complete" && s.failed[message.ID]
	switch message.Type {
	case "error":
		s.failed[message.ID] = true
		delete(s.open, message.ID)
	case "complete":
		delete(s.failed, message.ID)
		delete(s.open, message.ID)
	}
	s.mu.Unlock()
	if drop {
		return nil
	}
	return s.WebsocketConn.WriteJSON(json.RawMessage(text))
}

// WriteClose gives a socket that was never begun the protocol's code for that.
func (s *socket) WriteClose(code int, reason string) error {
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if !begun && code == 1002 {
		code, reason = closeInitTimeout, "Connection initialisation timeout"
	}
	return s.WebsocketConn.WriteClose(code, reason)
}

// leave frees a connection that the library has given up without closing it.
func (s *socket) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		_ = s.Close()
	}
}
