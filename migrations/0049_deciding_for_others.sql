-- Who is asked as the next level: a claim of somebody of the team does not keep them out.
alter table stage_candidate add column next_level boolean not null default false;
update stage_candidate set next_level = true where because like '%, next level';

-- A decision made for somebody else keeps the delegation that allowed it, with its scope and period.
alter table pending_decision add column delegation_id uuid references delegation (id);
alter table decision add column delegation_id uuid references delegation (id);
update pending_decision d set delegation_id = c.delegation_id
from stage_candidate c where c.stage_id = d.stage_id and c.identity_id = d.decided_by and c.delegated_by = d.delegated_by;
update decision d set delegation_id = c.delegation_id
from stage_candidate c where c.stage_id = d.stage_id and c.identity_id = d.decided_by and c.delegated_by = d.delegated_by;
-- Not checked on what was decided before: whom it was decided for stands there in any case.
alter table pending_decision
    add constraint pending_decision_delegation_complete check ((delegated_by is null) = (delegation_id is null)) not valid;
alter table decision
    add constraint decision_delegation_complete check ((delegated_by is null) = (delegation_id is null)) not valid;

-- So does a question that a delegate asked.
alter table request_message add column delegated_by uuid references identity (id),
    add constraint message_not_own_delegate check (delegated_by <> author_id);

-- Law 4: who joined a request asked for it as well, and does not decide on it. A decision that was
-- recorded before stays good, which is why the moment can be said.
create function concerned_by_request(of_request uuid, by_then timestamptz) returns table (identity_id uuid) language sql stable as $$
    select p.identity_id from request r join identity s on s.id = r.subject_id,
        lateral same_people(array_remove(array[r.subject_id, r.requester_id, case when s.population in ('service_account', 'privileged_admin') then s.owner_id end], null)
            || array(select w.identity_id from request_watcher w where w.request_id = r.id and w.since <= by_then)) p
    where r.id = of_request
$$;
create or replace function concerned_by_request(of_request uuid) returns table (identity_id uuid) language sql stable as $$
    select c.identity_id from concerned_by_request(of_request, 'infinity') c
$$;
create or replace function decision_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (select from concerned_by_request(new.request_id) c where c.identity_id in (new.decided_by, new.delegated_by)) then
        raise exception using errcode = 'check_violation', constraint = 'decision_not_by_those_concerned', message = 'nobody decides for themselves';
    end if;
    if new.verdict <> 'return' and exists (
        select from decision d, lateral same_people(array[d.decided_by]) p
        where d.request_id = new.request_id and d.revision = new.revision and d.verdict <> 'return' and p.identity_id = new.decided_by
    ) then
        raise exception using errcode = 'unique_violation', constraint = 'decision_distinct_people', message = 'one person decides once';
    end if;
    return new;
end
$$;

-- No chains: who stands in for somebody decides for them, and hands nothing on. And one account
-- instead of another of the same person is nobody else.
create or replace function reassignment_not_to_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (
        select from approval_stage t, lateral concerned_by_request(t.request_id) c where t.id = new.stage_id and c.identity_id = new.to_id
    ) or exists (select from same_people(array[new.reassigned_by]) p where p.identity_id = new.to_id) then
        raise exception using errcode = 'check_violation', constraint = 'reassignment_not_to_those_concerned', message = 'nobody gives a decision to themselves or to those it concerns';
    end if;
    if exists (select from stage_candidate c where c.stage_id = new.stage_id and c.identity_id = new.from_id and c.delegated_by is not null) then
        raise exception using errcode = 'check_violation', constraint = 'reassignment_not_of_a_delegate', message = 'a delegate has no place of their own to give away';
    end if;
    if exists (select from same_people(array[new.from_id]) p where p.identity_id = new.to_id) then
        raise exception using errcode = 'check_violation', constraint = 'reassignment_to_somebody_else', message = 'another account of the same person is nobody else';
    end if;
    return new;
end
$$;

-- As before, with those who joined among the concerned, and without a claim on the next level.
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
      and not exists (select from decision d where d.request_id = s.request_id and d.revision = s.revision and d.verdict <> 'return'
                                               and d.decided_by in (select identity_id from mine))
      and not exists (select from pending_decision d where d.request_id = s.request_id and d.state = 'open' and d.decided_by in (select identity_id from mine))
$$;
