-- Mails to send, written in the transaction that causes them. A row is deleted when its mail is sent.
create table outbox (
    id         blob not null primary key,
    -- The mail and its recipient, encrypted with a key outside the database: a mail holds a link that opens an account.
    sealed     blob not null,
    -- Never sent: replaces a mail where its absence must not be observable.
    pretended  boolean not null default false,
    attempts   integer not null default 0,
    -- The time of the next attempt. A worker that takes the mail moves it forward, so that no other worker sends it.
    due_at     datetime not null,
    -- Not sent after this time, because its content is no longer true.
    expires_at datetime
);

create index outbox_by_due on outbox (due_at);

-- One-time links. The secret in a link is 256 random bits; a copy of its hash grants no access.
create table links (
    hash       blob not null primary key,
    purpose    text not null,
    -- The subject and its version: a link for an earlier version is void.
    subject    blob not null,
    version    integer not null,
    -- Data of the link's purpose, encrypted with a key outside the database.
    sealed     blob not null,
    created_at datetime not null,
    expires_at datetime not null,
    used_at    datetime
);

create index links_by_subject on links (subject, purpose);
create index links_by_expiry on links (expires_at);

-- Short codes: at most one is active per subject and purpose. The row remains afterwards, because it has the counters.
create table codes (
    purpose      text not null,
    subject      blob not null,
    -- A MAC with a key outside the database: there are few codes, so a plain hash would reveal them.
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
