-- A release in full: planned -> gated -> account_ready -> activated -> closed, with its sides. What is
-- proven (`verified_at`) is a moment and no resting place: a release is closed in the transaction that
-- proves it.
alter table release
    -- Pinned when carrying out begins: switching an application's connection changes nothing under way.
    add column connection_id uuid references connection (id),
    add column connection_version integer,
    add column gated_at timestamptz,
    add column account_ready_at timestamptz,
    add column verified_at timestamptz,
    -- The second look, where the tier demands one.
    add column verified_by uuid references identity (id),
    add column closed_at timestamptz,
    -- {"step","fault","said","at"}: what went wrong last, or why it was rolled back.
    add column failure jsonb,
    add column round integer not null default 1,
    add column tries integer not null default 0,
    add column next_try_at timestamptz,
    -- References that should be there after the change, that are, and what differs.
    add column planned_entitlements jsonb,
    add column actual_entitlements jsonb,
    add column variance jsonb,
    -- The work by hand: who took it on, and by when it should be done.
    add column claimed_by uuid references identity (id),
    add column claimed_at timestamptz,
    add column due_at timestamptz,
    -- Counts up with each worker that takes the release on; one with an older count writes nothing.
    add column fence bigint not null default 0,
    add column worked_until timestamptz;

alter table release
    drop constraint release_state_known,
    drop constraint release_executed_has_evidence,
    drop constraint release_executed_has_grant;
drop index release_executed;
drop index release_queue;
drop index release_once_per_item;
update release set state = 'closed', closed_at = executed_at, verified_at = executed_at where state = 'executed';
alter table release
    add constraint release_state_known check (state in ('planned', 'held', 'gated', 'account_ready', 'activated', 'failed', 'undoing', 'stuck', 'rolled_back', 'closed', 'cancelled')),
    add constraint release_connection_pinned check ((connection_id is null) = (connection_version is null)),
    add constraint release_connection_known foreign key (connection_id, connection_version) references connection_version (connection_id, version),
    -- By machine, a release is gated before anything else happens to it.
    add constraint release_under_way_is_gated check (state not in ('gated', 'account_ready') or gated_at is not null),
    add constraint release_activated_has_facts check (state not in ('activated', 'closed') or (executed_at is not null and (executed_by is not null or connection_id is not null))),
    add constraint release_closed_has_facts check ((state = 'closed') = (closed_at is not null) and (state <> 'closed' or (verified_at is not null and evidence is not null))),
    add constraint release_closed_has_grant check (state <> 'closed' or grant_id is not null),
    add constraint release_failed_has_failure check ((state in ('failed', 'undoing', 'stuck', 'rolled_back')) = (failure is not null)),
    add constraint release_tries_again_only_when_failed check (next_try_at is null or state in ('failed', 'undoing', 'stuck')),
    add constraint release_removal_is_not_rolled_back check (kind <> 'remove' or state not in ('undoing', 'stuck', 'rolled_back')),
    add constraint release_claim_complete check ((claimed_by is null) = (claimed_at is null)),
    add constraint release_second_look_by_another check (verified_by <> executed_by),
    add constraint release_second_look_not_by_subject check (verified_by <> subject_id);
create index release_closed on release (executed_at desc, id desc) where state = 'closed';
create index release_queue on release (not_before, id) where state not in ('closed', 'cancelled');
create unique index release_once_per_item on release (item_id, kind) where state <> 'cancelled';

-- A step of carrying out, in order. Written before it is begun and again when it ended.
create table release_step (
    release_id uuid not null references release (id),
    -- Counts up when it is planned anew after it was rolled back; the rounds before stay as they were.
    round integer not null,
    position integer not null,
    operation text not null,
    -- What was found before it; undoing restores that.
    before jsonb not null,
    state text not null,
    key uuid not null,
    undo_key uuid not null,
    -- How the other side names the matter while it is awaited.
    reference text,
    began_at timestamptz,
    ended_at timestamptz,
    primary key (release_id, round, position),
    constraint release_step_key_unique unique (key),
    constraint release_step_undo_key_unique unique (undo_key),
    constraint release_step_operation_known check (operation in ('ready_account', 'give', 'take', 'close_account')),
    constraint release_step_state_known check (state in ('waiting', 'not_needed', 'begun', 'awaited', 'failed', 'done', 'skipped', 'undoing', 'undone', 'undo_failed')),
    constraint release_step_awaited_has_reference check ((state = 'awaited') <= (reference is not null)),
    constraint release_step_begun_has_time check (state in ('waiting', 'not_needed', 'skipped') or began_at is not null)
);

