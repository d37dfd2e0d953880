-- The natural person behind an identity: one and the same for all of their accounts.
create function person_of(of_id uuid) returns uuid language sql stable as $$
    select p.identity_id from same_people(array[of_id]) p order by p.identity_id limit 1
$$;

alter table approval_stage
    -- Since when nobody can decide.
    add column held_at timestamptz,
    -- When the stage goes back to the team by itself.
    add column claim_lapses_at timestamptz;
update approval_stage s set held_at = r.state_since from request r where r.id = s.request_id and s.state = 'held';
alter table approval_stage
    add constraint stage_hold_has_time check ((state = 'held') = (held_at is not null)),
    add constraint stage_claim_ends check ((claimed_by is null) = (claim_lapses_at is null)),
    add constraint stage_waiting_not_negative check (waited_seconds >= 0 and remaining_seconds >= 0);
create index approval_stage_claim on approval_stage (claim_lapses_at) where claim_lapses_at is not null;
create index approval_stage_held on approval_stage (held_at, id) where state = 'held';

-- Law 4 for whoever is asked: a request never waits for somebody it concerns, through whatever
-- account, delegation, escalation or reassignment they came to it.
create function concerned_by_request(of_request uuid) returns table (identity_id uuid) language sql stable as $$
    select p.identity_id from request r join identity s on s.id = r.subject_id,
        lateral same_people(array_remove(array[r.subject_id, r.requester_id, case when s.population in ('service_account', 'privileged_admin') then s.owner_id end], null)) p
    where r.id = of_request
$$;
create function candidate_not_of_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (
        select from approval_stage t, lateral concerned_by_request(t.request_id) c
        where t.id = new.stage_id and c.identity_id in (new.identity_id, new.delegated_by)
    ) then
        raise exception using errcode = 'check_violation', constraint = 'candidate_not_of_those_concerned', message = 'nobody is asked about their own request';
    end if;
    return new;
end
$$;
create trigger candidate_not_of_those_concerned before insert on stage_candidate for each row execute function candidate_not_of_those_concerned();
create function reassignment_not_to_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (
        select from approval_stage t, lateral concerned_by_request(t.request_id) c where t.id = new.stage_id and c.identity_id = new.to_id
    ) or exists (select from same_people(array[new.reassigned_by]) p where p.identity_id = new.to_id) then
        raise exception using errcode = 'check_violation', constraint = 'reassignment_not_to_those_concerned', message = 'nobody gives a decision to themselves or to those it concerns';
    end if;
    return new;
end
$$;
create trigger reassignment_not_to_those_concerned before insert on stage_reassignment for each row execute function reassignment_not_to_those_concerned();

-- Nobody delegates to another account of their own: that would be no second person.
create function delegation_not_to_own_account() returns trigger language plpgsql as $$
begin
    if exists (select from same_people(array[new.from_id]) p where p.identity_id = new.to_id) then
        raise exception using errcode = 'check_violation', constraint = 'delegation_not_to_oneself', message = 'nobody delegates to themselves';
    end if;
    return new;
end
$$;
create trigger delegation_not_to_own_account before insert on delegation for each row execute function delegation_not_to_own_account();

-- The plan is pinned on a revision once, when its stages are laid out.
grant update (plan_code, plan_version) on request_revision to countersign_app;
create function revision_keeps_its_plan() returns trigger language plpgsql as $$
begin
    if old.plan_code is not null then
        raise exception using errcode = 'check_violation', constraint = 'revision_keeps_its_plan', message = 'a revision keeps the plan it was laid out by';
    end if;
    return new;
end
$$;
create trigger revision_keeps_its_plan before update of plan_code, plan_version on request_revision for each row execute function revision_keeps_its_plan();
