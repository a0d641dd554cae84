-- Accounts at other services, with which users sign in here.
create table social_accounts (
    -- Names the connection to its owner; it grants nothing.
    id            blob not null primary key,
    user_id       blob not null references users (id) on delete cascade,
    -- The provider's id in the settings, and the user's id there (the claim `sub`).
    provider      text not null,
    uid           text not null,
    -- Whether it was connected by a user who had proven that they read the account's mail.
    proven        boolean not null,
    created_at    datetime not null,
    last_login_at datetime,
    unique (provider, uid)
);

create index social_accounts_by_user on social_accounts (user_id);

-- Hashes of providers' codes that were brought here: each is passed on once.
create table social_codes (
    hash       blob not null primary key,
    expires_at datetime not null
);

create index social_codes_by_expiry on social_codes (expires_at);

-- Sign-ins that were sent to a provider and have not come back.
create table social_logins (
    -- Hashes of the `state` in the address, and of the cookie of the browser that began.
    state      blob not null primary key,
    browser    blob not null,
    provider   text not null,
    -- What is needed when it comes back, encrypted with a key outside the database.
    sealed     blob not null,
    expires_at datetime not null
);

create index social_logins_by_expiry on social_logins (expires_at);
