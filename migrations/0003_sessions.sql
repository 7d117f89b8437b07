-- Sessions of signed-in people: the devices they trust, refresh tokens, log-ins that wait for a code, signing keys.
-- +goose Up

CREATE TABLE signing_keys (
    kid         text        NOT NULL,
    public_key  bytea       NOT NULL,
    sealed_seed bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    retired_at  timestamptz,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid)
);
-- One active key at a time: servers that start together agree on the first.
CREATE UNIQUE INDEX signing_keys_active_key ON signing_keys ((true)) WHERE retired_at IS NULL;

CREATE TABLE devices (
    id            uuid        NOT NULL,
    account_id    uuid        NOT NULL,
    name          text        NOT NULL,
    platform      text        NOT NULL,
    trust_mac     bytea,
    trusted_until timestamptz,
    created_at    timestamptz NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (id),
    CONSTRAINT devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT devices_trust_mac_key UNIQUE (trust_mac),
    CONSTRAINT devices_platform_check CHECK (platform IN ('ANDROID', 'IOS', 'WEB', 'DESKTOP', 'OTHER'))
);
CREATE INDEX devices_account_id_idx ON devices (account_id);

CREATE TABLE sessions (
    id           uuid        NOT NULL,
    account_id   uuid        NOT NULL,
    device_id    uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- When the newest access token of the session ends: sockets live as long, also those that were opened with an older one.
    access_expires_at timestamptz NOT NULL,
    revoked_at   timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT sessions_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id)
);
CREATE INDEX sessions_account_id_idx ON sessions (account_id) WHERE revoked_at IS NULL;

CREATE TABLE refresh_tokens (
    token_mac  bytea       NOT NULL,
    session_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_mac),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id)
);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);

-- A right password from a device that is not trusted: what to open when the code comes.
CREATE TABLE pending_log_ins (
    challenge_id uuid        NOT NULL,
    account_id   uuid        NOT NULL,
    device_name  text        NOT NULL,
    platform     text        NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT pending_log_ins_pkey PRIMARY KEY (challenge_id),
    CONSTRAINT pending_log_ins_challenge_id_fkey FOREIGN KEY (challenge_id) REFERENCES challenges (id) ON DELETE CASCADE,
    CONSTRAINT pending_log_ins_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
