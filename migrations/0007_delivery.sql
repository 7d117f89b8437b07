-- What became of each message. A version of the program that knows nothing of gateways may still be writing: its messages were
-- delivered by being there, to the inbox, hence the defaults.
-- +goose Up

ALTER TABLE messages
    ADD state         text        NOT NULL DEFAULT 'SENT',
    ADD attempts      integer     NOT NULL DEFAULT 0,
    ADD claimed_until timestamptz,
    ADD expires_at    timestamptz NOT NULL DEFAULT now(),
    ADD gateway       text        NOT NULL DEFAULT '',
    ADD last_error    text        NOT NULL DEFAULT '',
    ADD sent_at       timestamptz,
    ADD CONSTRAINT messages_state_check CHECK (state IN ('QUEUED', 'SENT', 'ABANDONED')),
    ADD CONSTRAINT messages_attempts_check CHECK (attempts >= 0);

-- Few are not sent, so what is counted and swept here is small.
CREATE INDEX messages_state_idx ON messages (state, expires_at) WHERE state <> 'SENT';

-- The message that carries the code, so that the app can be told what became of it.
ALTER TABLE challenges ADD message_id uuid;
