-- Counters against guessing and flooding. Names and addresses are hashed, so they do not appear here. Times are seconds
-- or microseconds since 1970, because the statements that count compute with them, and each engine computes with times
-- in its own way.

-- Wrong passwords and codes: per account (`address` is empty), per client address (`account` is empty), and per both.
create table failures (
    account    bytea not null,
    address    bytea not null,
    -- Counted before they are checked. A success resets them, except those of a client address.
    attempts   bigint not null,
    -- The attempts that are being checked.
    pending    bigint not null,
    -- The start of the count, and the last attempt.
    since      bigint not null,
    counted_at bigint not null,
    -- The last sign-in to this account from this address.
    known_at   bigint,
    primary key (account, address)
);

create index failures_by_time on failures (counted_at);

-- Requests: the time at which, at the allowed rate, all of them so far would have been due (GCRA), in microseconds.
create table request_limits (
    subject bytea not null primary key,
    due_at  bigint not null
);

create index request_limits_by_time on request_limits (due_at);
