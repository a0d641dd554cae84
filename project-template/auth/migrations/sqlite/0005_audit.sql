-- What happened to accounts. No foreign keys: a row outlives the account and the session it tells of.
create table audit (
    id         blob     not null primary key,
    at         datetime not null,
    kind       text     not null,
    -- The header X-Request-Id of the answer; none for what a command did.
    request_id blob,
    user_id    blob,
    session_id blob,
    -- Who did it, where that is not the user.
    actor_id   blob,
    -- The first letter and the domain.
    email      text,
    ip         text,
    detail     text,
    -- Sessions that ended together, or failures that were only counted.
    count      integer  not null default 1
);

-- Ids sort by time, so a page of rows is read backwards from one.
create index audit_by_user on audit (user_id, id) where user_id is not null;
create index audit_by_actor on audit (actor_id, id) where actor_id is not null;
create index audit_by_kind on audit (kind, id);
create index audit_by_time on audit (at);

-- The few who are more than users.
create index users_by_role on users (role, id) where role > 0;
