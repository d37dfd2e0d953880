-- Operators are reminded once of what is late, whoever carries it out.
drop index release_due;
create index release_due on release (due_at)
    where state in ('planned', 'held', 'gated', 'account_ready', 'activated', 'failed') and reminded_at is null;

-- What somebody may see of access: everything, or what is theirs, that of who reports to them and of the
-- accounts they answer for, and everybody's to some applications.
create function access_in_scope(holder identity, application uuid, whole boolean, reader uuid, applications uuid[]) returns boolean language sql immutable as $$
    select whole or holder.id = reader or holder.manager_id = reader
        or (holder.owner_id = reader and holder.population in ('service_account', 'privileged_admin')) or application = any (applications)
$$;

-- The kind of a connection never changes, so a change of one has none of its own.
alter table connection_change drop column connector;

-- The breaker says itself until when it rests.
alter table connection_health drop column rests_until;
