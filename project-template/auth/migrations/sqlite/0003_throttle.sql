-- What is counted against guessing and flooding. Names and addresses are hashed: whose they are shows nowhere here. Times
-- are seconds or microseconds since 1970, since the statements that count compute with them, which each engine does in its
-- own way with times.

-- Wrong passwords and codes: of an account (`address` is empty), of a client address (`account` is empty), and of both.
create table failures (
    account    blob not null,
    address    blob not null,
    -- Counted before they are looked at. A success takes them back, those of an address excepted.
    attempts   integer not null,
    -- Those of them that are being looked at.
    pending    integer not null,
    -- Where the counting began, and the last attempt.
    since      integer not null,
    counted_at integer not null,
    -- When somebody last signed in to this account from this address.
    known_at   integer,
    primary key (account, address)
);

create index failures_by_time on failures (counted_at);

-- Requests: when, at the rate that is allowed, all of them so far would have been due (GCRA), in microseconds.
create table request_limits (
    subject blob not null primary key,
    due_at  integer not null
);

create index request_limits_by_time on request_limits (due_at);
