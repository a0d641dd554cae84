-- What staff find accounts by: the address and the names, folded by the program so that both engines agree on letters, with
-- two blanks before each word. A table of its own, so that what happens to an account all the time does not touch the index.
create table user_search (
    -- Places in the order of arrival, along which a search goes on. The index knows rows by it.
    number  integer not null primary key,
    -- Null within a transaction alone: of a sign-up that must take as long as one that makes an account.
    user_id blob    unique references users (id) on delete cascade,
    words   text    not null
);

-- Every three letters in a row, and which rows have them. It has no copy of the text.
create virtual table user_search_parts using fts5 (
    words, content = 'user_search', content_rowid = 'number', tokenize = 'trigram case_sensitive 1', detail = none,
    columnsize = 0
);

-- What is deleted is overwritten here too: by itself FTS5 only notes that it is no longer there.
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
