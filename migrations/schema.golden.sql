-- What the migrations add up to, as Postgres has it. Written by: make generate

CREATE DOMAIN wallet_number AS text CONSTRAINT wallet_number_check CHECK ((VALUE ~ '^[A-Z][0-9]{12}$'::text));

CREATE TYPE river_job_state AS ENUM ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled');

CREATE TABLE accounts (
    id                     uuid                     NOT NULL,
    wmid                   text                     NOT NULL,
    role                   text                     NOT NULL,
    status                 text                     NOT NULL,
    certificate_level      text                     NOT NULL,
    locale                 text                     NOT NULL,
    email_verified_at      timestamp with time zone,
    password_hash          text                     NOT NULL,
    security_answer_hash   text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    password_changed_at    timestamp with time zone,
    transfers_held_until   timestamp with time zone,
    accepted_terms         integer                  NOT NULL DEFAULT 0,
    accepted_data          integer                  NOT NULL DEFAULT 0,
    closes_at              timestamp with time zone,
    phone_sealed           bytea,
    email_sealed           bytea,
    first_name_sealed      bytea,
    middle_name_sealed     bytea,
    last_name_sealed       bytea,
    birth_date_sealed      bytea,
    security_question_sealed bytea,
    phone_mac              bytea,
    email_mac              bytea,
    operator_freeze        text,
    operator_since         timestamp with time zone,
    incoming_policy        text                     NOT NULL DEFAULT 'EVERYONE'::text,
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_email_key UNIQUE (email_mac),
    CONSTRAINT accounts_phone_key UNIQUE (phone_mac),
    CONSTRAINT accounts_wmid_key UNIQUE (wmid),
    CONSTRAINT accounts_certificate_level_check CHECK ((certificate_level = ANY (ARRAY['ALIAS'::text, 'FORMAL'::text, 'INITIAL'::text, 'PERSONAL'::text]))),
    CONSTRAINT accounts_incoming_policy_check CHECK ((incoming_policy = ANY (ARRAY['EVERYONE'::text, 'CONTACTS'::text]))),
    CONSTRAINT accounts_locale_check CHECK ((locale = ANY (ARRAY['EN'::text, 'RU'::text]))),
    CONSTRAINT accounts_operator_freeze_check CHECK (((operator_freeze IS NULL) OR ((operator_freeze = ANY (ARRAY['ALONE'::text, 'BESIDE'::text])) AND (status = 'FROZEN'::text)))),
    CONSTRAINT accounts_reachable_check CHECK (((role = 'SYSTEM'::text) OR (status = 'CLOSED'::text) OR ((phone_mac IS NOT NULL) AND (email_mac IS NOT NULL)))),
    CONSTRAINT accounts_role_check CHECK ((role = ANY (ARRAY['PERSON'::text, 'OPERATOR'::text, 'SYSTEM'::text]))),
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'FROZEN'::text, 'CLOSED'::text]))),
    CONSTRAINT accounts_wmid_check CHECK ((wmid ~ '^[0-9]{12}$'::text))
);
CREATE INDEX accounts_closes_at_idx ON accounts USING btree (closes_at) WHERE (closes_at IS NOT NULL);
CREATE INDEX accounts_operators_idx ON accounts USING btree (wmid) WHERE (role = 'OPERATOR'::text);
CREATE TRIGGER accounts_events_begin AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION accounts_begin_events();

CREATE TABLE agreement_acceptances (
    account_id             uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    version                integer                  NOT NULL,
    accepted_at            timestamp with time zone NOT NULL,
    session_id             uuid,
    device_name            text                     NOT NULL DEFAULT ''::text,
    device_platform        text                     NOT NULL DEFAULT ''::text,
    CONSTRAINT agreement_acceptances_pkey PRIMARY KEY (account_id, kind, version),
    CONSTRAINT agreement_acceptances_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT agreement_acceptances_agreement_fkey FOREIGN KEY (kind, version) REFERENCES agreements(kind, version)
);

CREATE TABLE agreements (
    kind                   text                     NOT NULL,
    version                integer                  NOT NULL,
    title_en               text                     NOT NULL,
    title_ru               text                     NOT NULL,
    text_en                text                     NOT NULL,
    text_ru                text                     NOT NULL,
    published_at           timestamp with time zone NOT NULL,
    CONSTRAINT agreements_pkey PRIMARY KEY (kind, version),
    CONSTRAINT agreements_kind_check CHECK ((kind = ANY (ARRAY['TERMS_OF_TRANSFER'::text, 'PERSONAL_DATA'::text]))),
    CONSTRAINT agreements_version_check CHECK ((version > 0))
);

CREATE TABLE backup_codes (
    code_mac               bytea                    NOT NULL,
    account_id             uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    used_at                timestamp with time zone,
    CONSTRAINT backup_codes_pkey PRIMARY KEY (code_mac),
    CONSTRAINT backup_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX backup_codes_account_id_idx ON backup_codes USING btree (account_id);

CREATE TABLE blocks (
    account_id             uuid                     NOT NULL,
    blocked_id             uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT blocks_pkey PRIMARY KEY (account_id, blocked_id),
    CONSTRAINT blocks_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES accounts(id),
    CONSTRAINT blocks_others_check CHECK ((account_id <> blocked_id))
);

CREATE TABLE certificate_requests (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    level                  text                     NOT NULL,
    status                 text                     NOT NULL,
    reason                 text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    decided_at             timestamp with time zone,
    decided_by             uuid,
    CONSTRAINT certificate_requests_pkey PRIMARY KEY (id),
    CONSTRAINT certificate_requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT certificate_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT certificate_requests_decided_check CHECK (((decided_at IS NOT NULL) = (status <> 'PENDING'::text))),
    CONSTRAINT certificate_requests_level_check CHECK ((level = ANY (ARRAY['FORMAL'::text, 'INITIAL'::text, 'PERSONAL'::text]))),
    CONSTRAINT certificate_requests_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'APPROVED'::text, 'REJECTED'::text])))
);
CREATE INDEX certificate_requests_account_id_idx ON certificate_requests USING btree (account_id, id);
CREATE UNIQUE INDEX certificate_requests_pending_key ON certificate_requests USING btree (account_id) WHERE (status = 'PENDING'::text);
CREATE INDEX certificate_requests_queue_idx ON certificate_requests USING btree (id) WHERE (status = 'PENDING'::text);

