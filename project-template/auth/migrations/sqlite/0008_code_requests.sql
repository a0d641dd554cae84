-- Codes belong to the requests that asked for them: each has a code and guesses of its own, so that whoever asks for a code for
-- somebody else's address and guesses at it does not use up the owner's.
create table code_requests (
    -- Held by whoever asked. It opens nothing without the code.
    id         blob not null primary key,
    purpose    text not null,
    subject    blob not null,
    -- The row of `codes` that has the guesses of a day: the subject's, or the subject's at a place that it is known from.
    counted_in blob not null,
    -- Of the code, under a key outside the database: there are few codes, so a plain hash would give them away.
    mac        blob not null,
    expires_at datetime not null,
    guesses    integer not null default 0
);

create index code_requests_by_subject on code_requests (subject, purpose);
create index code_requests_by_expiry on code_requests (expires_at);

-- The last request of a subject, for clients that do not say which one they mean.
alter table codes drop column mac;
alter table codes add column request blob;
