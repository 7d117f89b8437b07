-- People one has paid, under names of one's own; and whether only they may send.
-- +goose Up

CREATE TABLE contacts (
    id          uuid        NOT NULL,
    account_id  uuid        NOT NULL,
    contact_id  uuid        NOT NULL,
    wallet_id   bigint,
    name_sealed bytea,
    created_at  timestamptz NOT NULL,
    CONSTRAINT contacts_pkey PRIMARY KEY (id),
    CONSTRAINT contacts_pair_key UNIQUE (account_id, contact_id),
    CONSTRAINT contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES accounts (id),
    CONSTRAINT contacts_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallets (id),
    CONSTRAINT contacts_others_check CHECK (account_id <> contact_id)
);
CREATE INDEX contacts_account_id_idx ON contacts (account_id, id);

ALTER TABLE accounts ADD COLUMN incoming_policy text NOT NULL DEFAULT 'EVERYONE',
    ADD CONSTRAINT accounts_incoming_policy_check CHECK (incoming_policy IN ('EVERYONE', 'CONTACTS'));

-- A wallet is screened when its owner blocks anybody, or takes transfers from contacts only. Whatever a server writes, this decides: one of the
-- previous version, which knows blocks only, does not lift a policy by it. A posting does not write the column and does not come by.
-- +goose StatementBegin
CREATE FUNCTION is_screened(owner uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM blocks WHERE account_id = owner)
        OR EXISTS (SELECT 1 FROM accounts WHERE id = owner AND incoming_policy = 'CONTACTS')
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION wallets_screen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.screened = is_screened(NEW.account_id);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER wallets_screen BEFORE INSERT OR UPDATE OF screened ON wallets FOR EACH ROW EXECUTE FUNCTION wallets_screen();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION wallets_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spending (account_id, currency) VALUES (NEW.account_id, NEW.currency) ON CONFLICT DO NOTHING;
    NEW.balance_cap = (SELECT l.balance_cap FROM accounts a JOIN spending_limits l ON l.level = a.certificate_level
                       WHERE a.id = NEW.account_id AND l.currency = NEW.currency);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
