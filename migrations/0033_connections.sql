-- How the machines are reached in which access really is. An application names its connection; one
-- without is served by hand, without a checklist of its own.
create table connection (
    id uuid primary key,
    code text not null,
    name text not null,
    connector text not null,
    -- What the connector's own type reads; never a secret.
    settings jsonb not null,
    -- XChaCha20-Poly1305 under a key that is not in this database, bound to this row by its id.
    secret_sealed bytea,
    secret_key_id text,
    state text not null default 'active',
    version integer not null default 1,
    changed_at timestamptz not null,
    constraint connection_code_unique unique (code),
    constraint connection_code_shape check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    constraint connection_name_length check (length(name) between 1 and 120),
    constraint connection_connector_known check (connector in ('manual', 'scim', 'webhook', 'memory')),
    constraint connection_state_known check (state in ('active', 'retired')),
    constraint connection_secret_complete check ((secret_sealed is null) = (secret_key_id is null)),
    constraint connection_version_positive check (version > 0)
);

-- Every version of the settings, so that a release under way keeps those it began with.
create table connection_version (
    connection_id uuid not null references connection (id),
    version integer not null,
    connector text not null,
    settings jsonb not null,
    recorded_at timestamptz not null,
    recorded_by uuid references identity (id),
    primary key (connection_id, version),
    constraint connection_version_connector_known check (connector in ('manual', 'scim', 'webhook', 'memory'))
);

-- The circuit breaker, shared by all servers: the machine's own words in `breaker`, the rest for people.
create table connection_health (
    connection_id uuid primary key references connection (id),
    breaker jsonb not null,
    -- Calls before this moment are not made.
    rests_until timestamptz,
    last_well_at timestamptz,
    last_failed_at timestamptz,
    last_said text,
    changed_at timestamptz not null
);

alter table application add column connection_id uuid references connection (id);
create index application_connection on application (connection_id) where connection_id is not null;
alter table application drop constraint application_connector_known, drop column connector;

-- What an entitlement is called over there; without it, its name.
alter table entitlement add column reference text, add constraint entitlement_reference_length check (length(reference) between 1 and 500);

grant select, insert, update on connection, connection_health to countersign_app;
grant select, insert on connection_version to countersign_app;
