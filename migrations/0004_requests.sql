create sequence request_number;
create sequence release_number;

-- Every policy set that was ever in force, so that a recorded hash can be read years later.
create table policy_set (
    hash text primary key,
    sources jsonb not null,
    first_seen_at timestamptz not null,
    constraint policy_set_hash_shape check (hash ~ '^[0-9a-f]{64}$')
);

create table request (
    id uuid primary key,
    number text not null,
    subject_id uuid not null references identity (id),
    requester_id uuid not null references identity (id),
    state text not null,
    state_since timestamptz not null,
    -- The sentence that explains a return, rejection, withdrawal or lapse.
    state_reason text,
    revision integer not null,
    -- Goes up with every change; a decision names the version it was made on.
    version integer not null,
    -- SHA-256 over what the page shows of the request; see `usecase::shown`.
    content_hash bytea not null,
    submitted_at timestamptz not null,
    idempotency_key uuid not null,
    constraint request_number_unique unique (number),
    constraint request_idempotency_unique unique (requester_id, idempotency_key),
    constraint request_state_known check (state in ('in_approval', 'returned', 'approved', 'released', 'closed', 'withdrawn', 'rejected', 'lapsed')),
    constraint request_reason_where_needed check ((state in ('returned', 'withdrawn', 'rejected', 'lapsed')) = (state_reason is not null)),
    constraint request_counts_from_one check (revision > 0 and version > 0),
    constraint request_content_hash_length check (octet_length(content_hash) = 32)
);
create index request_by_subject on request (subject_id, submitted_at desc, id desc);
create index request_by_requester on request (requester_id, submitted_at desc, id desc);
create index request_by_time on request (submitted_at desc, id desc);
create index request_open on request (state_since) where state in ('in_approval', 'returned', 'approved');

create table request_revision (
    request_id uuid not null references request (id),
    revision integer not null,
    reason_code text not null,
    justification text not null,
    starts_on date not null,
    ends_on date,
    -- The specification version that was in force, pinned.
    specification_population text not null,
    specification_version integer not null,
    policy_hash text not null references policy_set (hash),
    submitted_by uuid not null references identity (id),
    submitted_at timestamptz not null,
    primary key (request_id, revision),
    foreign key (specification_population, specification_version) references identity_specification (population, version),
    constraint revision_reason_known check (reason_code in ('project', 'operations', 'new_role', 'incident', 'audit', 'other')),
    constraint revision_justification_length check (length(justification) between 20 and 2000),
    constraint revision_ends_after_start check (ends_on >= starts_on)
);

create table request_item (
    id uuid primary key,
    request_id uuid not null,
    revision integer not null,
    position integer not null,
    entitlement_id uuid not null references entitlement (id),
    entitlement_version integer not null,
    foreign key (request_id, revision) references request_revision (request_id, revision),
    foreign key (entitlement_id, entitlement_version) references entitlement_version (entitlement_id, version),
    constraint item_position_unique unique (request_id, revision, position),
    constraint item_once_per_revision unique (request_id, revision, entitlement_id)
);
create index request_item_entitlement on request_item (entitlement_id);

-- One row for every run of the gates, while asking, at submission and at release.
create table gate_evaluation (
    id uuid primary key,
    at timestamptz not null,
    phase text not null,
    subject_id uuid not null references identity (id),
    entitlement_id uuid not null references entitlement (id),
    -- Absent while asking and when a submission was refused.
    request_id uuid references request (id),
    revision integer,
    policy_hash text not null references policy_set (hash),
    passed boolean not null,
    facts jsonb not null,
    results jsonb not null,
    duration_us bigint not null,
    constraint evaluation_phase_known check (phase in ('preview', 'submission', 'release')),
    constraint evaluation_request_with_revision check ((request_id is null) = (revision is null)),
    constraint evaluation_release_has_request check (phase <> 'release' or request_id is not null)
);
create index gate_evaluation_request on gate_evaluation (request_id, at) where request_id is not null;

create table approval_stage (
    id uuid primary key,
    request_id uuid not null,
    revision integer not null,
    position integer not null,
    authority text not null,
    state text not null,
    -- Why nobody can decide: law 1, the item waits where everybody can see it.
    hold_reason text,
    opened_at timestamptz,
    due_at timestamptz,
    closed_at timestamptz,
    foreign key (request_id, revision) references request_revision (request_id, revision),
    constraint stage_position_unique unique (request_id, revision, position),
    constraint stage_authority_known check (authority in ('line_manager', 'application_owner')),
    constraint stage_state_known check (state in ('waiting', 'open', 'held', 'approved', 'rejected', 'returned', 'void')),
    constraint stage_hold_has_reason check ((state = 'held') = (hold_reason is not null)),
    constraint stage_open_has_times check (state not in ('open', 'approved', 'rejected', 'returned') or (opened_at is not null and due_at is not null)),
    constraint stage_closed_has_time check ((state in ('approved', 'rejected', 'returned', 'void')) = (closed_at is not null))
);
create index approval_stage_open on approval_stage (due_at) where state in ('open', 'held');

create table stage_candidate (
    stage_id uuid not null references approval_stage (id),
    identity_id uuid not null references identity (id),
    because text not null,
    primary key (stage_id, identity_id)
);
create index stage_candidate_identity on stage_candidate (identity_id);

create table decision (
    id uuid primary key,
    stage_id uuid not null references approval_stage (id),
    request_id uuid not null,
    revision integer not null,
    decided_by uuid not null references identity (id),
    verdict text not null,
    comment text,
    -- What was on the screen: law 5.
    shown_version integer not null,
    shown_hash bytea not null,
    decided_at timestamptz not null,
    idempotency_key uuid not null,
    foreign key (request_id, revision) references request_revision (request_id, revision),
    constraint decision_verdict_known check (verdict in ('approve', 'return', 'reject')),
    constraint decision_comment_where_needed check (verdict = 'approve' or comment is not null),
    constraint decision_once_per_stage unique (stage_id),
    constraint decision_distinct_people unique (request_id, revision, decided_by),
    constraint decision_idempotency_unique unique (decided_by, idempotency_key),
    constraint decision_shown_hash_length check (octet_length(shown_hash) = 32)
);

-- Law 4 in the database: neither the subject nor the requester decides.
create function decision_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    if exists (select from request r where r.id = new.request_id and new.decided_by in (r.subject_id, r.requester_id)) then
        raise exception using errcode = 'check_violation', constraint = 'decision_not_by_those_concerned', message = 'nobody decides for themselves';
    end if;
    return new;
end
$$;
create trigger decision_not_by_those_concerned before insert on decision for each row execute function decision_not_by_those_concerned();
