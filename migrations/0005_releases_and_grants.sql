create table release (
    id uuid primary key,
    number text not null,
    kind text not null,
    request_id uuid not null references request (id),
    revision integer not null,
    item_id uuid not null references request_item (id),
    subject_id uuid not null references identity (id),
    entitlement_id uuid not null references entitlement (id),
    -- The grant a removal ends; for an activation it is set when the grant exists.
    grant_id uuid,
    state text not null,
    not_before timestamptz not null,
    -- Sentences of the gates that were not met when somebody tried to release.
    held_reasons jsonb,
    evidence text,
    executed_by uuid references identity (id),
    executed_at timestamptz,
    version integer not null default 1,
    planned_at timestamptz not null,
    state_since timestamptz not null,
    constraint release_number_unique unique (number),
    constraint release_kind_known check (kind in ('activate', 'remove')),
    constraint release_state_known check (state in ('planned', 'held', 'executed', 'cancelled')),
    constraint release_held_has_reasons check ((state = 'held') = (held_reasons is not null)),
    constraint release_executed_has_evidence check ((state = 'executed') = (executed_by is not null and executed_at is not null and evidence is not null)),
    constraint release_executed_has_grant check (state <> 'executed' or grant_id is not null),
    constraint release_removal_has_grant check (kind <> 'remove' or grant_id is not null),
    constraint release_not_by_subject check (executed_by <> subject_id)
);
create index release_queue on release (not_before, id) where state in ('planned', 'held');
create index release_by_request on release (request_id);
-- One activation and one removal for an item of a request, whatever races.
create unique index release_once_per_item on release (item_id, kind) where state <> 'cancelled';

-- Law 3 in the database: who approved never executes the same item.
create function release_not_by_approver() returns trigger language plpgsql as $$
begin
    if new.executed_by is not null and exists (
        select from decision d where d.request_id = new.request_id and d.verdict = 'approve' and d.decided_by = new.executed_by
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_not_by_approver', message = 'who approved never executes';
    end if;
    return new;
end
$$;
create trigger release_not_by_approver before insert or update on release for each row execute function release_not_by_approver();

create table release_attempt (
    id uuid primary key,
    release_id uuid not null references release (id),
    attempted_by uuid not null references identity (id),
    attempted_at timestamptz not null,
    outcome text not null,
    evaluation_id uuid references gate_evaluation (id),
    idempotency_key uuid not null,
    constraint release_attempt_outcome_known check (outcome in ('executed', 'held')),
    constraint release_attempt_idempotency_unique unique (attempted_by, idempotency_key)
);
create index release_attempt_release on release_attempt (release_id, attempted_at);

create table access_grant (
    id uuid primary key,
    identity_id uuid not null references identity (id),
    entitlement_id uuid not null references entitlement (id),
    entitlement_version integer not null,
    request_id uuid not null references request (id),
    item_id uuid not null references request_item (id),
    activation_release_id uuid not null references release (id),
    removal_release_id uuid references release (id),
    state text not null,
    active_since timestamptz not null,
    ends_at timestamptz,
    next_review_on date,
    ending_since timestamptz,
    end_reason text,
    ended_at timestamptz,
    constraint grant_state_known check (state in ('active', 'ending', 'ended')),
    constraint grant_ending_has_facts check ((state in ('ending', 'ended')) = (ending_since is not null and end_reason is not null and removal_release_id is not null)),
    constraint grant_ended_has_time check ((state = 'ended') = (ended_at is not null)),
    constraint grant_end_reason_known check (end_reason in ('expired', 'identity_stopped', 'given_back')),
    constraint grant_ends_after_start check (ends_at > active_since)
);
-- The signature bug of this product class is the double grant: the database refuses the second.
create unique index grant_once on access_grant (identity_id, entitlement_id) where state in ('active', 'ending');
create index grant_by_identity on access_grant (identity_id, active_since desc);
create index grant_by_entitlement on access_grant (entitlement_id) where state in ('active', 'ending');
create index grant_due on access_grant (ends_at) where state = 'active';

alter table release add constraint release_grant_exists foreign key (grant_id) references access_grant (id) deferrable initially deferred;
