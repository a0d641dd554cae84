-- The words by which staff find accounts: the address and the names, folded by the program so that both engines agree
-- on letters, with two blanks before each word. A separate table, so that frequent changes of accounts do not touch the
-- index.
create table user_search (
    -- The order of arrival, along which a search continues.
    number  bigint generated always as identity primary key,
    -- Null only within a transaction: for a sign-up that creates no account, but must take as long as one that does.
    user_id uuid unique references users (id) on delete cascade,
    words   text not null
);

-- All trigrams. `pg_trgm` would be an extension to install, and knows only the letters of the locale.
create function user_search_trigrams (text) returns text[] language sql immutable strict parallel safe as
$$ select array(select substr($1, n, 3) from generate_series(1, length($1) - 2) n) $$;

-- `fastupdate` would keep a list of pending entries, and every few thousandth sign-up would have to process it.
create index user_search_by_part on user_search using gin (user_search_trigrams(words)) with (fastupdate = off);

insert into user_search (user_id, words)
select id, '  ' || lower(email) || '  ' || lower(first_name) || '  ' || lower(last_name) from users order by id;
