-- Access that was lost and is recovered, and which agreements an account has accepted, where a transfer is judged by both.
-- +goose Up

-- transfers_held_until: after a recovery, what is larger than the account lets go without a code waits until then. accepted_…: the
-- newest version of each agreement that was accepted. A server of the previous version leaves them alone: whoever it registers is
-- asked to accept once more.
ALTER TABLE accounts
    ADD COLUMN transfers_held_until timestamptz,
    ADD COLUMN accepted_terms integer NOT NULL DEFAULT 0,
    ADD COLUMN accepted_data  integer NOT NULL DEFAULT 0;
UPDATE accounts a SET
    accepted_terms = coalesce((SELECT max(version) FROM agreement_acceptances x WHERE x.account_id = a.id AND kind = 'TERMS_OF_TRANSFER'), 0),
    accepted_data  = coalesce((SELECT max(version) FROM agreement_acceptances x WHERE x.account_id = a.id AND kind = 'PERSONAL_DATA'), 0);

-- The session that accepted, and its device as it was called then. One that registers has no session yet.
ALTER TABLE agreement_acceptances
    ADD COLUMN session_id      uuid,
    ADD COLUMN device_name     text NOT NULL DEFAULT '',
    ADD COLUMN device_platform text NOT NULL DEFAULT '';

-- A way back in that was asked for. Nobody's, when nobody has the login: what asks cannot tell the two apart.
CREATE TABLE recoveries (
    id                uuid        NOT NULL,
    token_mac         bytea       NOT NULL,
    kind              text        NOT NULL,
    account_id        uuid,
    challenge_id      uuid,
    phone_verified_at timestamptz,
    answers_left      integer     NOT NULL,
    -- Of a lost phone: the new one, the link that takes it all back, and from when on it can be completed.
    new_phone         text        NOT NULL DEFAULT '',
    cancel_mac        bytea,
    ready_at          timestamptz,
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    CONSTRAINT recoveries_pkey PRIMARY KEY (id),
    CONSTRAINT recoveries_token_mac_key UNIQUE (token_mac),
    CONSTRAINT recoveries_cancel_mac_key UNIQUE (cancel_mac),
    CONSTRAINT recoveries_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT recoveries_kind_check CHECK (kind IN ('PHONE', 'LOST_PHONE')),
    CONSTRAINT recoveries_answers_left_check CHECK (answers_left >= 0)
);
CREATE INDEX recoveries_account_id_idx ON recoveries (account_id) WHERE ended_at IS NULL;
CREATE INDEX recoveries_expires_at_idx ON recoveries (expires_at);