CREATE TABLE challenges (
    id                     uuid                     NOT NULL,
    purpose                text                     NOT NULL,
    method                 text                     NOT NULL,
    locale                 text                     NOT NULL,
    code_mac               bytea                    NOT NULL,
    attempts_left          integer                  NOT NULL,
    sends                  integer                  NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    resend_at              timestamp with time zone NOT NULL,
    used_at                timestamp with time zone,
    message_id             uuid,
    target_sealed          bytea,
    message_sealed         bytea,
    CONSTRAINT challenges_pkey PRIMARY KEY (id),
    CONSTRAINT challenges_attempts_left_check CHECK ((attempts_left >= 0)),
    CONSTRAINT challenges_method_check CHECK ((method = ANY (ARRAY['SMS'::text, 'EMAIL'::text, 'TOTP'::text, 'PASSKEY'::text])))
);
CREATE INDEX challenges_expires_at_idx ON challenges USING btree (expires_at);

CREATE TABLE closings (
    account_id             uuid                     NOT NULL,
    challenge_id           uuid                     NOT NULL,
    CONSTRAINT closings_pkey PRIMARY KEY (account_id),
    CONSTRAINT closings_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);

CREATE TABLE confirmation_policies (
    account_id             uuid                     NOT NULL,
    currency               text                     NOT NULL,
    without_code_upto      bigint                   NOT NULL,
    asked_upto             bigint,
    challenge_id           uuid,
    CONSTRAINT confirmation_policies_pkey PRIMARY KEY (account_id, currency),
    CONSTRAINT confirmation_policies_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT confirmation_policies_currency_fkey FOREIGN KEY (currency) REFERENCES currencies(letter),
    CONSTRAINT confirmation_policies_upto_check CHECK ((without_code_upto >= 0))
);

CREATE TABLE contacts (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    contact_id             uuid                     NOT NULL,
    wallet_id              bigint,
    name_sealed            bytea,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT contacts_pkey PRIMARY KEY (id),
    CONSTRAINT contacts_pair_key UNIQUE (account_id, contact_id),
    CONSTRAINT contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES accounts(id),
    CONSTRAINT contacts_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallets(id),
    CONSTRAINT contacts_others_check CHECK ((account_id <> contact_id))
);
CREATE INDEX contacts_account_id_idx ON contacts USING btree (account_id, id);

CREATE TABLE currencies (
    letter                 text                     NOT NULL,
    code                   text                     NOT NULL,
    name_en                text                     NOT NULL,
    name_ru                text                     NOT NULL,
    exponent               integer                  NOT NULL,
    fee_rate_basis_points  bigint                   NOT NULL,
    fee_min_minor          bigint                   NOT NULL,
    fee_max_minor          bigint                   NOT NULL,
    position               integer                  NOT NULL,
    CONSTRAINT currencies_pkey PRIMARY KEY (letter),
    CONSTRAINT currencies_exponent_check CHECK (((exponent >= 0) AND (exponent <= 8))),
    CONSTRAINT currencies_fee_check CHECK ((((fee_rate_basis_points >= 0) AND (fee_rate_basis_points <= 10000)) AND (fee_min_minor >= 0) AND (fee_max_minor >= fee_min_minor))),
    CONSTRAINT currencies_letter_check CHECK ((letter ~ '^[A-Z]$'::text))
);

CREATE TABLE data_export_chunks (
    export_id              uuid                     NOT NULL,
    attempt                integer                  NOT NULL,
    n                      integer                  NOT NULL,
    sealed                 bytea                    NOT NULL,
    CONSTRAINT data_export_chunks_pkey PRIMARY KEY (export_id, attempt, n),
    CONSTRAINT data_export_chunks_export_id_fkey FOREIGN KEY (export_id) REFERENCES data_exports(id) ON DELETE CASCADE
);

CREATE TABLE data_exports (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    status                 text                     NOT NULL,
    attempt                integer                  NOT NULL,
    claimed_until          timestamp with time zone,
    token_mac              bytea,
    chunks                 integer                  NOT NULL,
    bytes                  bigint                   NOT NULL,
    requested_at           timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    CONSTRAINT data_exports_pkey PRIMARY KEY (id),
    CONSTRAINT data_exports_token_mac_key UNIQUE (token_mac),
    CONSTRAINT data_exports_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT data_exports_ready_check CHECK (((token_mac IS NOT NULL) = (status = 'READY'::text))),
    CONSTRAINT data_exports_status_check CHECK ((status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'READY'::text, 'FAILED'::text, 'EXPIRED'::text])))
);
CREATE INDEX data_exports_account_id_idx ON data_exports USING btree (account_id, requested_at);
CREATE INDEX data_exports_ends_idx ON data_exports USING btree (expires_at) WHERE (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'READY'::text]));
CREATE INDEX data_exports_expires_at_idx ON data_exports USING btree (expires_at);
CREATE UNIQUE INDEX data_exports_open_key ON data_exports USING btree (account_id) WHERE (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]));

