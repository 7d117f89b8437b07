-- Passkeys: keys that a person's devices hold, which sign what is to be confirmed, or a log-in without a password.
-- +goose Up

-- The key is the public one. sign_count is the authenticator's counter, which must not run backwards; many keep it at 0.
CREATE TABLE passkeys (
    id              uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    credential_id   bytea       NOT NULL,
    public_key      bytea       NOT NULL,
    aaguid          uuid        NOT NULL,
    transports      text        NOT NULL,
    sign_count      bigint      NOT NULL,
    backup_eligible boolean     NOT NULL,
    backed_up       boolean     NOT NULL,
    name            text        NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id),
    CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id),
    CONSTRAINT passkeys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT passkeys_sign_count_check CHECK (sign_count >= 0)
);
CREATE INDEX passkeys_account_id_idx ON passkeys (account_id);

-- What a device was asked to sign, once. Nobody's, for a log-in: who it is says the passkey. subject is what an assertion is for.
CREATE TABLE passkey_ceremonies (
    id         uuid        NOT NULL,
    kind       text        NOT NULL,
    account_id uuid,
    subject    text        NOT NULL,
    challenge  bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT passkey_ceremonies_pkey PRIMARY KEY (id),
    CONSTRAINT passkey_ceremonies_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT passkey_ceremonies_kind_check CHECK (kind IN ('REGISTRATION', 'LOG_IN', 'ASSERTION')),
    CONSTRAINT passkey_ceremonies_owner_check CHECK ((kind = 'LOG_IN') = (account_id IS NULL))
);
CREATE INDEX passkey_ceremonies_account_id_idx ON passkey_ceremonies (account_id) WHERE used_at IS NULL;
CREATE INDEX passkey_ceremonies_expires_at_idx ON passkey_ceremonies (expires_at);

-- The code of a challenge may be nobody's: then a passkey answers it, or a backup code.
ALTER TABLE challenges DROP CONSTRAINT challenges_method_check,
    ADD CONSTRAINT challenges_method_check CHECK (method IN ('SMS', 'EMAIL', 'TOTP', 'PASSKEY'));
