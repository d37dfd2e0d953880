-- Law 4: who wrote a revision of a request, or answered a question on it, asked for what stands in it, and
-- does not decide on it; also when they did so for an account that somebody else answers for by now.
create or replace function concerned_by_request(of_request uuid, by_then timestamptz) returns table (identity_id uuid) language sql stable as $$
    select p.identity_id from request r join identity s on s.id = r.subject_id,
        lateral same_people(array_remove(array[r.subject_id, r.requester_id, case when s.population in ('service_account', 'privileged_admin') then s.owner_id end], null)
            || array(select w.identity_id from request_watcher w where w.request_id = r.id and w.since <= by_then)
            || array(select v.submitted_by from request_revision v where v.request_id = r.id and v.submitted_at <= by_then)
            || array(select m.author_id from request_message m where m.request_id = r.id and m.kind = 'answer' and m.at <= by_then)) p
    where r.id = of_request
$$;

-- As before, with those who wrote a revision or answered among the concerned.
create or replace function decisions_waiting(me uuid, at timestamptz)
returns table (stage_id uuid, request_id uuid, revision integer, due_at timestamptz, tier text, because text, delegated_by uuid,
               team boolean, claimed_by uuid, claimed_by_me boolean, claimed_by_other boolean)
language sql stable as $$
    with mine as materialized (select p.identity_id from same_people(array[me]) p)
    select s.id, s.request_id, s.revision, s.due_at, v.tier, c.because, c.delegated_by,
           (select count(*) from stage_candidate o where o.stage_id = s.id and o.delegated_by is null) > 1,
           s.claimed_by,
           coalesce(s.claimed_by in (select identity_id from mine) and s.claim_lapses_at > at, false),
           not c.next_level and coalesce(s.claimed_by not in (select identity_id from mine) and s.claim_lapses_at > at, false)
    from stage_candidate c
    join approval_stage s on s.id = c.stage_id and s.state = 'open' and s.paused_at is null
    join request r on r.id = s.request_id and r.state = 'in_approval' and r.revision = s.revision
    join identity p on p.id = r.subject_id
    join request_item i on i.request_id = s.request_id and i.revision = s.revision and i.position = 1
    join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
    where c.identity_id = me
      and r.subject_id not in (select identity_id from mine) and r.requester_id not in (select identity_id from mine)
      and not (p.population in ('service_account', 'privileged_admin') and coalesce(p.owner_id in (select identity_id from mine), false))
      and not exists (select from request_watcher w where w.request_id = s.request_id and w.identity_id in (select identity_id from mine))
      and not exists (select from request_revision v where v.request_id = s.request_id and v.submitted_by in (select identity_id from mine))
      and not exists (select from request_message m where m.request_id = s.request_id and m.kind = 'answer' and m.author_id in (select identity_id from mine))
      and not exists (select from decision d where d.request_id = s.request_id and d.revision = s.revision and d.verdict <> 'return'
                                               and d.decided_by in (select identity_id from mine))
      and not exists (select from pending_decision d where d.request_id = s.request_id and d.state = 'open' and d.decided_by in (select identity_id from mine))
$$;
