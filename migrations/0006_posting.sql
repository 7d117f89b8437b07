-- What posting pays for each transfer, made cheaper.
-- +goose Up

-- Every account has the head of its events from its first moment, so that appending is one update and never an insert.
INSERT INTO event_heads (account_id, last_seq) SELECT id, 0 FROM accounts ON CONFLICT DO NOTHING;

-- +goose StatementBegin
CREATE FUNCTION accounts_begin_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_heads (account_id, last_seq) VALUES (NEW.id, 0);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER accounts_events_begin AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION accounts_begin_events();

-- The form of a wallet's number is judged when the number is written. A CHECK of the table is judged with every change of the
-- balance too, and this one took half the time of that change.
CREATE DOMAIN wallet_number AS text CONSTRAINT wallet_number_check CHECK (VALUE ~ '^[A-Z][0-9]{12}$');
ALTER TABLE wallets DROP CONSTRAINT wallets_number_check;
ALTER TABLE wallets ALTER COLUMN number TYPE wallet_number;
ALTER TABLE wallets ADD CONSTRAINT wallets_number_check CHECK (left(number, 1) = currency);
