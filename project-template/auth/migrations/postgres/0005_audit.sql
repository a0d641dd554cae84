-- Events of accounts. No foreign keys: a row outlives its account and its session.
create table audit (
    id         uuid        not null primary key,
    at         timestamptz not null,
    kind       text        not null,
    -- The header X-Request-Id of the response; null for a command.
    request_id uuid,
    user_id    uuid,
    session_id uuid,
    -- The account that acted, if it is not the user.
    actor_id   uuid,
    -- The first letter and the domain.
    email      text,
    ip         text,
    detail     text,
    -- The number of sessions that ended together, or of failures that were only counted.
    count      bigint      not null default 1
);

-- Ids sort by time, so a page of rows is read backwards from an id.
create index audit_by_user on audit (user_id, id) where user_id is not null;
create index audit_by_actor on audit (actor_id, id) where actor_id is not null;
create index audit_by_kind on audit (kind, id);
create index audit_by_time on audit (at);

-- Compares addresses byte by byte, as SQLite does. The index can then find all addresses with a prefix, which a
-- linguistic collation does not allow.
alter table users alter column email_key type text collate "C";
-- The few accounts with a role above that of a user.
create index users_by_role on users (role, id) where role > 0;
