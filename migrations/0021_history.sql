-- What an account looks back on: its turnover by month, and what it tried to send and could not. No posting writes here.
-- +goose Up

-- How far a wallet's entries are added up in turnovers. What follows is added up when it is asked for, and now and then.
CREATE TABLE turnover_heads (
    wallet_id bigint NOT NULL,
    version   bigint NOT NULL,
    CONSTRAINT turnover_heads_pkey PRIMARY KEY (wallet_id)
);

-- Months are those of UTC, by their first day; sums are in minor units.
CREATE TABLE turnovers (
    wallet_id bigint NOT NULL,
    month     date   NOT NULL,
    incoming  bigint NOT NULL,
    outgoing  bigint NOT NULL,
    fees      bigint NOT NULL,
    movements bigint NOT NULL,
    CONSTRAINT turnovers_pkey PRIMARY KEY (wallet_id, month)
);

CREATE TABLE refused_transfers (
    id          uuid          NOT NULL,
    account_id  uuid          NOT NULL,
    from_number wallet_number NOT NULL,
    recipient   text          NOT NULL, -- as it was typed; of a phone number a few digits
    amount      bigint        NOT NULL,
    code        text          NOT NULL,
    refused_at  timestamptz   NOT NULL,
    CONSTRAINT refused_transfers_pkey PRIMARY KEY (id),
    CONSTRAINT refused_transfers_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX refused_transfers_account_id_idx ON refused_transfers (account_id, id);
CREATE INDEX refused_transfers_refused_at_idx ON refused_transfers (refused_at);
