-- What staff find accounts by: the address and the names, folded by the program so that both engines agree on letters, with
-- two blanks before each word. A table of its own, so that what happens to an account all the time does not touch the index.
create table user_search (
    -- Places in the order of arrival, along which a search goes on.
    number  bigint generated always as identity primary key,
    -- Null within a transaction alone: of a sign-up that must take as long as one that makes an account.
    user_id uuid unique references users (id) on delete cascade,
    words   text not null
);

-- Every three letters in a row. `pg_trgm` would be an extension to install, and knows only the letters of the locale.
create function user_search_trigrams (text) returns text[] language sql immutable strict parallel safe as
$$ select array(select substr($1, n, 3) from generate_series(1, length($1) - 2) n) $$;

-- Without a list of what is pending: every few thousandth sign-up would have to clear it.
create index user_search_by_part on user_search using gin (user_search_trigrams(words)) with (fastupdate = off);

insert into user_search (user_id, words)
select id, '  ' || lower(email) || '  ' || lower(first_name) || '  ' || lower(last_name) from users order by id;
