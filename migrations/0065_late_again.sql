-- What of an incident is late as far as it was told, by name and in order. What is on time again is no longer
-- among it, so that it is told again when it is late once more; the words of the incident keep all of it.
alter table work_incident add column late text[] not null default '{}';
