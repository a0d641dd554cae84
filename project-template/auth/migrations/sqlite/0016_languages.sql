-- The tag of the language of an account's mails, from its sign-up or its owner; that of the request if there is none.
alter table users add column language text;
