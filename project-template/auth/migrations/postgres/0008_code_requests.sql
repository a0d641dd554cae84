-- Codes belong to requests: each has a code and guesses of its own, so that an attacker who requests a code for another
-- user's address and guesses it does not use up the owner's guesses.
create table code_requests (
    -- Held by the client that made the request. It grants no access without the code.
    id         uuid not null primary key,
    purpose    text not null,
    subject    uuid not null,
    -- The row of `codes` that counts the guesses of a day: that of the subject, or of the subject at a place where it
    -- is known.
    counted_in uuid not null,
    -- A MAC with a key outside the database: there are few codes, so a plain hash would reveal them.
    mac        bytea not null,
    expires_at timestamptz not null,
    guesses    bigint not null default 0
);

create index code_requests_by_subject on code_requests (subject, purpose);
create index code_requests_by_expiry on code_requests (expires_at);

-- The last request of a subject, for clients that do not name a request.
alter table codes drop column mac;
alter table codes add column request uuid;
