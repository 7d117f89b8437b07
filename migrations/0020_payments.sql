-- Payments beyond the plain one: protected by a code or by time, refunded in parts, held by the limits of a certificate.
-- +goose Up

ALTER TABLE transfers
    ADD COLUMN protection      text,                       -- CODE or TIME
    ADD COLUMN protection_mac  bytea,                      -- keyed hash of the code
    ADD COLUMN protection_days integer,                    -- the term, counted from the posting
    ADD COLUMN attempts_left   integer,                    -- wrong codes that are still forgiven
    ADD COLUMN protected_until timestamptz,
    ADD COLUMN accepted_at     timestamptz,                -- the code was right: the money is the recipient's, posted or not
    ADD COLUMN settle_at       timestamptz,                -- from then on whoever comes by settles it
    ADD COLUMN refund_of       uuid,
    ADD COLUMN refunded        bigint NOT NULL DEFAULT 0,  -- what has been sent back of it, in minor units
    ADD CONSTRAINT transfers_protection_check CHECK (protection IN ('CODE', 'TIME') AND protection_days BETWEEN 1 AND 120
        AND (protection = 'CODE') = (protection_mac IS NOT NULL) AND (protection = 'CODE') = (attempts_left IS NOT NULL)),
    ADD CONSTRAINT transfers_protected_check CHECK ((protection IS NOT NULL AND posted_at IS NOT NULL) = (protected_until IS NOT NULL)),
    ADD CONSTRAINT transfers_refund_check CHECK (refunded BETWEEN 0 AND amount AND (kind = 'REFUND') = (refund_of IS NOT NULL)),
    ADD CONSTRAINT transfers_refund_of_fkey FOREIGN KEY (refund_of) REFERENCES transfers (id);

-- All are empty but for what is protected now.
CREATE INDEX transfers_settle_at_idx ON transfers (settle_at) WHERE status = 'PROTECTED';
CREATE INDEX transfers_protected_from_idx ON transfers (from_wallet_id) WHERE status = 'PROTECTED';
CREATE INDEX transfers_protected_to_idx ON transfers (to_wallet_id) WHERE status = 'PROTECTED';
CREATE INDEX transfers_refund_of_idx ON transfers (refund_of) WHERE refund_of IS NOT NULL;

-- What is protected is taken in by one poster's shard and paid out by another's: one shard may be below zero, all together never
-- are (the audit proves it). So no two posters wait for one row.
ALTER TABLE wallets DROP CONSTRAINT wallets_balance_check;
ALTER TABLE wallets ADD CONSTRAINT wallets_balance_check CHECK (balance >= 0 OR kind IN ('ISSUE', 'PROTECTED'));

-- What an account may send to others, and what each of its wallets may hold, by certificate, in minor units. No row: no limit.
CREATE TABLE spending_limits (
    level       text   NOT NULL,
    currency    text   NOT NULL,
    per_day     bigint NOT NULL,
    per_week    bigint NOT NULL,
    per_month   bigint NOT NULL,
    balance_cap bigint NOT NULL,
    CONSTRAINT spending_limits_pkey PRIMARY KEY (level, currency),
    CONSTRAINT spending_limits_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (letter),
    CONSTRAINT spending_limits_level_check CHECK (level IN ('ALIAS', 'FORMAL', 'INITIAL', 'PERSONAL')),
    CONSTRAINT spending_limits_order_check CHECK (0 < per_day AND per_day <= per_week AND per_week <= per_month AND 0 < balance_cap)
);
INSERT INTO spending_limits (level, currency, per_day, per_week, per_month, balance_cap)
SELECT level, currency, per_day * unit, per_week * unit, per_month * unit, balance_cap * unit
FROM (VALUES ('ALIAS', 100, 300, 500, 300), ('FORMAL', 3000, 10000, 15000, 10000), ('INITIAL', 12000, 30000, 60000, 30000))
         AS of_dollars (level, per_day, per_week, per_month, balance_cap)
     CROSS JOIN (VALUES ('Z', 100), ('E', 100), ('P', 8000), ('K', 45000), ('B', 300::bigint)) AS units (currency, unit) -- minor ones, for a dollar
UNION ALL VALUES ('ALIAS', 'G', 2100, 6300, 12600, 6300), ('FORMAL', 'G', 10000, 30000, 50000, 30000), ('INITIAL', 'G', 50000, 100000, 200000, 100000);

-- What an account has sent to others lately. The ledger alone writes it, with the money. Days, weeks (from Monday) and months are those
-- of UTC, told by the moment of the last transfer; uncoded is what went without a code in the 24 hours from uncoded_since.
CREATE TABLE spending (
    account_id    uuid        NOT NULL,
    currency      text        NOT NULL,
    spent_at      timestamptz NOT NULL DEFAULT '1970-01-01',
    day           bigint      NOT NULL DEFAULT 0,
    week          bigint      NOT NULL DEFAULT 0,
    month         bigint      NOT NULL DEFAULT 0,
    uncoded_since timestamptz NOT NULL DEFAULT '1970-01-01',
    uncoded       bigint      NOT NULL DEFAULT 0,
    CONSTRAINT spending_pkey PRIMARY KEY (account_id, currency)
) WITH (fillfactor = 70);
INSERT INTO spending (account_id, currency) SELECT DISTINCT account_id, currency FROM wallets WHERE kind = 'USER';

-- What a wallet may hold. It stands here so that the ledger knows it of each wallet it locks; a new certificate raises it.
ALTER TABLE wallets ADD COLUMN balance_cap bigint;
-- Protected money that may still come to it: that counts too.
ALTER TABLE wallets ADD COLUMN incoming bigint NOT NULL DEFAULT 0 CONSTRAINT wallets_incoming_check CHECK (incoming >= 0);
UPDATE wallets w SET balance_cap = l.balance_cap
FROM accounts a JOIN spending_limits l ON l.level = a.certificate_level
WHERE w.kind = 'USER' AND a.id = w.account_id AND l.currency = w.currency;

-- Whoever has a wallet of a currency has a row of spending, so that spending is one update and its row can be locked.
-- +goose StatementBegin
CREATE FUNCTION wallets_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spending (account_id, currency) VALUES (NEW.account_id, NEW.currency) ON CONFLICT DO NOTHING;
    NEW.balance_cap = (SELECT l.balance_cap FROM accounts a JOIN spending_limits l ON l.level = a.certificate_level
                       WHERE a.id = NEW.account_id AND l.currency = NEW.currency);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER wallets_begin BEFORE INSERT ON wallets FOR EACH ROW WHEN (NEW.kind = 'USER') EXECUTE FUNCTION wallets_begin();
