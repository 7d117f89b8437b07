-- What operators do for people and to accounts, and what takes two of them.
-- +goose Up

-- operator_freeze: ALONE, or BESIDE when the owner wants the account frozen too, so that it stays so when the operator's freeze ends. A server of the
-- previous version does not know of it: the constraint keeps its unfreezeAccount from ending what only an operator ends.
-- operator_since: when the role was given; null for who has had it from the account's beginning.
ALTER TABLE accounts
    ADD COLUMN operator_freeze text,
    ADD COLUMN operator_since timestamptz,
    ADD CONSTRAINT accounts_operator_freeze_check CHECK (operator_freeze IS NULL OR (operator_freeze IN ('ALONE', 'BESIDE') AND status = 'FROZEN'));

-- The log is read by all it is filtered by, and nobody changes it.
ALTER TABLE operator_actions ADD COLUMN details text NOT NULL DEFAULT '';
CREATE INDEX operator_actions_time_idx ON operator_actions (created_at, id);
CREATE INDEX operator_actions_operator_idx ON operator_actions (operator_id, created_at, id);
CREATE INDEX operator_actions_subject_idx ON operator_actions (subject, created_at, id);
CREATE INDEX operator_actions_action_idx ON operator_actions (action, created_at, id);
-- +goose StatementBegin
CREATE FUNCTION operator_actions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the operators'' log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION operator_actions_refuse_change();

-- Money that one operator asked to move and another must agree to.
CREATE TABLE operator_requests (
    id              uuid        NOT NULL,
    kind            text        NOT NULL,
    status          text        NOT NULL,
    operator_id     uuid        NOT NULL,
    idempotency_key uuid        NOT NULL,
    fingerprint     bytea       NOT NULL,
    wallet_number   text        NOT NULL,
    currency        text        NOT NULL,
    amount          bigint      NOT NULL,
    reference       text        NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    reason          text        NOT NULL DEFAULT '',
    CONSTRAINT operator_requests_pkey PRIMARY KEY (id),
    CONSTRAINT operator_requests_key UNIQUE (operator_id, idempotency_key),
    CONSTRAINT operator_requests_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts (id),
    CONSTRAINT operator_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES accounts (id),
    CONSTRAINT operator_requests_wallet_number_fkey FOREIGN KEY (wallet_number) REFERENCES wallets (number),
    CONSTRAINT operator_requests_kind_check CHECK (kind IN ('ISSUE', 'REDEMPTION')),
    CONSTRAINT operator_requests_status_check CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED')),
    CONSTRAINT operator_requests_amount_check CHECK (amount > 0),
    CONSTRAINT operator_requests_decided_check CHECK ((status IN ('APPROVED', 'REJECTED')) = (decided_by IS NOT NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL)),
    -- Whoever asked is never the one who agrees.
    CONSTRAINT operator_requests_two_check CHECK (status <> 'APPROVED' OR decided_by <> operator_id)
);
CREATE INDEX operator_requests_status_idx ON operator_requests (status, id);
CREATE INDEX operator_requests_expires_at_idx ON operator_requests (expires_at) WHERE status = 'PENDING';

-- What an operator moves alone, so that many small amounts count as the large one that they are. The last day's are looked at.
CREATE TABLE operator_moves (
    operator_id     uuid        NOT NULL,
    idempotency_key uuid        NOT NULL,
    currency        text        NOT NULL,
    amount          bigint      NOT NULL,
    moved_at        timestamptz NOT NULL,
    CONSTRAINT operator_moves_pkey PRIMARY KEY (operator_id, idempotency_key),
    CONSTRAINT operator_moves_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts (id)
);
CREATE INDEX operator_moves_sum_idx ON operator_moves (operator_id, currency, moved_at);
CREATE INDEX operator_moves_moved_at_idx ON operator_moves (moved_at);
