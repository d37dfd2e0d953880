-- Law 1 in the database: what a decision lacks for the tier that is at stake now, by the name of the rule.
-- A privileged one is signed, unless it only asks, and many at once are of the standard tier.
create function decision_lacks(of_id uuid) returns text language sql stable as $$
    select case
        when t.tier = 'privileged' and d.verdict <> 'return' and not exists (select from signature g where g.decision_id = d.id) then 'decision_privileged_is_signed'
        when t.tier <> 'standard' and d.bulk then 'decision_in_bulk_is_standard'
    end
    from decision d
    join request_item i on i.request_id = d.request_id and i.revision = d.revision and i.position = 1
    cross join lateral (select tier_at_stake(i.entitlement_id, i.entitlement_version) as tier) t
    where d.id = of_id
$$;

-- Asked at the end of the transaction, because the signature points to the decision and comes after it. A tier
-- that rises at that very moment undoes the record; the next run finds it risen, and tells the decider.
create function decision_is_made_as_its_tier_needs() returns trigger language plpgsql as $$
declare
    lacking text := decision_lacks(new.id);
begin
    if lacking is not null then
        raise exception using errcode = 'check_violation', constraint = lacking, message = 'a privileged decision is signed, and many at once are of the standard tier';
    end if;
    return null;
end
$$;
create constraint trigger decision_is_made_as_its_tier_needs after insert on decision
    deferrable initially deferred for each row execute function decision_is_made_as_its_tier_needs();

-- One person decides once, whether they press the button themselves or somebody does for them: whoever
-- decided, or in whose name it was, is in no other decision on the revision, on either side.
create or replace function decision_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (select from concerned_by_request(new.request_id) c where c.identity_id in (new.decided_by, new.delegated_by)) then
        raise exception using errcode = 'check_violation', constraint = 'decision_not_by_those_concerned', message = 'nobody decides for themselves';
    end if;
    if new.verdict <> 'return' and exists (
        select from decision d, lateral same_people(array_remove(array[d.decided_by, d.delegated_by], null)) p
        where d.request_id = new.request_id and d.revision = new.revision and d.verdict <> 'return'
          and p.identity_id in (new.decided_by, new.delegated_by)
    ) then
        raise exception using errcode = 'unique_violation', constraint = 'decision_distinct_people', message = 'one person decides once';
    end if;
    return new;
end
$$;

-- Nobody gives a decision to themselves by way of somebody they stand in for.
create or replace function candidate_not_of_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (
        select from approval_stage t, lateral concerned_by_request(t.request_id) c
        where t.id = new.stage_id and c.identity_id in (new.identity_id, new.delegated_by)
    ) then
        raise exception using errcode = 'check_violation', constraint = 'candidate_not_of_those_concerned', message = 'nobody is asked about their own request';
    end if;
    if new.delegated_by is not null and exists (
        select from stage_reassignment a, lateral same_people(array[a.reassigned_by]) p where a.stage_id = new.stage_id and p.identity_id = new.identity_id
    ) then
        raise exception using errcode = 'check_violation', constraint = 'candidate_not_by_own_reassignment', message = 'who gave a decision to somebody stands in for nobody there';
    end if;
    return new;
end
$$;

-- As before, of people and not of accounts.
create or replace function delegation_is_no_chain() returns trigger language plpgsql as $$
begin
    if exists (
        select from delegation d
        where d.revoked_at is null and d.id <> new.id and d.starts_at < new.ends_at and new.starts_at < d.ends_at
          and (d.to_id in (select p.identity_id from same_people(array[new.from_id]) p)
               or d.from_id in (select p.identity_id from same_people(array[new.to_id]) p))
    ) then
        raise exception using errcode = 'check_violation', constraint = 'delegation_is_no_chain', message = 'a delegate does not delegate';
    end if;
    return new;
end
$$;

-- As before, but who has decided at a stage is no longer of the team that it waits for: the last one of a
-- quorum has it to themselves. A question decides nothing.
create or replace function decisions_waiting(me uuid, at timestamptz)
returns table (stage_id uuid, request_id uuid, revision integer, due_at timestamptz, tier text, because text, delegated_by uuid,
               team boolean, claimed_by uuid, claimed_by_me boolean, claimed_by_other boolean)
language sql stable as $$
    with mine as materialized (select p.identity_id from same_people(array[me]) p)
    select s.id, s.request_id, s.revision, s.due_at, v.tier, c.because, c.delegated_by,
           (select count(*) from stage_candidate o
            where o.stage_id = s.id and o.delegated_by is null
              and not exists (select from decision d where d.stage_id = s.id and d.verdict <> 'return' and o.identity_id in (d.decided_by, d.delegated_by))) > 1,
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
