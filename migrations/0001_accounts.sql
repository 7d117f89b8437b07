-- People and how they come in: accounts, the agreements they accept, and registrations on their way to an account.
-- +goose Up

CREATE TABLE accounts (
    id                   uuid        NOT NULL,
    wmid                 text        NOT NULL,
    role                 text        NOT NULL,
    status               text        NOT NULL,
    certificate_level    text        NOT NULL,
    locale               text        NOT NULL,
    phone                text,
    email                text,
    email_key            text,
    email_verified_at    timestamptz,
    first_name           text        NOT NULL,
    middle_name          text        NOT NULL,
    last_name            text        NOT NULL,
    birth_date           date,
    password_hash        text        NOT NULL,
    security_question    text        NOT NULL,
    security_answer_hash text        NOT NULL,
    created_at           timestamptz NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_wmid_key UNIQUE (wmid),
    CONSTRAINT accounts_phone_key UNIQUE (phone),
    CONSTRAINT accounts_email_key UNIQUE (email_key),
    CONSTRAINT accounts_wmid_check CHECK (wmid ~ '^[0-9]{12}$'),
    CONSTRAINT accounts_role_check CHECK (role IN ('PERSON', 'OPERATOR', 'SYSTEM')),
    CONSTRAINT accounts_status_check CHECK (status IN ('ACTIVE', 'FROZEN', 'CLOSED')),
    CONSTRAINT accounts_certificate_level_check CHECK (certificate_level IN ('ALIAS', 'FORMAL', 'INITIAL', 'PERSONAL')),
    CONSTRAINT accounts_locale_check CHECK (locale IN ('EN', 'RU')),
    CONSTRAINT accounts_reachable_check CHECK (role = 'SYSTEM' OR (phone IS NOT NULL AND email IS NOT NULL AND birth_date IS NOT NULL))
);

-- The system itself is the owner of the wallets that issue money, collect fees and hold protected transfers. Nobody
-- can log in to it: its password hash is no hash.
INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, first_name, middle_name, last_name,
                      password_hash, security_question, security_answer_hash, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', '000000000002', 'SYSTEM', 'ACTIVE', 'PERSONAL', 'EN', 'Purser', '', '', '', '', '', now());

-- Mail links. The token itself is only in the letter.
CREATE TABLE email_verifications (
    token_mac  bytea       NOT NULL,
    account_id uuid        NOT NULL,
    email_key  text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT email_verifications_pkey PRIMARY KEY (token_mac),
    CONSTRAINT email_verifications_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX email_verifications_account_id_idx ON email_verifications (account_id);
CREATE INDEX email_verifications_expires_at_idx ON email_verifications (expires_at);

CREATE TABLE agreements (
    kind         text        NOT NULL,
    version      integer     NOT NULL,
    title_en     text        NOT NULL,
    title_ru     text        NOT NULL,
    text_en      text        NOT NULL,
    text_ru      text        NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT agreements_pkey PRIMARY KEY (kind, version),
    CONSTRAINT agreements_kind_check CHECK (kind IN ('TERMS_OF_TRANSFER', 'PERSONAL_DATA')),
    CONSTRAINT agreements_version_check CHECK (version > 0)
);

INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at) VALUES
('TERMS_OF_TRANSFER', 1, 'Terms of transfer', 'Условия перевода',
 'You move title units between wallets of one currency. A transfer you confirm with a code is final once it is completed. The sender pays the fee shown before confirmation, unless it is agreed that the recipient pays it. Keep your password and codes to yourself: whoever has them can act in your name.',
 'Вы переводите титульные знаки между кошельками одной валюты. Перевод, подтверждённый кодом, после выполнения окончателен. Комиссию, показанную до подтверждения, платит отправитель, если не условлено, что её платит получатель. Никому не сообщайте пароль и коды: тот, у кого они есть, может действовать от вашего имени.',
 now()),
('PERSONAL_DATA', 1, 'Processing of personal data', 'Обработка персональных данных',
 'We keep your name, birth date, phone, e-mail address and the record of your transfers in order to run your account, to let you back in when you lose access, and to meet the law. People who pay you or whom you pay see your name; others see a shortened one. Your data is not sold.',
 'Мы храним ваше имя, дату рождения, телефон, адрес электронной почты и историю переводов, чтобы вести ваш счёт, вернуть вам доступ при его утрате и соблюдать закон. Те, кто платит вам или кому платите вы, видят ваше имя; остальные — сокращённое. Ваши данные не продаются.',
 now());

CREATE TABLE agreement_acceptances (
    account_id  uuid        NOT NULL,
    kind        text        NOT NULL,
    version     integer     NOT NULL,
    accepted_at timestamptz NOT NULL,
    CONSTRAINT agreement_acceptances_pkey PRIMARY KEY (account_id, kind, version),
    CONSTRAINT agreement_acceptances_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT agreement_acceptances_agreement_fkey FOREIGN KEY (kind, version) REFERENCES agreements (kind, version)
);

CREATE TABLE registrations (
    id                   uuid        NOT NULL,
    token_mac            bytea       NOT NULL,
    phone                text        NOT NULL,
    locale               text        NOT NULL,
    email                text        NOT NULL DEFAULT '',
    first_name           text        NOT NULL DEFAULT '',
    middle_name          text        NOT NULL DEFAULT '',
    last_name            text        NOT NULL DEFAULT '',
    birth_date           date,
    security_question    text        NOT NULL DEFAULT '',
    security_answer_hash text        NOT NULL DEFAULT '',
    profile_submitted_at timestamptz,
    challenge_id         uuid,
    phone_verified_at    timestamptz,
    account_id           uuid,
    created_at           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL,
    CONSTRAINT registrations_pkey PRIMARY KEY (id),
    CONSTRAINT registrations_token_mac_key UNIQUE (token_mac),
    CONSTRAINT registrations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX registrations_expires_at_idx ON registrations (expires_at);