CREATE TABLE data_keys (
    id                     text                     NOT NULL,
    check_mac              bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    retired_at             timestamp with time zone,
    CONSTRAINT data_keys_pkey PRIMARY KEY (id)
);

CREATE TABLE devices (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    name                   text                     NOT NULL,
    platform               text                     NOT NULL,
    trust_mac              bytea,
    trusted_until          timestamp with time zone,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (id),
    CONSTRAINT devices_trust_mac_key UNIQUE (trust_mac),
    CONSTRAINT devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT devices_platform_check CHECK ((platform = ANY (ARRAY['ANDROID'::text, 'IOS'::text, 'WEB'::text, 'DESKTOP'::text, 'OTHER'::text])))
);
CREATE INDEX devices_account_id_idx ON devices USING btree (account_id);

CREATE TABLE documents (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    request_id             uuid,
    kind                   text                     NOT NULL,
    content_type           text                     NOT NULL,
    bytes                  integer                  NOT NULL,
    sealed                 bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT documents_request_id_fkey FOREIGN KEY (request_id) REFERENCES certificate_requests(id),
    CONSTRAINT documents_content_type_check CHECK ((content_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text]))),
    CONSTRAINT documents_kind_check CHECK ((kind = ANY (ARRAY['PASSPORT'::text, 'ADDRESS'::text, 'SELFIE'::text])))
);
CREATE INDEX documents_account_id_idx ON documents USING btree (account_id);
CREATE INDEX documents_loose_idx ON documents USING btree (created_at) WHERE (request_id IS NULL);
CREATE INDEX documents_request_id_idx ON documents USING btree (request_id);

CREATE TABLE email_verifications (
    token_mac              bytea                    NOT NULL,
    account_id             uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    used_at                timestamp with time zone,
    new_email_sealed       bytea,
    email_mac              bytea,
    CONSTRAINT email_verifications_pkey PRIMARY KEY (token_mac),
    CONSTRAINT email_verifications_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX email_verifications_account_id_idx ON email_verifications USING btree (account_id);
CREATE INDEX email_verifications_expires_at_idx ON email_verifications USING btree (expires_at);

CREATE TABLE entries (
    wallet_id              bigint                   NOT NULL,
    version                bigint                   NOT NULL,
    transfer_id            uuid                     NOT NULL,
    amount                 bigint                   NOT NULL,
    balance_after          bigint                   NOT NULL,
    posted_at              timestamp with time zone NOT NULL,
    hash                   bytea                    NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (wallet_id, version),
    CONSTRAINT entries_amount_check CHECK ((amount <> 0)),
    CONSTRAINT entries_version_check CHECK ((version > 0))
);
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse_change();

CREATE TABLE event_heads (
    account_id             uuid                     NOT NULL,
    last_seq               bigint                   NOT NULL,
    CONSTRAINT event_heads_pkey PRIMARY KEY (account_id)
) WITH (fillfactor=70);

CREATE TABLE events (
    account_id             uuid                     NOT NULL,
    seq                    bigint                   NOT NULL,
    kind                   text                     NOT NULL,
    subject                text                     NOT NULL,
    occurred_at            timestamp with time zone NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (account_id, seq),
    CONSTRAINT events_kind_check CHECK ((kind = ANY (ARRAY['TRANSFER_RECEIVED'::text, 'TRANSFER_SENT'::text, 'TRANSFER_UPDATED'::text, 'WALLET_OPENED'::text, 'SESSION_OPENED'::text, 'ACCOUNT_CHANGED'::text])))
);

CREATE TABLE messages (
    id                     uuid                     NOT NULL,
    channel                text                     NOT NULL,
    sealed                 bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    state                  text                     NOT NULL DEFAULT 'SENT'::text,
    attempts               integer                  NOT NULL DEFAULT 0,
    claimed_until          timestamp with time zone,
    expires_at             timestamp with time zone NOT NULL DEFAULT now(),
    gateway                text                     NOT NULL DEFAULT ''::text,
    last_error             text                     NOT NULL DEFAULT ''::text,
    sent_at                timestamp with time zone,
    recipient_sealed       bytea,
    recipient_mac          bytea,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT messages_channel_check CHECK ((channel = ANY (ARRAY['SMS'::text, 'EMAIL'::text, 'PUSH'::text]))),
    CONSTRAINT messages_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'SENT'::text, 'ABANDONED'::text])))
);
CREATE INDEX messages_created_at_idx ON messages USING btree (created_at);
CREATE INDEX messages_recipient_idx ON messages USING btree (recipient_mac, id);
CREATE INDEX messages_state_idx ON messages USING btree (state, expires_at) WHERE (state <> 'SENT'::text);

CREATE TABLE notices (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    event                  text                     NOT NULL,
    subject                text                     NOT NULL,
    session_id             uuid,
    lettered               boolean                  NOT NULL DEFAULT false,
    created_at             timestamp with time zone NOT NULL,
    due_at                 timestamp with time zone NOT NULL,
    CONSTRAINT notices_pkey PRIMARY KEY (id)
);
CREATE INDEX notices_due_at_idx ON notices USING btree (due_at);

CREATE TABLE notification_choices (
    account_id             uuid                     NOT NULL,
    event                  text                     NOT NULL,
    channels               text                     NOT NULL,
    CONSTRAINT notification_choices_pkey PRIMARY KEY (account_id, event),
    CONSTRAINT notification_choices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);

