-- One machine may serve several applications, through one connection or through several: what a person has
-- there is one account, and one reference is one thing, whichever application it was asked for in. What people
-- gave may be anywhere, but in its own application only.
create function same_target(application uuid, place uuid, other_application uuid, other_place uuid) returns boolean language sql stable as $$
    select case when place is null or other_place is null then application = other_application else same_place(place, other_place) end
$$;

-- Whether two grants of one person give one thing over there: under one reference and in one place.
create function same_access(one uuid, other uuid) returns boolean language sql stable as $$
    select exists (
        select from access_grant a
        join entitlement e on e.id = a.entitlement_id
        join entitlement_version v on v.entitlement_id = a.entitlement_id and v.version = a.entitlement_version
        join access_grant b on b.identity_id = a.identity_id
        join entitlement f on f.id = b.entitlement_id
        join entitlement_version w on w.entitlement_id = b.entitlement_id and w.version = b.entitlement_version
        where a.id = one and b.id = other and v.reference = w.reference
          and same_target(e.application_id, grant_place(a.id), f.application_id, grant_place(b.id)))
$$;

-- What goes on being tried by itself, because it has to be gone, and came to nothing as often as anything else
-- is given up, or is refused, needs a person as well.
create or replace function release_filters(l release, me uuid, at timestamptz) returns text[] language sql stable as $$
    select array_remove(array[
        'open',
        case when l.not_before <= at then 'ready' end,
        case when l.claimed_by = me and l.claim_lapses_at > at then 'mine' end,
        case when l.state in ('held', 'stuck', 'rolled_back')
                  or (l.state = 'failed' and l.next_try_at is null)
                  or (l.state in ('failed', 'undoing') and l.next_try_at is not null
                      and (l.tries >= 8 or l.failure ->> 'fault' in ('refused', 'not_allowed', 'misconfigured', 'no_account'))) then 'needs_person' end,
        case when l.state = 'failed' or (l.state = 'undoing' and l.next_try_at is not null) then 'failed' end,
        case when l.state = 'activated' and l.executed_by is not null then 'second_look' end,
        case when l.due_at <= at then 'late' end,
        case when exists (select from release_carrier c where c.release_id = l.id and c.by_machine) then 'by_machine' end,
        case when l.state = 'held' then 'held' end,
        l.kind
    ], null)
$$;

-- What else there is of a person is asked at each begin and on each page of a release.
create index release_by_subject on release (subject_id);
