-- What a person has besides the password: an authenticator app, and codes for the day it is lost.
-- +goose Up

-- The secret is sealed. last_step is the newest 30 seconds whose code was used: no code works twice.
CREATE TABLE totp_factors (
    account_id     uuid        NOT NULL,
    sealed_secret  bytea       NOT NULL,
    created_at     timestamptz NOT NULL,
    confirmed_at   timestamptz,
    last_step      bigint      NOT NULL,
    wrong_in_a_row integer     NOT NULL,
    locked_until   timestamptz,
    CONSTRAINT totp_factors_pkey PRIMARY KEY (account_id),
    CONSTRAINT totp_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT totp_factors_wrong_in_a_row_check CHECK (wrong_in_a_row >= 0)
);

-- A code is kept as a keyed hash, which its account is part of.
CREATE TABLE backup_codes (
    code_mac   bytea       NOT NULL,
    account_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT backup_codes_pkey PRIMARY KEY (code_mac),
    CONSTRAINT backup_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX backup_codes_account_id_idx ON backup_codes (account_id);
