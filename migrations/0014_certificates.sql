-- Certificates: requests that operators decide on, and the documents that prove what they say.
-- +goose Up

CREATE TABLE certificate_requests (
    id         uuid        NOT NULL,
    account_id uuid        NOT NULL,
    level      text        NOT NULL,
    status     text        NOT NULL,
    -- Why an operator refused, for the person to read.
    reason     text        NOT NULL,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid,
    CONSTRAINT certificate_requests_pkey PRIMARY KEY (id),
    CONSTRAINT certificate_requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT certificate_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES accounts (id),
    CONSTRAINT certificate_requests_level_check CHECK (level IN ('FORMAL', 'INITIAL', 'PERSONAL')),
    CONSTRAINT certificate_requests_status_check CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED')),
    CONSTRAINT certificate_requests_decided_check CHECK ((decided_at IS NOT NULL) = (status <> 'PENDING'))
);
-- One at a time for each account.
CREATE UNIQUE INDEX certificate_requests_pending_key ON certificate_requests (account_id) WHERE status = 'PENDING';
CREATE INDEX certificate_requests_account_id_idx ON certificate_requests (account_id, id);
-- The operators' queue, oldest first.
CREATE INDEX certificate_requests_queue_idx ON certificate_requests (id) WHERE status = 'PENDING';

-- Pictures of documents, sealed: a copy of the database shows none.
CREATE TABLE documents (
    id           uuid        NOT NULL,
    account_id   uuid        NOT NULL,
    request_id   uuid,
    kind         text        NOT NULL,
    content_type text        NOT NULL,
    bytes        integer     NOT NULL,
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT documents_request_id_fkey FOREIGN KEY (request_id) REFERENCES certificate_requests (id),
    CONSTRAINT documents_kind_check CHECK (kind IN ('PASSPORT', 'ADDRESS', 'SELFIE')),
    CONSTRAINT documents_content_type_check CHECK (content_type IN ('image/jpeg', 'image/png'))
);
CREATE INDEX documents_account_id_idx ON documents (account_id);
CREATE INDEX documents_request_id_idx ON documents (request_id);
-- What was uploaded and belongs to no request is deleted after a while.
CREATE INDEX documents_loose_idx ON documents (created_at) WHERE request_id IS NULL;
-- A picture is compressed already.
ALTER TABLE documents ALTER COLUMN sealed SET STORAGE EXTERNAL;
