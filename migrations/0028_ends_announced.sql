-- The end that its holder was told of; an extension moves the end, and they are told again.
alter table access_grant add column end_announced_for timestamptz;
