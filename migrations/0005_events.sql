-- What an account's devices must learn, in one gap-free sequence per account, written with the change it tells of.
-- +goose Up

-- The row is locked by whoever appends, until its commit: so numbers become visible in order, without gaps.
CREATE TABLE event_heads (
    account_id uuid   NOT NULL,
    last_seq   bigint NOT NULL,
    CONSTRAINT event_heads_pkey PRIMARY KEY (account_id)
) WITH (fillfactor = 70);

CREATE TABLE events (
    account_id  uuid        NOT NULL,
    seq         bigint      NOT NULL,
    kind        text        NOT NULL,
    subject     text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (account_id, seq),
    CONSTRAINT events_kind_check CHECK (kind IN ('TRANSFER_RECEIVED', 'TRANSFER_SENT', 'TRANSFER_UPDATED',
                                                 'WALLET_OPENED', 'SESSION_OPENED', 'ACCOUNT_CHANGED'))
);
