-- Raised to take back every access token of the account that was given out; tokens carry it.
alter table users add column access_version bigint not null default 0;
-- False: the refresh tokens of the session were taken back, and it lives as long as its last access token.
alter table sessions add column refreshable boolean not null default true;
