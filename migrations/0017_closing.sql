-- Accounts that their owners close: two days in which it can be called off, and then nobody can be reached there any more.
-- +goose Up

-- closes_at: from then on the account is closed for good, unless that is called off; until then nothing comes in. A server of the previous
-- version knows nothing of it: what it lets in calls the closing off.
ALTER TABLE accounts
    ADD COLUMN closes_at timestamptz,
    DROP CONSTRAINT accounts_reachable_check,
    ADD CONSTRAINT accounts_reachable_check
        CHECK (role = 'SYSTEM' OR status = 'CLOSED' OR (phone IS NOT NULL AND email IS NOT NULL AND birth_date IS NOT NULL));
CREATE INDEX accounts_closes_at_idx ON accounts (closes_at) WHERE closes_at IS NOT NULL;

-- One closing at a time: it waits for a code.
CREATE TABLE closings (
    account_id   uuid NOT NULL,
    challenge_id uuid NOT NULL,
    CONSTRAINT closings_pkey PRIMARY KEY (account_id),
    CONSTRAINT closings_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- Whether something is still under way on either side. Few transfers are.
CREATE INDEX transfers_open_sent_idx ON transfers (from_account_id) WHERE status IN ('AWAITING_CONFIRMATION', 'PROTECTED');
CREATE INDEX transfers_open_received_idx ON transfers (to_account_id) WHERE status = 'PROTECTED';

-- Nothing comes in while the owner closes the account. It stands here so that the ledger knows it of each wallet it locks.
ALTER TABLE wallets ADD COLUMN shut boolean NOT NULL DEFAULT false;
