-- A machine that never showed some access proves nothing by not showing it: people say that it is gone.
create or replace function release_filters(l release, me uuid, at timestamptz) returns text[] language sql stable as $$
    select array_remove(array[
        'open',
        case when l.not_before <= at then 'ready' end,
        case when l.claimed_by = me and l.claim_lapses_at > at then 'mine' end,
        case when l.state in ('held', 'stuck', 'rolled_back')
                  or (l.state = 'failed' and l.next_try_at is null)
                  or (l.state in ('failed', 'undoing') and l.next_try_at is not null
                      and (l.tries >= 8 or l.failure ->> 'fault' in ('refused', 'not_allowed', 'misconfigured', 'no_account', 'never_shown'))) then 'needs_person' end,
        case when l.state = 'failed' or (l.state = 'undoing' and l.next_try_at is not null) then 'failed' end,
        case when l.state = 'activated' and l.executed_by is not null then 'second_look' end,
        case when l.due_at <= at then 'late' end,
        case when exists (select from release_carrier c where c.release_id = l.id and c.by_machine) then 'by_machine' end,
        case when l.state = 'held' then 'held' end,
        l.kind
    ], null)
$$;