CREATE TABLE operator_actions (
    id                     uuid                     NOT NULL,
    operator_id            uuid                     NOT NULL,
    action                 text                     NOT NULL,
    subject                text                     NOT NULL,
    reference              text                     NOT NULL,
    request_id             text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    details                text                     NOT NULL DEFAULT ''::text,
    CONSTRAINT operator_actions_pkey PRIMARY KEY (id),
    CONSTRAINT operator_actions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts(id)
);
CREATE INDEX operator_actions_action_idx ON operator_actions USING btree (action, created_at, id);
CREATE INDEX operator_actions_operator_idx ON operator_actions USING btree (operator_id, created_at, id);
CREATE INDEX operator_actions_subject_idx ON operator_actions USING btree (subject, created_at, id);
CREATE INDEX operator_actions_time_idx ON operator_actions USING btree (created_at, id);
CREATE TRIGGER operator_actions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON operator_actions FOR EACH STATEMENT EXECUTE FUNCTION operator_actions_refuse_change();

CREATE TABLE operator_moves (
    operator_id            uuid                     NOT NULL,
    idempotency_key        uuid                     NOT NULL,
    currency               text                     NOT NULL,
    amount                 bigint                   NOT NULL,
    moved_at               timestamp with time zone NOT NULL,
    CONSTRAINT operator_moves_pkey PRIMARY KEY (operator_id, idempotency_key),
    CONSTRAINT operator_moves_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts(id)
);
CREATE INDEX operator_moves_moved_at_idx ON operator_moves USING btree (moved_at);
CREATE INDEX operator_moves_sum_idx ON operator_moves USING btree (operator_id, currency, moved_at);

CREATE TABLE operator_requests (
    id                     uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    status                 text                     NOT NULL,
    operator_id            uuid                     NOT NULL,
    idempotency_key        uuid                     NOT NULL,
    fingerprint            bytea                    NOT NULL,
    wallet_number          text                     NOT NULL,
    currency               text                     NOT NULL,
    amount                 bigint                   NOT NULL,
    reference              text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    decided_by             uuid,
    decided_at             timestamp with time zone,
    reason                 text                     NOT NULL DEFAULT ''::text,
    CONSTRAINT operator_requests_pkey PRIMARY KEY (id),
    CONSTRAINT operator_requests_key UNIQUE (operator_id, idempotency_key),
    CONSTRAINT operator_requests_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT operator_requests_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES accounts(id),
    CONSTRAINT operator_requests_wallet_number_fkey FOREIGN KEY (wallet_number) REFERENCES wallets(number),
    CONSTRAINT operator_requests_amount_check CHECK ((amount > 0)),
    CONSTRAINT operator_requests_decided_check CHECK ((((status = ANY (ARRAY['APPROVED'::text, 'REJECTED'::text])) = (decided_by IS NOT NULL)) AND ((decided_by IS NULL) = (decided_at IS NULL)))),
    CONSTRAINT operator_requests_kind_check CHECK ((kind = ANY (ARRAY['ISSUE'::text, 'REDEMPTION'::text]))),
    CONSTRAINT operator_requests_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'APPROVED'::text, 'REJECTED'::text, 'EXPIRED'::text]))),
    CONSTRAINT operator_requests_two_check CHECK (((status <> 'APPROVED'::text) OR (decided_by <> operator_id)))
);
CREATE INDEX operator_requests_expires_at_idx ON operator_requests USING btree (expires_at) WHERE (status = 'PENDING'::text);
CREATE INDEX operator_requests_status_idx ON operator_requests USING btree (status, id);

CREATE TABLE passkey_ceremonies (
    id                     uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    account_id             uuid,
    subject                text                     NOT NULL,
    challenge              bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    used_at                timestamp with time zone,
    CONSTRAINT passkey_ceremonies_pkey PRIMARY KEY (id),
    CONSTRAINT passkey_ceremonies_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT passkey_ceremonies_kind_check CHECK ((kind = ANY (ARRAY['REGISTRATION'::text, 'LOG_IN'::text, 'ASSERTION'::text]))),
    CONSTRAINT passkey_ceremonies_owner_check CHECK (((kind = 'LOG_IN'::text) = (account_id IS NULL)))
);
CREATE INDEX passkey_ceremonies_account_id_idx ON passkey_ceremonies USING btree (account_id) WHERE (used_at IS NULL);
CREATE INDEX passkey_ceremonies_expires_at_idx ON passkey_ceremonies USING btree (expires_at);

CREATE TABLE passkeys (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    credential_id          bytea                    NOT NULL,
    public_key             bytea                    NOT NULL,
    aaguid                 uuid                     NOT NULL,
    transports             text                     NOT NULL,
    sign_count             bigint                   NOT NULL,
    backup_eligible        boolean                  NOT NULL,
    backed_up              boolean                  NOT NULL,
    name                   text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    last_used_at           timestamp with time zone,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id),
    CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id),
    CONSTRAINT passkeys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT passkeys_sign_count_check CHECK ((sign_count >= 0))
);
CREATE INDEX passkeys_account_id_idx ON passkeys USING btree (account_id);

CREATE TABLE pending_log_ins (
    challenge_id           uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    device_name            text                     NOT NULL,
    platform               text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT pending_log_ins_pkey PRIMARY KEY (challenge_id),
    CONSTRAINT pending_log_ins_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT pending_log_ins_challenge_id_fkey FOREIGN KEY (challenge_id) REFERENCES challenges(id) ON DELETE CASCADE
);
CREATE INDEX pending_log_ins_account_id_idx ON pending_log_ins USING btree (account_id);

CREATE TABLE phone_changes (
    account_id             uuid                     NOT NULL,
    old_challenge_id       uuid                     NOT NULL,
    new_challenge_id       uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    new_phone_sealed       bytea,
    CONSTRAINT phone_changes_pkey PRIMARY KEY (account_id),
    CONSTRAINT phone_changes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);

