-- What happened to an account's security, for its owner to read. Append-only, like entries.
-- +goose Up

CREATE TABLE security_events (
    id              uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    kind            text        NOT NULL,
    -- The session that did it, and its device as it was called then; none for someone who is not signed in.
    session_id      uuid,
    device_name     text        NOT NULL,
    device_platform text        NOT NULL,
    -- The network the request came from: its last part is cut off.
    network         text        NOT NULL,
    request_id      text        NOT NULL,
    occurred_at     timestamptz NOT NULL,
    CONSTRAINT security_events_pkey PRIMARY KEY (id),
    CONSTRAINT security_events_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX security_events_account_id_idx ON security_events (account_id, id);

-- +goose StatementBegin
CREATE FUNCTION security_events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the security log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER security_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_events
    FOR EACH STATEMENT EXECUTE FUNCTION security_events_refuse_change();
