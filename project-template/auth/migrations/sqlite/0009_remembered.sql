-- False: the browser deletes the session's cookie when it is closed, and the session lasts for
-- `sessions.unremembered_lifetime`.
alter table sessions add column remembered boolean not null default true;
