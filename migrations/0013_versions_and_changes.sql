-- Change control over the catalogue and the rules: what was proposed, by whom, who confirmed it,
-- and from when it is in force.
create sequence change_number;
create table catalogue_change (
    id uuid primary key,
    number text not null,
    kind text not null,
    -- What it changes: an id, or for specifications the population, for calendars the code.
    record_key text not null,
    -- Name of the record, for lists.
    record_name text not null,
    -- Application it belongs to, for the scope of owners.
    application_id uuid references application (id),
    -- The record before (null when new) and after, as canonical JSON objects of its editable fields.
    before jsonb,
    after jsonb not null,
    -- Version of the record that `before` was; a change on top of something newer is refused.
    base_version integer not null,
    -- Names of changed fields that need a second person; empty: none is needed.
    needs_second text[] not null,
    reason text not null,
    proposed_by uuid not null references identity (id),
    proposed_at timestamptz not null,
    effective_at timestamptz not null,
    state text not null,
    decided_by uuid references identity (id),
    decided_at timestamptz,
    decision_reason text,
    in_force_at timestamptz,
    -- The version that came of it.
    version integer,
    idempotency_key uuid not null,
    constraint catalogue_change_number_unique unique (number),
    constraint catalogue_change_idempotency_unique unique (proposed_by, idempotency_key),
    constraint catalogue_change_kind_known check (kind in ('unit', 'application', 'entitlement', 'conflict', 'template', 'specification', 'plan', 'calendar', 'group')),
    constraint catalogue_change_state_known check (state in ('proposed', 'confirmed', 'in_force', 'refused', 'withdrawn', 'overtaken')),
    constraint catalogue_change_not_confirmed_by_proposer check (state = 'withdrawn' or decided_by <> proposed_by),
    constraint catalogue_change_second_person check (not (state in ('confirmed', 'in_force') and cardinality(needs_second) > 0) or decided_by is not null),
    constraint catalogue_change_decision_complete check ((decided_by is null) = (decided_at is null)),
    constraint catalogue_change_in_force_complete check ((state = 'in_force') = (in_force_at is not null and version is not null)),
    constraint catalogue_change_not_before_its_time check (in_force_at >= effective_at)
);
create index catalogue_change_open on catalogue_change (effective_at) where state in ('proposed', 'confirmed');
create index catalogue_change_record on catalogue_change (kind, record_key, proposed_at desc);

-- Every version of every record under change control as it stood, readable for ever. Entitlements
-- and specifications have tables of their own besides, because requests pin them.
create table record_version (
    kind text not null,
    record_key text not null,
    version integer not null,
    body jsonb not null,
    effective_from timestamptz not null,
    change_id uuid references catalogue_change (id),
    primary key (kind, record_key, version),
    constraint record_version_positive check (version > 0)
);

alter table entitlement
    add column questions jsonb not null default '[]',
    add column audience_populations text[] not null default '{}',
    add column audience_units uuid[] not null default '{}',
    add column includes uuid[] not null default '{}',
    add constraint entitlement_includes_not_itself check (not (id = any (includes))),
    add constraint entitlement_audience_known check (audience_populations <@ array['employee', 'contractor', 'vendor', 'service_account', 'privileged_admin']);
create index entitlement_includes on entitlement using gin (includes) where includes <> '{}';
alter table entitlement_version
    add column questions jsonb not null default '[]',
    add column audience_populations text[] not null default '{}',
    add column audience_units uuid[] not null default '{}',
    add column includes uuid[] not null default '{}',
    add column review_every_days integer,
    add column change_id uuid references catalogue_change (id);
alter table identity_specification add column change_id uuid references catalogue_change (id);

alter table application
    add column version integer not null default 1,
    add column state text not null default 'active',
    add constraint application_state_known check (state in ('active', 'retired')),
    add constraint application_version_positive check (version > 0);

-- What an entitlement gives besides itself: everything it includes, and what that includes.
create function entitlement_contents(of_ids uuid[]) returns table (entitlement_id uuid, through uuid) language sql stable as $$
    with recursive inside as (
        select i.child as entitlement_id, e.id as through from entitlement e, unnest(e.includes) as i (child) where e.id = any (of_ids)
        union
        select i.child, inside.through from inside join entitlement e on e.id = inside.entitlement_id, unnest(e.includes) as i (child)
    )
    select inside.entitlement_id, inside.through from inside
$$;

alter table conflict
    -- 'sides': something of the left with something of the right. 'set': more than `at_most` of the members.
    add column shape text not null default 'sides',
    add column at_most integer not null default 1,
    -- What may make the combination bearable, in words; empty: nothing may.
    add column mitigation text not null default '',
    add column version integer not null default 1,
    add column state text not null default 'active',
    add constraint conflict_shape_known check (shape in ('sides', 'set')),
    add constraint conflict_state_known check (state in ('active', 'retired')),
    add constraint conflict_counts_positive check (at_most > 0 and version > 0);
alter table conflict_member drop constraint conflict_member_side_known;
alter table conflict_member add constraint conflict_member_side_known check (side in ('left', 'right', 'any'));
-- The present members; earlier ones stand in the versions of the conflict.
grant delete on conflict_member to countersign_app;

-- Standard patterns that are asked for together.
create table request_template (
    id uuid primary key,
    code text not null,
    name text not null,
    description text not null default '',
    reason_code text,
    days integer,
    audience_populations text[] not null default '{}',
    audience_units uuid[] not null default '{}',
    entitlement_ids uuid[] not null,
    state text not null default 'active',
    version integer not null default 1,
    updated_at timestamptz not null,
    constraint request_template_code_unique unique (code),
    constraint request_template_state_known check (state in ('active', 'retired')),
    constraint request_template_counts_positive check (version > 0 and days > 0),
    constraint request_template_has_items check (cardinality(entitlement_ids) between 1 and 25)
);

grant select, insert, update on catalogue_change, request_template to countersign_app;
grant select, insert on record_version to countersign_app;
grant usage on sequence change_number to countersign_app;
