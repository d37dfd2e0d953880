-- Several requests may give one person the same for a while: each has a grant of its own, and the access
-- is there while any of them is active. What stays impossible is two grants of one item.
drop index grant_once;
create unique index grant_once_per_item on access_grant (item_id);
create index grant_live on access_grant (identity_id, entitlement_id) where state in ('active', 'ending');
-- Lists of everybody who has or had an entitlement, newest first.
create index grant_of_entitlement on access_grant (entitlement_id, active_since desc, id desc);

-- A removal that takes nothing away, because another grant gives the same: which. Nobody carries it
-- out, by hand or by machine.
alter table release
    add column kept_by uuid references access_grant (id),
    add constraint release_kept_is_a_removal check (kept_by is null or kind = 'remove'),
    add constraint release_kept_by_another check (kept_by <> grant_id),
    drop constraint release_activated_has_facts,
    add constraint release_activated_has_facts check (state not in ('activated', 'closed') or (executed_at is not null and (executed_by is not null or connection_id is not null or kept_by is not null)));

-- Where access stood at a moment, as `domain::grant::Course::phase` says it; for lists that count by it.
create function access_phase(since timestamptz, expiring_from timestamptz, ending_since timestamptz, ended_at timestamptz, at timestamptz)
returns text language sql immutable as $$
    select case when ended_at <= at then 'ended' when ending_since <= at then 'ending' when since > at then 'scheduled'
                when expiring_from <= at then 'expiring' else 'active' end
$$;

-- Access that people have, had, or will have: grants, and approved releases that wait. Of the latter
-- those are scheduled whose start has not come; whoever reads leaves out the others.
create view access_seen as
select g.id, g.id as grant_id, g.identity_id, g.entitlement_id, g.entitlement_version, g.request_id, l.revision, g.active_since as since,
       g.expiring_from, g.ends_at, null::date as starts_on, null::date as ends_on, g.ending_since, g.ended_at, g.end_reason, l.connection_id
from access_grant g join release l on l.id = g.activation_release_id
union all
select l.id, null, l.subject_id, l.entitlement_id, i.entitlement_version, l.request_id, l.revision, l.not_before,
       null, null, v.starts_on, least(v.ends_on, (select min(d.ends_on) from decision d where d.request_id = l.request_id and d.revision = l.revision)),
       null, null, null, a.connection_id
from release l
join request_item i on i.id = l.item_id
join request_revision v on v.request_id = l.request_id and v.revision = l.revision
join entitlement e on e.id = l.entitlement_id
join application a on a.id = e.application_id
where l.kind = 'activate' and l.state in ('planned', 'held');
grant select on access_seen to countersign_app;
