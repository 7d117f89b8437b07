-- What people want to be told of, on which channels and when; the devices that take pushes; and what is to be told.
-- +goose Up

CREATE TABLE notification_choices (
    account_id uuid NOT NULL,
    event      text NOT NULL,
    channels   text NOT NULL,
    CONSTRAINT notification_choices_pkey PRIMARY KEY (account_id, event),
    CONSTRAINT notification_choices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- Minutes of the day in a time zone, in which SMS and pushes about money wait.
CREATE TABLE quiet_hours (
    account_id  uuid    NOT NULL,
    from_minute integer NOT NULL,
    to_minute   integer NOT NULL,
    time_zone   text    NOT NULL,
    CONSTRAINT quiet_hours_pkey PRIMARY KEY (account_id),
    CONSTRAINT quiet_hours_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT quiet_hours_minutes_check CHECK (from_minute BETWEEN 0 AND 1439 AND to_minute BETWEEN 0 AND 1439 AND from_minute <> to_minute)
);

-- A target belongs to the session that registered it last; it takes nothing once that has ended.
CREATE TABLE push_devices (
    id            uuid        NOT NULL,
    account_id    uuid        NOT NULL,
    session_id    uuid        NOT NULL,
    kind          text        NOT NULL,
    target_sealed bytea,
    target_mac    bytea       NOT NULL,
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT push_devices_pkey PRIMARY KEY (id),
    CONSTRAINT push_devices_target_key UNIQUE (target_mac),
    CONSTRAINT push_devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT push_devices_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id),
    CONSTRAINT push_devices_kind_check CHECK (kind IN ('WEB_PUSH', 'APNS', 'FCM'))
);
CREATE INDEX push_devices_account_id_idx ON push_devices (account_id);
CREATE INDEX push_devices_session_id_idx ON push_devices (session_id);

-- What is to be told, written in the transaction of its cause, until it has become messages. No foreign key: it would lock accounts in the
-- middle of a posting.
CREATE TABLE notices (
    id         uuid        NOT NULL,
    account_id uuid        NOT NULL,
    event      text        NOT NULL,
    subject    text        NOT NULL,
    session_id uuid,
    lettered   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    CONSTRAINT notices_pkey PRIMARY KEY (id)
);
CREATE INDEX notices_due_at_idx ON notices (due_at);

ALTER TABLE messages DROP CONSTRAINT messages_channel_check,
    ADD CONSTRAINT messages_channel_check CHECK (channel IN ('SMS', 'EMAIL', 'PUSH'));

-- Whether anything that a wallet's money does is to be told to its owner. The ledger reads it with the wallet, so that whoever wants nothing costs
-- nothing.
ALTER TABLE wallets ADD COLUMN notified boolean NOT NULL DEFAULT false;

-- +goose StatementBegin
CREATE FUNCTION is_notified(owner uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM push_devices WHERE account_id = owner)
        OR EXISTS (SELECT 1 FROM notification_choices WHERE account_id = owner AND event NOT IN ('NEW_SIGN_IN', 'SECURITY_CHANGE')
                   AND channels ~ '(SMS|EMAIL)')
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION wallets_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.notified = is_notified(NEW.account_id);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER wallets_notify BEFORE INSERT OR UPDATE OF notified ON wallets FOR EACH ROW EXECUTE FUNCTION wallets_notify();

-- What the security log tells of is told to devices, too: whatever writes the log, in the same transaction. Letters and SMS about it are the
-- writer's own.
-- +goose StatementBegin
CREATE FUNCTION security_events_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notices (id, account_id, event, subject, session_id, created_at, due_at)
    SELECT NEW.id, NEW.account_id, CASE NEW.kind WHEN 'SIGNED_IN' THEN 'NEW_SIGN_IN' ELSE 'SECURITY_CHANGE' END, NEW.kind,
           CASE NEW.kind WHEN 'SIGNED_IN' THEN NEW.session_id END, NEW.occurred_at, NEW.occurred_at
    WHERE EXISTS (SELECT 1 FROM push_devices WHERE account_id = NEW.account_id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER security_events_tell AFTER INSERT ON security_events FOR EACH ROW
    WHEN (NEW.kind IN ('SIGNED_IN', 'PASSWORD_CHANGED', 'PHONE_CHANGED', 'EMAIL_CHANGED', 'SECURITY_QUESTION_CHANGED', 'FROZEN', 'UNFROZEN', 'CLOSING_BEGUN',
                       'TOTP_ENABLED', 'TOTP_DISABLED', 'BACKUP_CODES_RENEWED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'PASSKEY_REFUSED', 'RECOVERY_STARTED', 'RECOVERED',
                       'FROZEN_BY_OPERATOR', 'UNFROZEN_BY_OPERATOR', 'SESSIONS_ENDED_BY_OPERATOR'))
    EXECUTE FUNCTION security_events_tell();
