-- Accounts. `email_key` is the address in the form that is compared (lower case, domain in its ASCII form); its unique
-- constraint decides whether an account exists. `email` is the address as its owner wrote it.
create table users (
    id             uuid        not null primary key,
    email          text        not null,
    email_key      text        not null unique,
    email_verified boolean     not null default false,
    password_hash  text,
    first_name     text        not null default '',
    last_name      text        not null default '',
    role           bigint      not null default 0,
    is_active      boolean     not null default true,
    -- Raised whenever a credential is revoked (a new password, deactivation): a sign-in that began before it fails.
    auth_version   bigint      not null default 0,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    last_login_at  timestamptz
);

-- One row per session, that is, per device that signed in. Neither tokens nor their hashes are stored: a refresh token
-- is derived again from its row and a key outside the database, so a copy of this table grants no access.
create table sessions (
    id           uuid        not null primary key,
    user_id      uuid        not null references users (id) on delete cascade,
    -- Counts rotations; only the refresh token with this number is active.
    generation   bigint      not null default 0,
    -- When recent generations were superseded, for `sessions.retry_window`.
    superseded   text        not null default '',
    -- The claims about the user in the current tokens, as JSON.
    claims       text        not null,
    created_at   timestamptz not null,
    refreshed_at timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    ended_by     text,
    ip           text,
    user_agent   text
);

create index sessions_by_user on sessions (user_id, created_at);
create index sessions_by_expiry on sessions (expires_at);
