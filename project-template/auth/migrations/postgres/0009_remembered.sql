-- False: the browser forgets the session when it is closed, and it lives for `sessions.unremembered_lifetime`.
alter table sessions add column remembered boolean not null default true;
