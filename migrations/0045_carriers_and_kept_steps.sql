-- Who carries a release out: the connection it was begun through, otherwise the one of the application.
-- The one definition for lists, counts, the worker and people. A release without a row is by hand.
-- It is pinned to a connection only from its gates on, and as long as something of it may be over there.
create view release_carrier as
select l.id as release_id, c.id as connection_id, coalesce(l.connection_version, c.version) as version, c.connector <> 'manual' as by_machine
from release l
join entitlement e on e.id = l.entitlement_id
join application a on a.id = e.application_id
join connection c on c.id = coalesce(l.connection_id, a.connection_id);
grant select on release_carrier to countersign_app;

create or replace function release_filters(l release, me uuid, at timestamptz) returns text[] language sql stable as $$
    select array_remove(array[
        'open',
        case when l.not_before <= at then 'ready' end,
        case when l.claimed_by = me and l.claim_lapses_at > at then 'mine' end,
        case when l.state in ('held', 'stuck', 'rolled_back') or (l.state = 'failed' and l.next_try_at is null) then 'needs_person' end,
        case when l.state = 'failed' then 'failed' end,
        case when l.state = 'activated' and l.executed_by is not null then 'second_look' end,
        case when l.due_at <= at then 'late' end,
        case when exists (select from release_carrier c where c.release_id = l.id and c.by_machine) then 'by_machine' end,
        case when l.state = 'held' then 'held' end,
        l.kind
    ], null)
$$;

-- What a step wants was there when it was planned: it is not undone, however often it was done again.
alter table release_step add column was_there boolean not null default false;
update release_step set was_there = true
where state = 'not_needed' or (operation = 'ready_account' and before ->> 'state' = 'active') or (operation = 'give' and before ->> 'held' = 'true')
   or (operation = 'take' and before ->> 'held' = 'false');
alter table release_step
    drop constraint release_step_state_known,
    drop constraint release_step_begun_has_time,
    -- `kept`: not done, or not undone, because other access of the person rests on it.
    add constraint release_step_state_known check (state in ('waiting', 'not_needed', 'begun', 'awaited', 'failed', 'done', 'skipped', 'kept', 'undoing', 'undone', 'undo_failed')),
    add constraint release_step_begun_has_time check (state in ('waiting', 'not_needed', 'skipped', 'kept') or began_at is not null),
    add constraint release_step_not_needed_was_there check (state <> 'not_needed' or was_there);

-- What was not begun, or was rolled back, goes through whatever connection the application has then.
update release l set connection_id = null, connection_version = null
where l.connection_id is not null and l.state in ('planned', 'held', 'failed', 'rolled_back')
  and not exists (select from release_step s where s.release_id = l.id and s.round = l.round and s.state not in ('waiting', 'not_needed', 'undone'));

-- With which version of the settings the secret was entered: it is not sent where an earlier one leads.
alter table connection add column secret_version integer not null default 1;
update connection c set secret_version = coalesce(
    (select max(v.version) from connection_version v where v.connection_id = c.id and v.recorded_at <= c.secret_set_at), 1);
alter table connection add constraint connection_secret_version_known check (secret_version between 1 and version);

-- What is approved and waits is scheduled through whoever would carry it out.
create or replace view access_seen as
select g.id, g.id as grant_id, g.identity_id, g.entitlement_id, g.entitlement_version, g.request_id, l.revision, g.active_since as since,
       g.expiring_from, g.ends_at, null::date as starts_on, null::date as ends_on, g.ending_since, g.ended_at, g.end_reason, l.connection_id
from access_grant g join release l on l.id = g.activation_release_id
union all
select l.id, null, l.subject_id, l.entitlement_id, i.entitlement_version, l.request_id, l.revision, l.not_before,
       null, null, v.starts_on, least(v.ends_on, (select min(d.ends_on) from decision d where d.request_id = l.request_id and d.revision = l.revision)),
       null, null, null, c.connection_id
from release l
join request_item i on i.id = l.item_id
join request_revision v on v.request_id = l.request_id and v.revision = l.revision
left join release_carrier c on c.release_id = l.id
where l.kind = 'activate' and l.state in ('planned', 'held');
