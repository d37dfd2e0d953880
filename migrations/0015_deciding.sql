-- Stages follow a plan that is data: name, sources and quorum stand on the stage as they were when
-- it was laid out.
alter table approval_stage
    add column step integer,
    add column name text,
    add column sources text[],
    add column fallback text[] not null default '{}',
    add column quorum integer not null default 1,
    add column due_hours integer not null default 16,
    add column remind_hours integer,
    add column escalate_hours integer,
    add column escalate_to text[] not null default '{}',
    -- Calendar that its times are worked out with.
    add column calendar_code text,
    add column calendar_version integer,
    add column remind_at timestamptz,
    add column reminded_at timestamptz,
    add column escalate_at timestamptz,
    add column escalated_at timestamptz,
    -- While the requester is asked, the clock stands still; the working seconds that were left.
    add column paused_at timestamptz,
    add column remaining_seconds bigint,
    -- Working seconds spent waiting for the requester so far.
    add column waited_seconds bigint not null default 0,
    add column claimed_by uuid references identity (id),
    add column claimed_at timestamptz;
update approval_stage set step = position,
    name = case authority when 'line_manager' then 'Line manager' else 'Application owner' end,
    sources = case authority when 'line_manager' then array['line_manager'] else array['application_owner', 'application_deputy'] end;
alter table approval_stage
    alter column step set not null,
    alter column name set not null,
    alter column sources set not null,
    drop constraint stage_authority_known,
    drop column authority,
    add constraint stage_quorum_positive check (quorum between 1 and 10),
    add constraint stage_has_sources check (cardinality(sources) > 0),
    add constraint stage_pause_complete check ((paused_at is null) = (remaining_seconds is null)),
    add constraint stage_claim_complete check ((claimed_by is null) = (claimed_at is null));
create index approval_stage_remind on approval_stage (remind_at) where state = 'open' and reminded_at is null;
create index approval_stage_escalate on approval_stage (escalate_at) where state = 'open' and escalated_at is null;

-- A candidate who decides for somebody who is away, or was added by escalation or reassignment.
alter table stage_candidate
    add column delegated_by uuid references identity (id),
    add column delegation_id uuid references delegation (id),
    add constraint candidate_delegation_complete check ((delegated_by is null) = (delegation_id is null)),
    add constraint candidate_not_own_delegate check (delegated_by <> identity_id);

create table stage_reassignment (
    id uuid primary key,
    stage_id uuid not null references approval_stage (id),
    -- Whose place is taken; null when a held stage is given to somebody.
    from_id uuid references identity (id),
    to_id uuid not null references identity (id),
    reason text not null,
    reassigned_by uuid not null references identity (id),
    reassigned_at timestamptz not null,
    constraint reassignment_to_somebody_else check (from_id <> to_id),
    constraint reassignment_not_to_oneself check (reassigned_by <> to_id)
);
create index stage_reassignment_stage on stage_reassignment (stage_id, reassigned_at);

alter table decision
    -- An earlier end than was asked for.
    add column ends_on date,
    -- Whom the decider stood in for.
    add column delegated_by uuid references identity (id),
    add column bulk boolean not null default false,
    -- Seconds between showing and deciding.
    add column seconds_spent integer,
    drop constraint decision_once_per_stage,
    drop constraint decision_distinct_people,
    add constraint decision_earlier_end_only_approves check (ends_on is null or verdict = 'approve'),
    add constraint decision_bulk_only_approves check (not bulk or verdict = 'approve'),
    add constraint decision_seconds_not_negative check (seconds_spent >= 0);
-- A question is no decision on the matter: who asked one may still decide.
create unique index decision_distinct_people on decision (request_id, revision, decided_by) where verdict <> 'return';
create index decision_stage on decision (stage_id);

-- Law 4 counts people: no account of the subject, of the requester, or of the person answerable for
-- a non-human subject decides, and nobody decides twice through two accounts.
create or replace function decision_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (
        select from request r join identity s on s.id = r.subject_id,
            lateral same_people(array_remove(array[r.subject_id, r.requester_id, case when s.population in ('service_account', 'privileged_admin') then s.owner_id end], null)) p
        where r.id = new.request_id and p.identity_id in (new.decided_by, new.delegated_by)
    ) then
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

-- A decision as made on the screen. For ten seconds it can be undone; then it is recorded, or
-- refused when the request has moved on.
create table pending_decision (
    id uuid primary key,
    stage_id uuid not null references approval_stage (id),
    request_id uuid not null references request (id),
    revision integer not null,
    decided_by uuid not null references identity (id),
    verdict text not null,
    comment text,
    ends_on date,
    bulk boolean not null,
    seconds_spent integer,
    shown_version integer not null,
    shown_hash bytea not null,
    -- Printed name and meaning of the signature, where one was asked for.
    signed_name text,
    signed_meaning text,
    decided_at timestamptz not null,
    final_at timestamptz not null,
    state text not null,
    -- Code of the refusal.
    refusal text,
    settled_at timestamptz,
    idempotency_key uuid not null,
    constraint pending_decision_verdict_known check (verdict in ('approve', 'return', 'reject')),
    constraint pending_decision_state_known check (state in ('open', 'recorded', 'undone', 'refused')),
    constraint pending_decision_settled check ((state = 'open') = (settled_at is null)),
    constraint pending_decision_refusal check ((state = 'refused') = (refusal is not null)),
    constraint pending_decision_signature_complete check ((signed_name is null) = (signed_meaning is null)),
    constraint pending_decision_idempotency_unique unique (decided_by, idempotency_key)
);
create unique index pending_decision_one_open on pending_decision (stage_id, decided_by) where state = 'open';
create index pending_decision_due on pending_decision (final_at) where state = 'open';
create index pending_decision_recent on pending_decision (decided_by, decided_at desc);

-- A signature on a decision: who, when, what it means, and over what.
create table signature (
    decision_id uuid primary key references decision (id),
    printed_name text not null,
    meaning text not null,
    signed_at timestamptz not null,
    shown_hash bytea not null,
    method text not null,
    constraint signature_method_known check (method in ('password')),
    constraint signature_hash_length check (octet_length(shown_hash) = 32),
    constraint signature_name_not_blank check (btrim(printed_name) <> '' and btrim(meaning) <> '')
);

-- The conversation on a request: an approver's question, the requester's answer.
create table request_message (
    id uuid primary key,
    request_id uuid not null references request (id),
    revision integer not null,
    stage_id uuid references approval_stage (id),
    kind text not null,
    author_id uuid not null references identity (id),
    body text not null,
    at timestamptz not null,
    constraint message_kind_known check (kind in ('question', 'answer')),
    constraint message_length check (length(body) between 1 and 2000)
);
create index request_message_request on request_message (request_id, at, id);

create table saved_filter (
    id uuid primary key,
    owner_id uuid not null references identity (id),
    page text not null,
    name text not null,
    query text not null,
    created_at timestamptz not null,
    constraint saved_filter_page_known check (page in ('inbox', 'requests')),
    constraint saved_filter_name_unique unique (owner_id, page, name),
    constraint saved_filter_lengths check (length(name) between 1 and 60 and length(query) <= 500)
);

grant select, insert on stage_reassignment, signature, request_message to countersign_app;
grant select, insert, update on pending_decision to countersign_app;
grant select, insert, update, delete on saved_filter to countersign_app;
