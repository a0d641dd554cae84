-- What happened to accounts. No foreign keys: a row outlives the account and the session it tells of.
create table audit (
    id         uuid        not null primary key,
    at         timestamptz not null,
    kind       text        not null,
    -- The header X-Request-Id of the answer; none for what a command did.
    request_id uuid,
    user_id    uuid,
    session_id uuid,
    -- Who did it, where that is not the user.
    actor_id   uuid,
    -- The first letter and the domain.
    email      text,
    ip         text,
    detail     text,
    -- Sessions that ended together, or failures that were only counted.
    count      bigint      not null default 1
);

-- Ids sort by time, so a page of rows is read backwards from one.
create index audit_by_user on audit (user_id, id) where user_id is not null;
create index audit_by_actor on audit (actor_id, id) where actor_id is not null;
create index audit_by_kind on audit (kind, id);
create index audit_by_time on audit (at);

-- Addresses are compared byte by byte, as SQLite does: the index then finds all that begin alike, which the order of a
-- language does not allow.
alter table users alter column email_key type text collate "C";
-- The few who are more than users.
create index users_by_role on users (role, id) where role > 0;
