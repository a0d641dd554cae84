-- A MAC of the client that used the session's refresh token last, for `sessions.reload_window`.
alter table sessions add column rotated_by text;
