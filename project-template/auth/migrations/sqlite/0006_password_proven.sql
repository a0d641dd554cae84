-- Whether the password was set by somebody who had shown that they read the account's mail. Where anybody signs up with any
-- address, one that was not may be a stranger's.
alter table users add column password_proven boolean not null default false;
