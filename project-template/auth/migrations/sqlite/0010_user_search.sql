-- The words by which staff find accounts: the address and the names, folded by the program so that both engines agree
-- on letters, with two blanks before each word. A separate table, so that frequent changes of accounts do not touch the
-- index.
create table user_search (
    -- The order of arrival, along which a search continues. The index refers to rows by it.
    number  integer not null primary key,
    -- Null only within a transaction: for a sign-up that creates no account, but must take as long as one that does.
    user_id blob    unique references users (id) on delete cascade,
    words   text    not null
);

-- An index of all trigrams. It has no copy of the text.
create virtual table user_search_parts using fts5 (
    words, content = 'user_search', content_rowid = 'number', tokenize = 'trigram case_sensitive 1', detail = none,
    columnsize = 0
);

-- Deleted words are overwritten here too: by default, FTS5 only marks them as deleted.
insert into user_search_parts (user_search_parts, rank) values ('secure-delete', 1);

create trigger user_search_inserted after insert on user_search begin
    insert into user_search_parts (rowid, words) values (new.number, new.words);
end;

create trigger user_search_deleted after delete on user_search begin
    insert into user_search_parts (user_search_parts, rowid, words) values ('delete', old.number, old.words);
end;

create trigger user_search_updated after update of words on user_search begin
    insert into user_search_parts (user_search_parts, rowid, words) values ('delete', old.number, old.words);
    insert into user_search_parts (rowid, words) values (new.number, new.words);
end;

insert into user_search (user_id, words)
select id, '  ' || lower(email) || '  ' || lower(first_name) || '  ' || lower(last_name) from users order by id;
