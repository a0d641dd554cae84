-- Mails to send, written in the transaction that causes them. A row is deleted when its mail is sent.
create table outbox (
    id         uuid not null primary key,
    -- The mail and its recipient, encrypted with a key outside the database: a mail holds a link that opens an account.
    sealed     bytea not null,
    -- Never sent: replaces a mail where its absence must not be observable.
    pretended  boolean not null default false,
    attempts   bigint not null default 0,
    -- The time of the next attempt. A worker that takes the mail moves it forward, so that no other worker sends it.
    due_at     timestamptz not null,
    -- Not sent after this time, because its content is no longer true.
    expires_at timestamptz
);

create index outbox_by_due on outbox (due_at);

-- One-time links. The secret in a link is 256 random bits; a copy of its hash grants no access.
create table links (
    hash       bytea not null primary key,
    purpose    text not null,
    -- The subject and its version: a link for an earlier version is void.
    subject    uuid not null,
    version    bigint not null,
    -- Data of the link's purpose, encrypted with a key outside the database.
    sealed     bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);

create index links_by_subject on links (subject, purpose);
create index links_by_expiry on links (expires_at);

-- Short codes: at most one is active per subject and purpose. The row remains afterwards, because it has the counters.
create table codes (
    purpose      text not null,
    subject      uuid not null,
    -- A MAC with a key outside the database: there are few codes, so a plain hash would reveal them.
    mac          bytea,
    expires_at   timestamptz not null,
    sends        bigint not null,
    sent_at      timestamptz not null,
    guesses      bigint not null default 0,
    guessed_at   timestamptz not null,
    -- Wrong guesses since `day_from`, for the budget of a day.
    day_guesses  bigint not null default 0,
    day_from     timestamptz not null,
    primary key (purpose, subject)
);

create index codes_by_sent on codes (sent_at);
