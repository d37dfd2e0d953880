-- The audit trail. Append only: see the grants and the trigger below. Rows carry no sequence
-- number, so that no row is hot; the order of a subject's events is (at, id).
create table audit_event (
    id uuid primary key,
    at timestamptz not null,
    trail text not null,
    kind text not null,
    actor_kind text not null,
    actor_id uuid,
    -- Job or command, when no person acted.
    actor_process text,
    subject_kind text not null,
    subject_id uuid not null,
    -- Set on everything that belongs to a request's story.
    request_id uuid,
    -- Canonical JSON (RFC 8785) of the event's facts; text, because its bytes are what is hashed.
    body text not null,
    content_hash bytea not null,
    constraint audit_event_trail_known check (trail in ('decision', 'execution', 'administration')),
    constraint audit_event_actor_known check (actor_kind in ('person', 'system', 'operator')),
    constraint audit_event_actor_complete check ((actor_kind = 'person') = (actor_id is not null) and (actor_kind = 'person') = (actor_process is null)),
    constraint audit_event_hash_matches check (content_hash = sha256(convert_to(body, 'UTF8')))
);
create index audit_event_request on audit_event (request_id, at, id) where request_id is not null;
create index audit_event_subject on audit_event (subject_kind, subject_id, at, id);

create function audit_event_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'insufficient_privilege', message = 'audit events are never changed or removed';
end
$$;
create trigger audit_event_is_append_only before update or delete or truncate on audit_event for each statement execute function audit_event_is_append_only();

create table job (
    name text primary key,
    every_seconds integer not null,
    next_run_at timestamptz not null,
    -- While set and in the future, one server is running the job.
    leased_until timestamptz,
    last_started_at timestamptz,
    last_finished_at timestamptz,
    last_outcome text,
    last_error text,
    runs bigint not null default 0,
    failures bigint not null default 0,
    constraint job_period_positive check (every_seconds > 0),
    constraint job_outcome_known check (last_outcome in ('ok', 'failed')),
    constraint job_failure_has_error check ((last_outcome = 'failed') = (last_error is not null))
);

create table import_run (
    id uuid primary key,
    kind text not null,
    file_name text not null,
    file_sha256 bytea not null,
    applied_at timestamptz not null,
    added bigint not null,
    changed bigint not null,
    removed bigint not null,
    unchanged bigint not null,
    skipped bigint not null,
    constraint import_run_kind_known check (kind in ('people', 'catalogue')),
    constraint import_run_hash_length check (octet_length(file_sha256) = 32)
);
