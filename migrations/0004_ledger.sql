-- Money. Amounts are whole minor units. Entries are double entry and append-only; wallets carry the running balance;
-- transfers say what was asked and what became of it.
-- +goose Up

CREATE TABLE currencies (
    letter                text    NOT NULL,
    code                  text    NOT NULL,
    name_en               text    NOT NULL,
    name_ru               text    NOT NULL,
    exponent              integer NOT NULL,
    fee_rate_basis_points bigint  NOT NULL,
    fee_min_minor         bigint  NOT NULL,
    fee_max_minor         bigint  NOT NULL,
    position              integer NOT NULL,
    CONSTRAINT currencies_pkey PRIMARY KEY (letter),
    CONSTRAINT currencies_letter_check CHECK (letter ~ '^[A-Z]$'),
    CONSTRAINT currencies_exponent_check CHECK (exponent BETWEEN 0 AND 8),
    CONSTRAINT currencies_fee_check CHECK (fee_rate_basis_points BETWEEN 0 AND 10000 AND fee_min_minor >= 0 AND fee_max_minor >= fee_min_minor)
);

INSERT INTO currencies (letter, code, name_en, name_ru, exponent, fee_rate_basis_points, fee_min_minor, fee_max_minor, position) VALUES
    ('Z', 'WMZ', 'US dollar', 'Доллар США', 2, 80, 1, 5000, 1),
    ('E', 'WME', 'Euro', 'Евро', 2, 80, 1, 5000, 2),
    ('P', 'WMP', 'Russian rouble', 'Российский рубль', 2, 80, 1, 150000, 3),
    ('K', 'WMK', 'Kazakhstani tenge', 'Казахстанский тенге', 2, 80, 1, 900000, 4),
    ('B', 'WMB', 'Belarusian rouble', 'Белорусский рубль', 2, 80, 1, 15000, 5),
    ('G', 'WMG', 'Gold gram', 'Грамм золота', 2, 80, 1, 500, 6);

CREATE TABLE wallets (
    id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    number     text        NOT NULL,
    account_id uuid        NOT NULL,
    kind       text        NOT NULL,
    currency   text        NOT NULL,
    shard      integer     NOT NULL DEFAULT 0,
    name       text        NOT NULL,
    is_default boolean     NOT NULL,
    balance    bigint      NOT NULL DEFAULT 0,
    version    bigint      NOT NULL DEFAULT 0,
    head_hash  bytea       NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    CONSTRAINT wallets_pkey PRIMARY KEY (id),
    CONSTRAINT wallets_number_key UNIQUE (number),
    CONSTRAINT wallets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT wallets_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (letter),
    CONSTRAINT wallets_number_check CHECK (number ~ '^[A-Z][0-9]{12}$' AND left(number, 1) = currency),
    CONSTRAINT wallets_kind_check CHECK (kind IN ('USER', 'ISSUE', 'FEES', 'PROTECTED')),
    -- Only the issuer may owe: what it owes is what is in circulation.
    CONSTRAINT wallets_balance_check CHECK (balance >= 0 OR kind = 'ISSUE'),
    CONSTRAINT wallets_closed_check CHECK (closed_at IS NULL OR (balance = 0 AND NOT is_default))
) WITH (fillfactor = 80);
CREATE INDEX wallets_account_id_idx ON wallets (account_id);
CREATE UNIQUE INDEX wallets_default_key ON wallets (account_id, currency) WHERE is_default;
-- Each poster of each server collects fees in wallets of its own shard, so that no two wait for one row. A system wallet's
-- balance is the sum over its shards.
CREATE UNIQUE INDEX wallets_system_key ON wallets (currency, kind, shard) WHERE kind <> 'USER';

INSERT INTO wallets (number, account_id, kind, currency, name, is_default, opened_at)
SELECT c.letter || k.digits, '00000000-0000-7000-8000-000000000001', k.kind, c.letter, k.name, false, now()
FROM currencies c CROSS JOIN (VALUES ('ISSUE', '000000000019', 'Issue'), ('FEES', '000000000027', 'Fees'),
                                     ('PROTECTED', '000000000035', 'Protected transfers')) AS k (kind, digits, name)
ORDER BY c.position, k.digits;

