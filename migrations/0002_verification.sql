-- Codes that prove something, the counters that keep them from being guessed or used to flood a phone, and the
-- messages that carry them.
-- +goose Up

CREATE TABLE challenges (
    id            uuid        NOT NULL,
    purpose       text        NOT NULL,
    method        text        NOT NULL,
    target        text        NOT NULL,
    locale        text        NOT NULL,
    message       jsonb       NOT NULL,
    code_mac      bytea       NOT NULL,
    attempts_left integer     NOT NULL,
    sends         integer     NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    resend_at     timestamptz NOT NULL,
    used_at       timestamptz,
    CONSTRAINT challenges_pkey PRIMARY KEY (id),
    CONSTRAINT challenges_method_check CHECK (method IN ('SMS', 'EMAIL', 'TOTP')),
    CONSTRAINT challenges_attempts_left_check CHECK (attempts_left >= 0)
);
CREATE INDEX challenges_expires_at_idx ON challenges (expires_at);

-- Fixed windows. The key is a keyed hash of what is counted (a phone, a login), so the table names nobody.
CREATE TABLE rate_counters (
    key_mac  bytea       NOT NULL,
    used     integer     NOT NULL,
    ends_at  timestamptz NOT NULL,
    CONSTRAINT rate_counters_pkey PRIMARY KEY (key_mac)
);
CREATE INDEX rate_counters_ends_at_idx ON rate_counters (ends_at);

-- Messages to people. The text is sealed: a copy of the database shows no codes and no links.
CREATE TABLE messages (
    id         uuid        NOT NULL,
    channel    text        NOT NULL,
    recipient  text        NOT NULL,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_channel_check CHECK (channel IN ('SMS', 'EMAIL'))
);
CREATE INDEX messages_recipient_idx ON messages (recipient, id);
CREATE INDEX messages_created_at_idx ON messages (created_at);