CREATE TABLE push_devices (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    session_id             uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    target_sealed          bytea,
    target_mac             bytea                    NOT NULL,
    name                   text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    CONSTRAINT push_devices_pkey PRIMARY KEY (id),
    CONSTRAINT push_devices_target_key UNIQUE (target_mac),
    CONSTRAINT push_devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT push_devices_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
    CONSTRAINT push_devices_kind_check CHECK ((kind = ANY (ARRAY['WEB_PUSH'::text, 'APNS'::text, 'FCM'::text])))
);
CREATE INDEX push_devices_account_id_idx ON push_devices USING btree (account_id);
CREATE INDEX push_devices_session_id_idx ON push_devices USING btree (session_id);

CREATE TABLE quiet_hours (
    account_id             uuid                     NOT NULL,
    from_minute            integer                  NOT NULL,
    to_minute              integer                  NOT NULL,
    time_zone              text                     NOT NULL,
    CONSTRAINT quiet_hours_pkey PRIMARY KEY (account_id),
    CONSTRAINT quiet_hours_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT quiet_hours_minutes_check CHECK ((((from_minute >= 0) AND (from_minute <= 1439)) AND ((to_minute >= 0) AND (to_minute <= 1439)) AND (from_minute <> to_minute)))
);

CREATE TABLE rate_counters (
    key_mac                bytea                    NOT NULL,
    used                   integer                  NOT NULL,
    ends_at                timestamp with time zone NOT NULL,
    CONSTRAINT rate_counters_pkey PRIMARY KEY (key_mac)
);
CREATE INDEX rate_counters_ends_at_idx ON rate_counters USING btree (ends_at);

CREATE TABLE recoveries (
    id                     uuid                     NOT NULL,
    token_mac              bytea                    NOT NULL,
    kind                   text                     NOT NULL,
    account_id             uuid,
    challenge_id           uuid,
    phone_verified_at      timestamp with time zone,
    answers_left           integer                  NOT NULL,
    cancel_mac             bytea,
    ready_at               timestamp with time zone,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    ended_at               timestamp with time zone,
    new_phone_sealed       bytea,
    CONSTRAINT recoveries_pkey PRIMARY KEY (id),
    CONSTRAINT recoveries_cancel_mac_key UNIQUE (cancel_mac),
    CONSTRAINT recoveries_token_mac_key UNIQUE (token_mac),
    CONSTRAINT recoveries_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT recoveries_answers_left_check CHECK ((answers_left >= 0)),
    CONSTRAINT recoveries_kind_check CHECK ((kind = ANY (ARRAY['PHONE'::text, 'LOST_PHONE'::text])))
);
CREATE INDEX recoveries_account_id_idx ON recoveries USING btree (account_id) WHERE (ended_at IS NULL);
CREATE INDEX recoveries_expires_at_idx ON recoveries USING btree (expires_at);

CREATE TABLE refresh_tokens (
    token_mac              bytea                    NOT NULL,
    session_id             uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    used_at                timestamp with time zone,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_mac),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens USING btree (expires_at);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens USING btree (session_id);

