-- Whether the password was set by somebody who had shown that they read the account's mail. Where anybody signs up with any
-- address, one that was not may be a stranger's.
alter table users add column password_proven boolean not null default false;
-- Whether a sign-up made the account, not an import. As long as it is nothing more than that, the next sign-up with its
-- address may take its place.
alter table users add column signed_up boolean not null default false;
