create table unit (
    id uuid primary key,
    name text not null,
    constraint unit_name_unique unique (name),
    constraint unit_name_not_blank check (btrim(name) <> '')
);

create table identity (
    id uuid primary key,
    -- The number the source of truth knows the identity by (for people the employee number).
    source_id text not null,
    -- 'feed': the people import owns the record; 'local': made here (the first administrator).
    source text not null,
    population text not null,
    given_name text not null,
    family_name text not null,
    display_name text not null generated always as (btrim(given_name || ' ' || family_name)) stored,
    email text,
    unit_id uuid references unit (id),
    title text,
    manager_id uuid references identity (id),
    -- Accountable person of a non-human identity.
    owner_id uuid references identity (id),
    starts_on date,
    ends_on date,
    mfa text not null default 'unknown',
    state text not null,
    state_since timestamptz not null,
    state_reason text,
    updated_at timestamptz not null,
    constraint identity_source_id_unique unique (source_id),
    constraint identity_source_known check (source in ('feed', 'local')),
    constraint identity_population_known check (population in ('employee', 'contractor', 'vendor', 'service_account', 'privileged_admin')),
    constraint identity_mfa_known check (mfa in ('unknown', 'absent', 'one_time_code', 'passkey')),
    constraint identity_state_known check (state in ('staged', 'active', 'suspended', 'retired')),
    constraint identity_stop_has_reason check ((state in ('suspended', 'retired')) = (state_reason is not null)),
    constraint identity_not_own_manager check (manager_id <> id),
    constraint identity_not_own_owner check (owner_id <> id)
);
-- Lists by unit and peers in a unit.
create index identity_unit on identity (unit_id) where state = 'active';
-- "Who reports to me" and the approver rules.
create index identity_manager on identity (manager_id);
create index identity_name_search on identity using gin (display_name gin_trgm_ops);

create table identity_specification (
    population text not null,
    version integer not null,
    required_attributes text[] not null,
    highest_tier text not null,
    longest_days integer,
    mfa_from text not null,
    highest_classification text not null,
    -- Codes of applications this population may ask for; empty means all.
    applications text[] not null default '{}',
    review_every_days integer not null,
    termination_within_hours integer not null,
    control_owner text not null,
    evidence_source text not null,
    effective_from timestamptz not null,
    primary key (population, version),
    constraint specification_population_known check (population in ('employee', 'contractor', 'vendor', 'service_account', 'privileged_admin')),
    constraint specification_tier_known check (highest_tier in ('standard', 'elevated', 'privileged')),
    constraint specification_mfa_from_known check (mfa_from in ('standard', 'elevated', 'privileged')),
    constraint specification_classification_known check (highest_classification in ('public', 'internal', 'confidential', 'restricted')),
    constraint specification_limits_positive check (version > 0 and longest_days > 0 and review_every_days > 0 and termination_within_hours > 0)
);

create table account (
    identity_id uuid primary key references identity (id),
    login text not null,
    password_hash text not null,
    password_changed_at timestamptz not null,
    created_at timestamptz not null,
    constraint account_login_unique unique (login),
    constraint account_login_shape check (login = lower(login) and length(login) between 1 and 254)
);

create table session (
    id uuid primary key,
    -- SHA-256 of the token in the cookie; the token itself is stored nowhere.
    token_hash bytea not null,
    identity_id uuid not null references identity (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    -- When a password was last proven in this session.
    authenticated_at timestamptz not null,
    expires_at timestamptz not null,
    address text,
    user_agent text,
    ended_at timestamptz,
    end_reason text,
    constraint session_token_hash_unique unique (token_hash),
    constraint session_token_hash_length check (octet_length(token_hash) = 32),
    constraint session_end_has_reason check ((ended_at is null) = (end_reason is null)),
    constraint session_end_reason_known check (end_reason in ('signed_out', 'ended_by_owner', 'rotated', 'expired', 'idle', 'identity_stopped', 'password_changed'))
);
create index session_open_by_identity on session (identity_id) where ended_at is null;

create table setup_link (
    token_hash bytea primary key,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint setup_link_token_hash_length check (octet_length(token_hash) = 32)
);

create table role_assignment (
    id uuid primary key,
    identity_id uuid not null references identity (id),
    role text not null,
    granted_at timestamptz not null,
    granted_by uuid references identity (id),
    ended_at timestamptz,
    ended_by uuid references identity (id),
    constraint role_assignment_role_known check (role in ('operator', 'compliance', 'auditor', 'administrator')),
    -- Nobody gives a role to themselves; set-up and demonstration data have no author.
    constraint role_assignment_not_to_oneself check (granted_by <> identity_id)
);
create unique index role_assignment_active_unique on role_assignment (identity_id, role) where ended_at is null;