CREATE TABLE refused_transfers (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    from_number            wallet_number            NOT NULL,
    recipient              text                     NOT NULL,
    amount                 bigint                   NOT NULL,
    code                   text                     NOT NULL,
    refused_at             timestamp with time zone NOT NULL,
    CONSTRAINT refused_transfers_pkey PRIMARY KEY (id),
    CONSTRAINT refused_transfers_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX refused_transfers_account_id_idx ON refused_transfers USING btree (account_id, id);
CREATE INDEX refused_transfers_refused_at_idx ON refused_transfers USING btree (refused_at);

CREATE TABLE registrations (
    id                     uuid                     NOT NULL,
    token_mac              bytea                    NOT NULL,
    locale                 text                     NOT NULL,
    security_answer_hash   text                     NOT NULL DEFAULT ''::text,
    profile_submitted_at   timestamp with time zone,
    challenge_id           uuid,
    phone_verified_at      timestamp with time zone,
    account_id             uuid,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    phone_sealed           bytea,
    email_sealed           bytea,
    first_name_sealed      bytea,
    middle_name_sealed     bytea,
    last_name_sealed       bytea,
    birth_date_sealed      bytea,
    security_question_sealed bytea,
    CONSTRAINT registrations_pkey PRIMARY KEY (id),
    CONSTRAINT registrations_token_mac_key UNIQUE (token_mac),
    CONSTRAINT registrations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX registrations_expires_at_idx ON registrations USING btree (expires_at);

CREATE TABLE river_job (
    id                     bigint                   NOT NULL DEFAULT nextval('river_job_id_seq'::regclass),
    state                  river_job_state          NOT NULL DEFAULT 'available'::river_job_state,
    attempt                smallint                 NOT NULL DEFAULT 0,
    max_attempts           smallint                 NOT NULL DEFAULT 25,
    attempted_at           timestamp with time zone,
    created_at             timestamp with time zone NOT NULL DEFAULT now(),
    finalized_at           timestamp with time zone,
    scheduled_at           timestamp with time zone NOT NULL DEFAULT now(),
    priority               smallint                 NOT NULL DEFAULT 1,
    args                   jsonb                    NOT NULL,
    attempted_by           text[],
    errors                 jsonb[],
    kind                   text                     NOT NULL,
    metadata               jsonb                    NOT NULL DEFAULT '{}'::jsonb,
    queue                  text                     NOT NULL DEFAULT 'default'::text,
    tags                   character varying(255)[] NOT NULL DEFAULT '{}'::character varying[],
    unique_key             bytea,
    unique_states          bit(8),
    CONSTRAINT river_job_pkey PRIMARY KEY (id),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);
CREATE INDEX river_job_args_index ON river_job USING gin (args);
CREATE INDEX river_job_kind ON river_job USING btree (kind);
CREATE INDEX river_job_metadata_index ON river_job USING gin (metadata);
CREATE INDEX river_job_prioritized_fetching_index ON river_job USING btree (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river_job_state_in_bitmask(unique_states, state));

CREATE UNLOGGED TABLE river_leader (
    elected_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    leader_id              text                     NOT NULL,
    name                   text                     NOT NULL DEFAULT 'default'::text,
    CONSTRAINT river_leader_pkey PRIMARY KEY (name),
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);

CREATE TABLE river_migration (
    line                   text                     NOT NULL,
    version                bigint                   NOT NULL,
    created_at             timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version),
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);

CREATE TABLE river_notification (
    id                     bigint                   NOT NULL DEFAULT nextval('river_notification_id_seq'::regclass),
    created_at             timestamp with time zone NOT NULL DEFAULT now(),
    payload                text                     NOT NULL,
    topic                  text                     NOT NULL,
    CONSTRAINT river_notification_pkey PRIMARY KEY (id),
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);
CREATE INDEX river_notification_created_at_idx ON river_notification USING btree (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification USING btree (topic, id);

CREATE TABLE river_queue (
    name                   text                     NOT NULL,
    created_at             timestamp with time zone NOT NULL DEFAULT now(),
    metadata               jsonb                    NOT NULL DEFAULT '{}'::jsonb,
    paused_at              timestamp with time zone,
    updated_at             timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT river_queue_pkey PRIMARY KEY (name)
);

CREATE TABLE security_events (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    session_id             uuid,
    device_name            text                     NOT NULL,
    device_platform        text                     NOT NULL,
    network                text                     NOT NULL,
    request_id             text                     NOT NULL,
    occurred_at            timestamp with time zone NOT NULL,
    CONSTRAINT security_events_pkey PRIMARY KEY (id),
    CONSTRAINT security_events_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX security_events_account_id_idx ON security_events USING btree (account_id, id);
CREATE TRIGGER security_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON security_events FOR EACH STATEMENT EXECUTE FUNCTION security_events_refuse_change();
CREATE TRIGGER security_events_tell AFTER INSERT ON security_events FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['SIGNED_IN'::text, 'PASSWORD_CHANGED'::text, 'PHONE_CHANGED'::text, 'EMAIL_CHANGED'::text, 'SECURITY_QUESTION_CHANGED'::text, 'FROZEN'::text, 'UNFROZEN'::text, 'CLOSING_BEGUN'::text, 'TOTP_ENABLED'::text, 'TOTP_DISABLED'::text, 'BACKUP_CODES_RENEWED'::text, 'PASSKEY_ADDED'::text, 'PASSKEY_REMOVED'::text, 'PASSKEY_REFUSED'::text, 'RECOVERY_STARTED'::text, 'RECOVERED'::text, 'FROZEN_BY_OPERATOR'::text, 'UNFROZEN_BY_OPERATOR'::text, 'SESSIONS_ENDED_BY_OPERATOR'::text, 'CONFIRMATION_POLICY_CHANGED'::text, 'TOKEN_REUSED'::text, 'BACKUP_CODE_USED'::text, 'RECOVERY_CANCELLED'::text, 'CLOSING_CANCELLED'::text]))) EXECUTE FUNCTION security_events_tell();

CREATE TABLE sessions (
    id                     uuid                     NOT NULL,
    account_id             uuid                     NOT NULL,
    device_id              uuid                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    last_seen_at           timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL,
    access_expires_at      timestamp with time zone NOT NULL,
    revoked_at             timestamp with time zone,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT sessions_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices(id)
);
CREATE INDEX sessions_account_id_idx ON sessions USING btree (account_id) WHERE (revoked_at IS NULL);

CREATE TABLE signing_keys (
    kid                    text                     NOT NULL,
    public_key             bytea                    NOT NULL,
    sealed_seed            bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    retired_at             timestamp with time zone,
    signs_from             timestamp with time zone,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid)
);
CREATE UNIQUE INDEX signing_keys_active_key ON signing_keys USING btree ((true)) WHERE (retired_at IS NULL);

CREATE TABLE spending (
    account_id             uuid                     NOT NULL,
    currency               text                     NOT NULL,
    spent_at               timestamp with time zone NOT NULL DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone,
    day                    bigint                   NOT NULL DEFAULT 0,
    week                   bigint                   NOT NULL DEFAULT 0,
    month                  bigint                   NOT NULL DEFAULT 0,
    uncoded_since          timestamp with time zone NOT NULL DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone,
    uncoded                bigint                   NOT NULL DEFAULT 0,
    uncoded_hours          bigint[]                 NOT NULL DEFAULT '{}'::bigint[],
    CONSTRAINT spending_pkey PRIMARY KEY (account_id, currency)
) WITH (fillfactor=70);

CREATE TABLE spending_limits (
    level                  text                     NOT NULL,
    currency               text                     NOT NULL,
    per_day                bigint                   NOT NULL,
    per_week               bigint                   NOT NULL,
    per_month              bigint                   NOT NULL,
    balance_cap            bigint                   NOT NULL,
    CONSTRAINT spending_limits_pkey PRIMARY KEY (level, currency),
    CONSTRAINT spending_limits_currency_fkey FOREIGN KEY (currency) REFERENCES currencies(letter),
    CONSTRAINT spending_limits_level_check CHECK ((level = ANY (ARRAY['ALIAS'::text, 'FORMAL'::text, 'INITIAL'::text, 'PERSONAL'::text]))),
    CONSTRAINT spending_limits_order_check CHECK (((0 < per_day) AND (per_day <= per_week) AND (per_week <= per_month) AND (0 < balance_cap)))
);

CREATE TABLE thaws (
    account_id             uuid                     NOT NULL,
    challenge_id           uuid                     NOT NULL,
    CONSTRAINT thaws_pkey PRIMARY KEY (account_id),
    CONSTRAINT thaws_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);

