-- `throttle.refresh`, in the row that a refresh writes anyway: microseconds, as `request_limits.due_at`.
alter table sessions add column refresh_due_at bigint not null default 0;
