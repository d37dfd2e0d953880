-- What is there after work by hand is said by somebody; no machine read it.
alter table release
    add column found_said_by uuid references identity (id),
    add constraint release_said_is_on_record check (found_said_by is null or (planned_entitlements is not null and actual_entitlements is not null and variance is not null));
