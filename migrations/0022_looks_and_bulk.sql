-- Many decisions with one press: standard tier only, at most fifty, each checked by itself. What
-- came of every one of them stays readable, and how long the list was on the screen.
create table bulk_decision (
    id uuid primary key,
    decided_by uuid not null references identity (id),
    decided_at timestamptz not null,
    seconds_spent integer not null,
    -- [{"stage": "...", "number": "REQ-...", "refusal": null}], in the order of the list.
    results jsonb not null,
    idempotency_key uuid not null,
    constraint bulk_decision_idempotency_unique unique (decided_by, idempotency_key),
    constraint bulk_decision_at_most_fifty check (jsonb_array_length(results) between 1 and 50),
    constraint bulk_decision_seconds_bounded check (seconds_spent between 0 and 86400)
);
alter table pending_decision
    add column bulk_id uuid references bulk_decision (id),
    -- Whom the decider stands in for.
    add column delegated_by uuid references identity (id),
    add column signed_method text,
    drop constraint pending_decision_signature_complete,
    add constraint pending_decision_signature_complete check ((signed_name is null) = (signed_meaning is null) and (signed_name is null) = (signed_method is null)),
    add constraint pending_decision_bulk_named check (bulk = (bulk_id is not null)),
    add constraint pending_decision_undo_window check (final_at > decided_at);

-- The history of the demonstration is signed by people who never typed a password; it says so.
alter table signature drop constraint signature_method_known;
alter table signature add constraint signature_method_known check (method in ('password', 'demonstration'));

-- An approver shortens what was asked for and never lengthens it.
create function decision_ends_earlier() returns trigger language plpgsql as $$
begin
    if new.ends_on is not null and exists (
        select from request_revision v where v.request_id = new.request_id and v.revision = new.revision and (v.ends_on <= new.ends_on or v.starts_on > new.ends_on)
    ) then
        raise exception using errcode = 'check_violation', constraint = 'decision_ends_earlier', message = 'an approver only shortens';
    end if;
    return new;
end
$$;
create trigger decision_ends_earlier before insert on decision for each row execute function decision_ends_earlier();

-- What somebody had on the screen when they last opened a request, and what before that: so that
-- the page can say what changed since. No record of what was decided; it moves with every look.
create table request_look (
    identity_id uuid not null references identity (id),
    request_id uuid not null references request (id),
    revision integer not null,
    content_hash bytea not null,
    at timestamptz not null,
    before_revision integer,
    before_at timestamptz,
    primary key (identity_id, request_id),
    constraint request_look_before_complete check ((before_revision is null) = (before_at is null))
);

grant select, insert on bulk_decision to countersign_app;
grant select, insert, update on request_look to countersign_app;

-- The open stages at which somebody may decide now: asked, not concerned and not decided through
-- any of their accounts, and without a decision of theirs that can still be undone. A claim of
-- somebody else does not take a stage off the list of the team; it says who has it.
create function decisions_waiting(me uuid, at timestamptz)
returns table (stage_id uuid, request_id uuid, revision integer, due_at timestamptz, tier text, because text, delegated_by uuid,
               team boolean, claimed_by uuid, claimed_by_me boolean, claimed_by_other boolean)
language sql stable as $$
    with mine as materialized (select p.identity_id from same_people(array[me]) p)
    select s.id, s.request_id, s.revision, s.due_at, v.tier, c.because, c.delegated_by,
           (select count(*) from stage_candidate o where o.stage_id = s.id and o.delegated_by is null) > 1,
           s.claimed_by,
           coalesce(s.claimed_by in (select identity_id from mine) and s.claim_lapses_at > at, false),
           coalesce(s.claimed_by not in (select identity_id from mine) and s.claim_lapses_at > at, false)
    from stage_candidate c
    join approval_stage s on s.id = c.stage_id and s.state = 'open' and s.paused_at is null
    join request r on r.id = s.request_id and r.state = 'in_approval' and r.revision = s.revision
    join identity p on p.id = r.subject_id
    join request_item i on i.request_id = s.request_id and i.revision = s.revision and i.position = 1
    join entitlement_version v on v.entitlement_id = i.entitlement_id and v.version = i.entitlement_version
    where c.identity_id = me
      and r.subject_id not in (select identity_id from mine) and r.requester_id not in (select identity_id from mine)
      and not (p.population in ('service_account', 'privileged_admin') and coalesce(p.owner_id in (select identity_id from mine), false))
      and not exists (select from decision d where d.request_id = s.request_id and d.revision = s.revision and d.verdict <> 'return'
                                               and d.decided_by in (select identity_id from mine))
      and not exists (select from pending_decision d where d.request_id = s.request_id and d.state = 'open' and d.decided_by in (select identity_id from mine))
$$;
create index pending_decision_open_request on pending_decision (request_id) where state = 'open';
