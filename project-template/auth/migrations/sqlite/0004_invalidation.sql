-- Raised to revoke every access token issued for the account; tokens carry it.
alter table users add column access_version integer not null default 0;
-- False: the session's refresh tokens are revoked, and it ends with its last access token.
alter table sessions add column refreshable boolean not null default true;
