-- Keys of users' devices, with which they sign in (Web Authentication).
create table passkeys (
    -- Names the passkey to its owner; it grants nothing.
    id            blob not null primary key,
    user_id       blob not null references users (id) on delete cascade,
    -- The authenticator's own id for it: of one account only.
    credential_id blob not null unique,
    -- As the authenticator wrote it (COSE_Key).
    public_key    blob not null,
    -- Signatures so far; 0 if the authenticator does not count.
    counter       integer not null,
    -- Whether it can be copied to other devices of its owner ("backup eligible"), and whether it is.
    can_be_synced boolean not null,
    is_synced     boolean not null,
    -- The model of the authenticator (AAGUID), or zeros.
    model         blob not null,
    -- How a browser reaches the authenticator: words separated by spaces.
    transports    text not null,
    name          text not null,
    -- Whether it was added by a user who had proven that they read the account's mail.
    proven        boolean not null,
    created_at    datetime not null,
    used_at       datetime
);

create index passkeys_by_user on passkeys (user_id);

-- Random bytes that an authenticator signs. Each counts once.
create table passkey_challenges (
    id         blob not null primary key,
    purpose    text not null,
    -- The account that a new passkey is for; null for a sign-in.
    user_id    blob references users (id) on delete cascade,
    expires_at datetime not null
);

create index passkey_challenges_by_user on passkey_challenges (user_id);
create index passkey_challenges_by_expiry on passkey_challenges (expires_at);
