-- Whom people do not take money from.
-- +goose Up

CREATE TABLE blocks (
    account_id uuid        NOT NULL,
    blocked_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT blocks_pkey PRIMARY KEY (account_id, blocked_id),
    CONSTRAINT blocks_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES accounts (id),
    CONSTRAINT blocks_others_check CHECK (account_id <> blocked_id)
);

-- Whether its owner blocks anybody. It stands here so that the ledger knows it of each wallet it locks, and looks at the list only then: who blocks
-- nobody costs nothing.
ALTER TABLE wallets ADD COLUMN screened boolean NOT NULL DEFAULT false;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION wallets_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spending (account_id, currency) VALUES (NEW.account_id, NEW.currency) ON CONFLICT DO NOTHING;
    NEW.balance_cap = (SELECT l.balance_cap FROM accounts a JOIN spending_limits l ON l.level = a.certificate_level
                       WHERE a.id = NEW.account_id AND l.currency = NEW.currency);
    NEW.screened = EXISTS (SELECT 1 FROM blocks WHERE account_id = NEW.account_id);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
