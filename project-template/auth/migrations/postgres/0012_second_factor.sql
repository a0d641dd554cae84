-- The second factor of an account: an authenticator app (TOTP, RFC 6238) and its recovery codes.
create table second_factors (
    user_id      uuid not null primary key references users (id) on delete cascade,
    -- These two name the app and the codes to their owner; they grant nothing.
    id           uuid not null,
    recovery_id  uuid not null,
    -- The app's secret and the key of the recovery codes' MACs, encrypted with a key outside the database, and the name
    -- of that key: what was encrypted with an earlier one is encrypted again in time.
    sealed       bytea not null,
    sealed_by    text not null,
    -- The time step of the last accepted code: a code counts once.
    used_step    bigint not null,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    recovery_at  timestamptz not null,
    -- Whether it was set up by a user who had proven that they read the account's mail.
    proven       boolean not null
);

create index second_factors_by_seal on second_factors (sealed_by);

-- A secret that was shown and waits for its first code.
create table second_factor_setups (
    user_id    uuid not null primary key references users (id) on delete cascade,
    -- Another one for each secret.
    id         uuid not null unique,
    -- Void once the account has another `auth_version`.
    version    bigint not null,
    sealed     bytea not null,
    expires_at timestamptz not null
);

create index second_factor_setups_by_expiry on second_factor_setups (expires_at);

create table recovery_codes (
    user_id uuid not null references users (id) on delete cascade,
    -- A MAC: there are few codes, so a plain hash would reveal them.
    mac     bytea not null,
    used_at timestamptz,
    primary key (user_id, mac)
);

-- Sign-ins that wait for a second factor, and accounts that have to set one up first. The account may not exist: a sign-up
-- with a taken address is answered like any other.
create table second_factor_challenges (
    id         uuid not null primary key,
    purpose    text not null,
    subject    uuid not null,
    version    bigint not null,
    -- How far the sign-in has come, as JSON.
    held       text not null,
    guesses    bigint not null default 0,
    -- False once it was given up; the row then still says whose it was.
    is_open    boolean not null default true,
    expires_at timestamptz not null
);

create index second_factor_challenges_by_subject on second_factor_challenges (subject);
create index second_factor_challenges_by_expiry on second_factor_challenges (expires_at);

-- Guesses at second factors that were wrong, or are being compared.
create table second_factor_guesses (
    id         uuid not null primary key,
    user_id    uuid not null references users (id) on delete cascade,
    pending    boolean not null default true,
    guessed_at timestamptz not null
);

create index second_factor_guesses_by_user on second_factor_guesses (user_id, guessed_at);
create index second_factor_guesses_by_time on second_factor_guesses (guessed_at);

-- How and when the user of a session proved who they are: the claims `amr` and `auth_time`.
alter table sessions add column methods text not null default '';
alter table sessions add column proven_at timestamptz;
