-- Whether the password was set by a user who had proven to read the account's mail. Where sign-up is open, another
-- password may be an attacker's.
alter table users add column password_proven boolean not null default false;
-- Whether a sign-up created the account, not an import. While it is nothing more than that, the next sign-up with its
-- address may replace it.
alter table users add column signed_up boolean not null default false;