CREATE TABLE totp_factors (
    account_id             uuid                     NOT NULL,
    sealed_secret          bytea                    NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    confirmed_at           timestamp with time zone,
    last_step              bigint                   NOT NULL,
    wrong_in_a_row         integer                  NOT NULL,
    locked_until           timestamp with time zone,
    CONSTRAINT totp_factors_pkey PRIMARY KEY (account_id),
    CONSTRAINT totp_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT totp_factors_wrong_in_a_row_check CHECK ((wrong_in_a_row >= 0))
);

CREATE TABLE transfers (
    id                     uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    status                 text                     NOT NULL,
    account_id             uuid                     NOT NULL,
    idempotency_key        uuid                     NOT NULL,
    fingerprint            bytea                    NOT NULL,
    currency               text                     NOT NULL,
    from_wallet_id         bigint                   NOT NULL,
    to_wallet_id           bigint                   NOT NULL,
    from_account_id        uuid                     NOT NULL,
    to_account_id          uuid                     NOT NULL,
    amount                 bigint                   NOT NULL,
    fee                    bigint                   NOT NULL,
    fee_paid_by            text                     NOT NULL,
    memo                   text                     NOT NULL,
    challenge_id           uuid,
    confirm_by             timestamp with time zone,
    confirmed_at           timestamp with time zone,
    created_at             timestamp with time zone NOT NULL,
    posted_at              timestamp with time zone,
    completed_at           timestamp with time zone,
    protection             text,
    protection_mac         bytea,
    protection_days        integer,
    attempts_left          integer,
    protected_until        timestamp with time zone,
    accepted_at            timestamp with time zone,
    settle_at              timestamp with time zone,
    refund_of              uuid,
    refunded               bigint                   NOT NULL DEFAULT 0,
    CONSTRAINT transfers_pkey PRIMARY KEY (id),
    CONSTRAINT transfers_idempotency_key UNIQUE (account_id, idempotency_key),
    CONSTRAINT transfers_refund_of_fkey FOREIGN KEY (refund_of) REFERENCES transfers(id),
    CONSTRAINT transfers_amount_check CHECK (((amount > 0) AND (fee >= 0))),
    CONSTRAINT transfers_completed_check CHECK (((completed_at IS NOT NULL) = (status = ANY (ARRAY['COMPLETED'::text, 'RETURNED'::text])))),
    CONSTRAINT transfers_fee_paid_by_check CHECK (((fee_paid_by = ANY (ARRAY['SENDER'::text, 'RECIPIENT'::text])) AND ((fee_paid_by = 'SENDER'::text) OR (fee < amount)))),
    CONSTRAINT transfers_kind_check CHECK ((kind = ANY (ARRAY['PAYMENT'::text, 'REFUND'::text, 'ISSUE'::text, 'REDEMPTION'::text]))),
    CONSTRAINT transfers_posted_check CHECK (((posted_at IS NOT NULL) = (status = ANY (ARRAY['PROTECTED'::text, 'COMPLETED'::text, 'RETURNED'::text])))),
    CONSTRAINT transfers_protected_check CHECK ((((protection IS NOT NULL) AND (posted_at IS NOT NULL)) = (protected_until IS NOT NULL))),
    CONSTRAINT transfers_protection_check CHECK (((protection = ANY (ARRAY['CODE'::text, 'TIME'::text])) AND ((protection_days >= 1) AND (protection_days <= 120)) AND ((protection = 'CODE'::text) = (protection_mac IS NOT NULL)) AND ((protection = 'CODE'::text) = (attempts_left IS NOT NULL)))),
    CONSTRAINT transfers_refund_check CHECK ((((refunded >= 0) AND (refunded <= amount)) AND ((kind = 'REFUND'::text) = (refund_of IS NOT NULL)))),
    CONSTRAINT transfers_status_check CHECK ((status = ANY (ARRAY['AWAITING_CONFIRMATION'::text, 'PROTECTED'::text, 'COMPLETED'::text, 'RETURNED'::text, 'CANCELLED'::text, 'EXPIRED'::text]))),
    CONSTRAINT transfers_wallets_check CHECK ((from_wallet_id <> to_wallet_id))
) WITH (fillfactor=90);
CREATE INDEX transfers_confirm_by_idx ON transfers USING btree (confirm_by) WHERE (status = 'AWAITING_CONFIRMATION'::text);
CREATE INDEX transfers_open_received_idx ON transfers USING btree (to_account_id) WHERE (status = 'PROTECTED'::text);
CREATE INDEX transfers_open_sent_idx ON transfers USING btree (from_account_id) WHERE (status = ANY (ARRAY['AWAITING_CONFIRMATION'::text, 'PROTECTED'::text]));
CREATE INDEX transfers_pair_idx ON transfers USING btree (from_account_id, to_account_id) WHERE (posted_at IS NOT NULL);
CREATE INDEX transfers_protected_from_idx ON transfers USING btree (from_wallet_id) WHERE (status = 'PROTECTED'::text);
CREATE INDEX transfers_protected_to_idx ON transfers USING btree (to_wallet_id) WHERE (status = 'PROTECTED'::text);
CREATE INDEX transfers_received_idx ON transfers USING btree (to_account_id, id) WHERE (posted_at IS NOT NULL);
CREATE INDEX transfers_refund_of_idx ON transfers USING btree (refund_of) WHERE (refund_of IS NOT NULL);
CREATE INDEX transfers_sent_idx ON transfers USING btree (from_account_id, id);
CREATE INDEX transfers_settle_at_idx ON transfers USING btree (settle_at) WHERE (status = 'PROTECTED'::text);

