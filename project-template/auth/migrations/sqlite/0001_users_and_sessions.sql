-- Accounts. `email_key` is the address in the form that is compared (lower case, domain in its ASCII form); its unique
-- constraint decides whether an account exists. `email` is the address as its owner wrote it.
create table users (
    id             blob     not null primary key,
    email          text     not null,
    email_key      text     not null unique,
    email_verified boolean  not null default false,
    password_hash  text,
    first_name     text     not null default '',
    last_name      text     not null default '',
    role           integer  not null default 0,
    is_active      boolean  not null default true,
    -- Raised whenever a credential is revoked (a new password, deactivation): a sign-in that began before it fails.
    auth_version   integer  not null default 0,
    created_at     datetime not null,
    updated_at     datetime not null,
    last_login_at  datetime
);

-- One row per session, that is, per device that signed in. Neither tokens nor their hashes are stored: a refresh token
-- is derived again from its row and a key outside the database, so a copy of this table grants no access.
create table sessions (
    id           blob     not null primary key,
    user_id      blob     not null references users (id) on delete cascade,
    -- Counts rotations; only the refresh token with this number is active.
    generation   integer  not null default 0,
    -- When recent generations were superseded, for `sessions.retry_window`.
    superseded   text     not null default '',
    -- The claims about the user in the current tokens, as JSON.
    claims       text     not null,
    created_at   datetime not null,
    refreshed_at datetime not null,
    expires_at   datetime not null,
    ended_at     datetime,
    ended_by     text,
    ip           text,
    user_agent   text
);

create index sessions_by_user on sessions (user_id, created_at);
create index sessions_by_expiry on sessions (expires_at);
