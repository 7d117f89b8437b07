-- What people change about their own accounts, and changes that wait for their codes.
-- +goose Up

-- One change of phone at a time for each account: a code to the new number and one to the old.
CREATE TABLE phone_changes (
    account_id       uuid        NOT NULL,
    new_phone        text        NOT NULL,
    old_challenge_id uuid        NOT NULL,
    new_challenge_id uuid        NOT NULL,
    created_at       timestamptz NOT NULL,
    CONSTRAINT phone_changes_pkey PRIMARY KEY (account_id),
    CONSTRAINT phone_changes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- One thaw at a time: it waits for a code.
CREATE TABLE thaws (
    account_id   uuid NOT NULL,
    challenge_id uuid NOT NULL,
    CONSTRAINT thaws_pkey PRIMARY KEY (account_id),
    CONSTRAINT thaws_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- A link that confirms a new address carries it; one that confirms the account's own carries none.
ALTER TABLE email_verifications ADD COLUMN new_email text;
