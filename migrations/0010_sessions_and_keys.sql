-- Sessions that their owner ends, and signing keys that follow each other without a gap.
-- +goose Up

-- A log-in that was begun with an older password is worth nothing.
ALTER TABLE accounts ADD COLUMN password_changed_at timestamptz;
CREATE INDEX pending_log_ins_account_id_idx ON pending_log_ins (account_id);

-- A new key is shown to all servers some seconds before it signs; none means that it has signed from the beginning. A key that another
-- follows has its end as retired_at, which may lie ahead; it verifies until its last token has ended.
ALTER TABLE signing_keys ADD COLUMN signs_from timestamptz;
