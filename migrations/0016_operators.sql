-- Who is an operator is listed by those who run the servers; they are few among many.
-- +goose Up

CREATE INDEX accounts_operators_idx ON accounts (wmid) WHERE role = 'OPERATOR';
