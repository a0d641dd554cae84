-- Mails that are to be sent, written in the transaction that has a reason to send them. A row goes when its mail is sent.
create table outbox (
    id         blob not null primary key,
    -- The mail and its recipient, under a key outside the database: a mail holds a link that opens an account.
    sealed     blob not null,
    -- Goes nowhere: stands in for a mail where it must not show that there is none.
    pretended  boolean not null default false,
    attempts   integer not null default 0,
    -- When it is to be tried next. Whoever takes it to send it moves this on, so that nobody else does.
    due_at     datetime not null,
    -- Not sent later than this: what it says is no longer true then.
    expires_at datetime
);

create index outbox_by_due on outbox (due_at);

-- One-time links. The secret in a link is 256 random bits; a copy of its hash opens nothing.
create table links (
    hash       blob not null primary key,
    purpose    text not null,
    -- Whose it is, and in which version: one of an earlier version is dead.
    subject    blob not null,
    version    integer not null,
    -- What it does, beside confirming; under a key outside the database.
    sealed     blob not null,
    created_at datetime not null,
    expires_at datetime not null,
    used_at    datetime
);

create index links_by_subject on links (subject, purpose);
create index links_by_expiry on links (expires_at);

-- Short codes: at most one lives for a subject and a purpose, and the row stays when it does not, since it counts.
create table codes (
    purpose      text not null,
    subject      blob not null,
    -- Of the code, under a key outside the database: there are few codes, so a plain hash would give them away.
    mac          blob,
    expires_at   datetime not null,
    sends        integer not null,
    sent_at      datetime not null,
    guesses      integer not null default 0,
    guessed_at   datetime not null,
    -- Wrong guesses since `day_from`, for the budget of a day.
    day_guesses  integer not null default 0,
    day_from     datetime not null,
    primary key (purpose, subject)
);

create index codes_by_sent on codes (sent_at);