-- Every call to another machine: a row before it, completed after it. One that stays without an end was
-- interrupted, and it is not known what came of it.
create table release_call (
    id uuid primary key,
    release_id uuid not null references release (id),
    round integer not null,
    position integer,
    purpose text not null,
    connection_id uuid not null references connection (id),
    connector text not null,
    key uuid,
    fence bigint not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    took_ms bigint,
    outcome text,
    said text,
    -- Requests and answers, secrets removed.
    exchanges jsonb,
    constraint release_call_purpose_known check (purpose in ('plan', 'apply', 'read_back', 'undo', 'completion')),
    constraint release_call_outcome_known check (outcome in ('done', 'awaited', 'refused', 'unreachable', 'unclear', 'throttled', 'broken', 'garbled', 'not_allowed', 'misconfigured', 'resting', 'lost')),
    constraint release_call_ended_has_outcome check ((ended_at is null) = (outcome is null)),
    constraint release_call_step_has_position check (purpose not in ('apply', 'undo') or position is not null)
);
create index release_call_release on release_call (release_id, began_at, id);
create index release_call_connection on release_call (connection_id, began_at desc);

-- A step that a person did, or found unnecessary, after it failed: proposed by one, confirmed by another.
create table release_skip (
    id uuid primary key,
    release_id uuid not null references release (id),
    -- None: the proof itself is given by hand.
    position integer,
    reason text not null,
    proposed_by uuid not null references identity (id),
    proposed_at timestamptz not null,
    confirmed_by uuid references identity (id),
    confirmed_at timestamptz,
    refused_at timestamptz,
    constraint release_skip_reason_given check (length(btrim(reason)) between 1 and 2000),
    constraint release_skip_second_person check (confirmed_by <> proposed_by),
    constraint release_skip_confirmed_complete check (confirmed_at is null or confirmed_by is not null),
    constraint release_skip_one_answer check (confirmed_at is null or refused_at is null)
);
create unique index release_skip_one_open on release_skip (release_id) where confirmed_at is null and refused_at is null;

-- Law 3 for everyone who lends a hand: whoever approved, and no account of the subject, skips or proves.
create function release_hand_not_by_those_concerned() returns trigger language plpgsql as $$
declare
    the_release uuid := case tg_table_name when 'release' then (to_jsonb(new) ->> 'id')::uuid else (to_jsonb(new) ->> 'release_id')::uuid end;
    hands uuid[] := case tg_table_name
        when 'release' then array[(to_jsonb(new) ->> 'verified_by')::uuid]
        else array[(to_jsonb(new) ->> 'proposed_by')::uuid, (to_jsonb(new) ->> 'confirmed_by')::uuid] end;
begin
    if exists (
        select from release l
        join decision d on d.request_id = l.request_id and d.verdict = 'approve', lateral same_people(array[d.decided_by]) p
        where l.id = the_release and p.identity_id = any (hands)
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_approver', message = 'who approved never executes';
    end if;
    if exists (
        select from release l, lateral same_people(array[l.subject_id]) p where l.id = the_release and p.identity_id = any (hands)
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_subject', message = 'nobody executes their own access';
    end if;
    return new;
end
$$;
create trigger release_hand_not_by_those_concerned before insert or update of verified_by on release
    for each row when (new.verified_by is not null) execute function release_hand_not_by_those_concerned();
create trigger release_skip_not_by_those_concerned before insert or update on release_skip
    for each row execute function release_hand_not_by_those_concerned();

grant select, insert, update on release_step, release_call, release_skip to countersign_app;
