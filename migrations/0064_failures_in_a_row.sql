-- A recurring job that fails runs again in its time, so that it misses none: that it keeps failing is told by
-- how often it did in a row, as a whole or at some of its records.
alter table job
    add column failures_in_a_row integer not null default 0,
    add constraint job_failures_in_a_row_counted check (failures_in_a_row between 0 and failures);
