-- Until when an account that was made by an invitation waits for its owner; null once they have set a password, and for
-- every other account. Afterwards its address is free, and the account is removed.
alter table users add column guest_until datetime;

create index users_by_guest on users (guest_until) where guest_until is not null;

-- Invitations that were not accepted. The role is the account's once its owner has set a password.
create table invitations (
    user_id          blob not null primary key references users (id) on delete cascade,
    invited_by       blob not null references users (id) on delete cascade,
    role             integer not null,
    -- Void once the account has another `auth_version`.
    version          integer not null,
    -- A hash of the secret that the latest opening of the link has put into a browser.
    capability       blob,
    capability_until datetime,
    created_at       datetime not null,
    expires_at       datetime not null
);

create index invitations_by_inviter on invitations (invited_by);
create index invitations_by_capability on invitations (capability) where capability is not null;
create index invitations_by_expiry on invitations (expires_at);