CREATE TABLE turnover_heads (
    wallet_id              bigint                   NOT NULL,
    version                bigint                   NOT NULL,
    CONSTRAINT turnover_heads_pkey PRIMARY KEY (wallet_id)
);

CREATE TABLE turnovers (
    wallet_id              bigint                   NOT NULL,
    month                  date                     NOT NULL,
    incoming               bigint                   NOT NULL,
    outgoing               bigint                   NOT NULL,
    fees                   bigint                   NOT NULL,
    movements              bigint                   NOT NULL,
    CONSTRAINT turnovers_pkey PRIMARY KEY (wallet_id, month)
);

CREATE TABLE wallets (
    id                     bigint                   NOT NULL GENERATED ALWAYS AS IDENTITY,
    number                 wallet_number            NOT NULL,
    account_id             uuid                     NOT NULL,
    kind                   text                     NOT NULL,
    currency               text                     NOT NULL,
    shard                  integer                  NOT NULL DEFAULT 0,
    name                   text                     NOT NULL,
    is_default             boolean                  NOT NULL,
    balance                bigint                   NOT NULL DEFAULT 0,
    version                bigint                   NOT NULL DEFAULT 0,
    head_hash              bytea                    NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea,
    opened_at              timestamp with time zone NOT NULL,
    closed_at              timestamp with time zone,
    shut                   boolean                  NOT NULL DEFAULT false,
    balance_cap            bigint,
    incoming               bigint                   NOT NULL DEFAULT 0,
    screened               boolean                  NOT NULL DEFAULT false,
    notified               boolean                  NOT NULL DEFAULT false,
    CONSTRAINT wallets_pkey PRIMARY KEY (id),
    CONSTRAINT wallets_number_key UNIQUE (number),
    CONSTRAINT wallets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT wallets_currency_fkey FOREIGN KEY (currency) REFERENCES currencies(letter),
    CONSTRAINT wallets_balance_check CHECK (((balance >= 0) OR (kind = ANY (ARRAY['ISSUE'::text, 'PROTECTED'::text])))),
    CONSTRAINT wallets_closed_check CHECK (((closed_at IS NULL) OR ((balance = 0) AND (NOT is_default)))),
    CONSTRAINT wallets_incoming_check CHECK ((incoming >= 0)),
    CONSTRAINT wallets_kind_check CHECK ((kind = ANY (ARRAY['USER'::text, 'ISSUE'::text, 'FEES'::text, 'PROTECTED'::text]))),
    CONSTRAINT wallets_number_check CHECK (("left"((number)::text, 1) = currency))
) WITH (fillfactor=80);
CREATE INDEX wallets_account_id_idx ON wallets USING btree (account_id);
CREATE UNIQUE INDEX wallets_default_key ON wallets USING btree (account_id, currency) WHERE is_default;
CREATE UNIQUE INDEX wallets_system_key ON wallets USING btree (currency, kind, shard) WHERE (kind <> 'USER'::text);
CREATE TRIGGER wallets_begin BEFORE INSERT ON wallets FOR EACH ROW WHEN ((new.kind = 'USER'::text)) EXECUTE FUNCTION wallets_begin();
CREATE TRIGGER wallets_notify BEFORE INSERT OR UPDATE OF notified ON wallets FOR EACH ROW EXECUTE FUNCTION wallets_notify();
CREATE TRIGGER wallets_screen BEFORE INSERT OR UPDATE OF screened ON wallets FOR EACH ROW EXECUTE FUNCTION wallets_screen();

CREATE OR REPLACE FUNCTION accounts_begin_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO event_heads (account_id, last_seq) VALUES (NEW.id, 0);
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION entries_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$function$;

CREATE OR REPLACE FUNCTION is_notified(owner uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT 1 FROM push_devices WHERE account_id = owner)
        OR EXISTS (SELECT 1 FROM notification_choices WHERE account_id = owner AND event NOT IN ('NEW_SIGN_IN', 'SECURITY_CHANGE')
                   AND channels ~ '(SMS|EMAIL)')
$function$;

CREATE OR REPLACE FUNCTION is_screened(owner uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT 1 FROM blocks WHERE account_id = owner)
        OR EXISTS (SELECT 1 FROM accounts WHERE id = owner AND incoming_policy = 'CONTACTS')
$function$;

CREATE OR REPLACE FUNCTION operator_actions_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'the operators'' log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$function$;

CREATE OR REPLACE FUNCTION river_job_state_in_bitmask(bitmask bit, state river_job_state)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$function$;

CREATE OR REPLACE FUNCTION security_events_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'the security log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$function$;

CREATE OR REPLACE FUNCTION security_events_tell()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO notices (id, account_id, event, subject, session_id, created_at, due_at)
    SELECT NEW.id, NEW.account_id, CASE NEW.kind WHEN 'SIGNED_IN' THEN 'NEW_SIGN_IN' ELSE 'SECURITY_CHANGE' END, NEW.kind,
           CASE NEW.kind WHEN 'SIGNED_IN' THEN NEW.session_id END, NEW.occurred_at, NEW.occurred_at
    WHERE EXISTS (SELECT 1 FROM push_devices WHERE account_id = NEW.account_id);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION wallets_begin()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO spending (account_id, currency) VALUES (NEW.account_id, NEW.currency) ON CONFLICT DO NOTHING;
    NEW.balance_cap = (SELECT l.balance_cap FROM accounts a JOIN spending_limits l ON l.level = a.certificate_level
                       WHERE a.id = NEW.account_id AND l.currency = NEW.currency);
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION wallets_notify()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.notified = is_notified(NEW.account_id);
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION wallets_screen()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.screened = is_screened(NEW.account_id);
    RETURN NEW;
END
$function$;