CREATE TABLE transfers (
    id              uuid        NOT NULL,
    kind            text        NOT NULL,
    status          text        NOT NULL,
    account_id      uuid        NOT NULL,
    idempotency_key uuid        NOT NULL,
    fingerprint     bytea       NOT NULL,
    currency        text        NOT NULL,
    from_wallet_id  bigint      NOT NULL,
    to_wallet_id    bigint      NOT NULL,
    from_account_id uuid        NOT NULL,
    to_account_id   uuid        NOT NULL,
    amount          bigint      NOT NULL,
    fee             bigint      NOT NULL,
    fee_paid_by     text        NOT NULL,
    memo            text        NOT NULL,
    challenge_id    uuid,
    confirm_by      timestamptz,
    confirmed_at    timestamptz,
    created_at      timestamptz NOT NULL,
    posted_at       timestamptz,
    completed_at    timestamptz,
    CONSTRAINT transfers_pkey PRIMARY KEY (id),
    CONSTRAINT transfers_idempotency_key UNIQUE (account_id, idempotency_key),
    CONSTRAINT transfers_kind_check CHECK (kind IN ('PAYMENT', 'REFUND', 'ISSUE', 'REDEMPTION')),
    CONSTRAINT transfers_status_check CHECK (status IN ('AWAITING_CONFIRMATION', 'PROTECTED', 'COMPLETED', 'RETURNED', 'CANCELLED', 'EXPIRED')),
    CONSTRAINT transfers_amount_check CHECK (amount > 0 AND fee >= 0),
    CONSTRAINT transfers_fee_paid_by_check CHECK (fee_paid_by IN ('SENDER', 'RECIPIENT') AND (fee_paid_by = 'SENDER' OR fee < amount)),
    CONSTRAINT transfers_wallets_check CHECK (from_wallet_id <> to_wallet_id),
    -- Money has moved exactly when the status says so.
    CONSTRAINT transfers_posted_check CHECK ((posted_at IS NOT NULL) = (status IN ('PROTECTED', 'COMPLETED', 'RETURNED'))),
    CONSTRAINT transfers_completed_check CHECK ((completed_at IS NOT NULL) = (status IN ('COMPLETED', 'RETURNED')))
) WITH (fillfactor = 90);
-- An account's own list, newest first: what it sent, and what reached it.
CREATE INDEX transfers_sent_idx ON transfers (from_account_id, id);
CREATE INDEX transfers_received_idx ON transfers (to_account_id, id) WHERE posted_at IS NOT NULL;
-- Whether money has ever moved between two people: it decides whether they see each other's names.
CREATE INDEX transfers_pair_idx ON transfers (from_account_id, to_account_id) WHERE posted_at IS NOT NULL;
CREATE INDEX transfers_confirm_by_idx ON transfers (confirm_by) WHERE status = 'AWAITING_CONFIRMATION';

CREATE TABLE entries (
    wallet_id     bigint      NOT NULL,
    version       bigint      NOT NULL,
    transfer_id   uuid        NOT NULL,
    amount        bigint      NOT NULL,
    balance_after bigint      NOT NULL,
    posted_at     timestamptz NOT NULL,
    hash          bytea       NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (wallet_id, version),
    CONSTRAINT entries_amount_check CHECK (amount <> 0),
    CONSTRAINT entries_version_check CHECK (version > 0)
);

-- +goose StatementBegin
CREATE FUNCTION entries_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse_change();

-- How much one may send to others without a code, per currency. No row: nothing.
CREATE TABLE confirmation_policies (
    account_id        uuid   NOT NULL,
    currency          text   NOT NULL,
    without_code_upto bigint NOT NULL,
    -- A raise that waits for its code: the code is for this amount and no other.
    asked_upto        bigint,
    challenge_id      uuid,
    CONSTRAINT confirmation_policies_pkey PRIMARY KEY (account_id, currency),
    CONSTRAINT confirmation_policies_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT confirmation_policies_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (letter),
    CONSTRAINT confirmation_policies_upto_check CHECK (without_code_upto >= 0)
);

-- What operators did, and why.
CREATE TABLE operator_actions (
    id          uuid        NOT NULL,
    operator_id uuid        NOT NULL,
    action      text        NOT NULL,
    subject     text        NOT NULL,
    reference   text        NOT NULL,
    request_id  text        NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT operator_actions_pkey PRIMARY KEY (id),
    CONSTRAINT operator_actions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts (id)
);
