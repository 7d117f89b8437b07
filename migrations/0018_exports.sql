-- Copies of their own data that people ask for: made by a job, kept sealed for two days, fetched with the token of a letter.
-- +goose Up

CREATE TABLE data_exports (
    id            uuid        NOT NULL,
    account_id    uuid        NOT NULL,
    status        text        NOT NULL,
    -- Which attempt makes it; its chunks alone count. claimed_until: until then the attempt has it in hand.
    attempt       integer     NOT NULL,
    claimed_until timestamptz,
    token_mac     bytea,
    chunks        integer     NOT NULL,
    bytes         bigint      NOT NULL,
    requested_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT data_exports_pkey PRIMARY KEY (id),
    CONSTRAINT data_exports_token_mac_key UNIQUE (token_mac),
    CONSTRAINT data_exports_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT data_exports_status_check CHECK (status IN ('QUEUED', 'RUNNING', 'READY', 'FAILED', 'EXPIRED')),
    CONSTRAINT data_exports_ready_check CHECK ((token_mac IS NOT NULL) = (status = 'READY'))
);
CREATE INDEX data_exports_account_id_idx ON data_exports (account_id, requested_at);
-- One at a time for each account.
CREATE UNIQUE INDEX data_exports_open_key ON data_exports (account_id) WHERE status IN ('QUEUED', 'RUNNING');
CREATE INDEX data_exports_expires_at_idx ON data_exports (expires_at);
-- What is to end: few are.
CREATE INDEX data_exports_ends_idx ON data_exports (expires_at) WHERE status IN ('QUEUED', 'RUNNING', 'READY');

-- The archive in pieces, each sealed by itself, so that no server holds a whole one in memory.
CREATE TABLE data_export_chunks (
    export_id uuid    NOT NULL,
    attempt   integer NOT NULL,
    n         integer NOT NULL,
    sealed    bytea   NOT NULL,
    CONSTRAINT data_export_chunks_pkey PRIMARY KEY (export_id, attempt, n),
    CONSTRAINT data_export_chunks_export_id_fkey FOREIGN KEY (export_id) REFERENCES data_exports (id) ON DELETE CASCADE
);
-- An archive is compressed already.
ALTER TABLE data_export_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL;
