create table application (
    id uuid primary key,
    code text not null,
    name text not null,
    description text not null default '',
    owner_id uuid references identity (id),
    deputy_id uuid references identity (id),
    classification text not null,
    logging text not null,
    connector text not null default 'manual',
    constraint application_code_unique unique (code),
    constraint application_classification_known check (classification in ('public', 'internal', 'confidential', 'restricted')),
    constraint application_logging_known check (logging in ('covered', 'partial', 'missing')),
    constraint application_connector_known check (connector in ('manual')),
    constraint application_owner_is_not_deputy check (owner_id <> deputy_id)
);

create table entitlement (
    id uuid primary key,
    application_id uuid not null references application (id),
    -- The id the source catalogue knows it by.
    source_id text not null,
    name text not null,
    description text not null,
    actions text[] not null default '{}',
    data_actions text[] not null default '{}',
    tier text not null,
    -- Why it has this tier: the sentence of the guess, or of the person who changed it.
    tier_reason text not null,
    tier_origin text not null,
    longest_days integer,
    review_every_days integer not null,
    requestable boolean not null default true,
    state text not null default 'active',
    version integer not null default 1,
    updated_at timestamptz not null,
    -- Name and description weigh more than the application and the actions. The `simple`
    -- configuration keeps product names as they are; dots and slashes in actions become spaces.
    search tsvector not null,
    constraint entitlement_source_id_unique unique (source_id),
    constraint entitlement_tier_known check (tier in ('standard', 'elevated', 'privileged')),
    constraint entitlement_tier_origin_known check (tier_origin in ('guessed', 'edited')),
    constraint entitlement_state_known check (state in ('active', 'retired')),
    constraint entitlement_limits_positive check (version > 0 and longest_days > 0 and review_every_days > 0)
);
create index entitlement_application on entitlement (application_id, name);
create index entitlement_words on entitlement using gin (search);
-- Typo tolerance looks at the name only: trigrams of long action lists would match everything.
create index entitlement_name_trigrams on entitlement using gin (lower(name) gin_trgm_ops);

-- Every version an entitlement has had, as it stood, so that what a request pinned stays readable.
create table entitlement_version (
    entitlement_id uuid not null references entitlement (id),
    version integer not null,
    tier text not null,
    tier_reason text not null,
    longest_days integer,
    requestable boolean not null,
    name text not null,
    description text not null,
    recorded_at timestamptz not null,
    primary key (entitlement_id, version)
);

create table conflict (
    id uuid primary key,
    code text not null,
    title text not null,
    description text not null default '',
    severity text not null,
    constraint conflict_code_unique unique (code),
    constraint conflict_severity_known check (severity in ('low', 'medium', 'high'))
);

create table conflict_member (
    conflict_id uuid not null references conflict (id),
    entitlement_id uuid not null references entitlement (id),
    side text not null,
    primary key (conflict_id, entitlement_id, side),
    constraint conflict_member_side_known check (side in ('left', 'right'))
);
create index conflict_member_entitlement on conflict_member (entitlement_id);
