-- Further accounts of one natural person (an administrator's account, a second employment): the
-- identity of the person they belong to. Law 4 counts people, not accounts.
alter table identity add column person_id uuid references identity (id);
alter table identity add constraint identity_not_own_person check (person_id <> id);
create index identity_person on identity (person_id) where person_id is not null;
create index identity_owner on identity (owner_id) where owner_id is not null;

-- Every identity of the natural persons behind `of`: linked accounts, and accounts with the same
-- mail address, because two accounts with one mailbox are read by one person.
create function same_people(of_ids uuid[]) returns table (identity_id uuid) language sql stable as $$
    with recursive named as (
        select i.id, i.person_id, lower(i.email) as email from identity i where i.id = any (of_ids)
        union
        select o.id, o.person_id, lower(o.email) from named n join identity o
            on o.id = n.person_id or o.person_id = n.id or o.person_id = n.person_id or (n.email <> '' and lower(o.email) = n.email)
    )
    select distinct named.id from named
$$;

-- Named groups that approve, for example security.
create table approver_group (
    id uuid primary key,
    code text not null,
    name text not null,
    description text not null default '',
    version integer not null default 1,
    updated_at timestamptz not null,
    constraint approver_group_code_unique unique (code),
    constraint approver_group_code_shape check (code ~ '^[a-z][a-z0-9_-]{1,40}$'),
    constraint approver_group_version_positive check (version > 0)
);
create table approver_group_member (
    group_id uuid not null references approver_group (id),
    identity_id uuid not null references identity (id),
    primary key (group_id, identity_id)
);
create index approver_group_member_identity on approver_group_member (identity_id);
insert into approver_group (id, code, name, description, updated_at)
values ('00000000-0000-7000-8000-000000000001', 'security', 'Security', 'Decides last on privileged access.', '2000-01-01T00:00:00Z');

-- Working time. Each version stays, so that a past due time can be worked out again.
create table business_calendar (
    code text not null,
    version integer not null,
    name text not null,
    -- IANA name; null means the zone of the installation.
    zone text,
    -- Seven lists of [from, to] in "HH:MM", Monday first.
    hours jsonb not null,
    -- Days without work: [{"date": "2026-12-25", "name": "Christmas Day"}].
    holidays jsonb not null default '[]',
    effective_from timestamptz not null,
    primary key (code, version),
    constraint business_calendar_code_shape check (code ~ '^[a-z][a-z0-9_-]{1,40}$'),
    constraint business_calendar_version_positive check (version > 0),
    constraint business_calendar_seven_days check (jsonb_array_length(hours) = 7)
);
insert into business_calendar (code, version, name, zone, hours, holidays, effective_from)
values ('standard', 1, 'Monday to Friday, 9 to 17', null,
        '[[["09:00","17:00"]],[["09:00","17:00"]],[["09:00","17:00"]],[["09:00","17:00"]],[["09:00","17:00"]],[],[]]', '[]', '2000-01-01T00:00:00Z');
alter table unit add column calendar_code text not null default 'standard';
alter table unit add column version integer not null default 1;

-- Who decides, as data. The most specific plan that fits a request applies: application before
-- population before tier. `stages` is a list, in order, of
-- {"step": 1, "name": "...", "sources": ["line_manager"], "quorum": 1, "fallback": ["managers_manager"],
--  "due_hours": 16, "remind_hours": 8, "escalate_hours": 24, "escalate_to": ["managers_manager"]};
-- stages of one step are asked at the same time; hours are working hours.
create table approval_plan (
    id uuid primary key,
    code text not null,
    version integer not null,
    name text not null,
    tier text,
    population text,
    application_id uuid references application (id),
    stages jsonb not null,
    state text not null default 'active',
    updated_at timestamptz not null,
    constraint approval_plan_code_unique unique (code),
    constraint approval_plan_code_shape check (code ~ '^[a-z][a-z0-9_-]{1,40}$'),
    constraint approval_plan_version_positive check (version > 0),
    constraint approval_plan_tier_known check (tier in ('standard', 'elevated', 'privileged')),
    constraint approval_plan_population_known check (population in ('employee', 'contractor', 'vendor', 'service_account', 'privileged_admin')),
    constraint approval_plan_state_known check (state in ('active', 'retired')),
    constraint approval_plan_has_stages check (jsonb_array_length(stages) between 1 and 10)
);
-- Of two plans for the same circumstances neither would be the right one.
create unique index approval_plan_one_for_each_case on approval_plan (coalesce(tier, ''), coalesce(population, ''), coalesce(application_id, '00000000-0000-0000-0000-000000000000')) where state = 'active';
insert into approval_plan (id, code, version, name, tier, stages, updated_at) values
    ('00000000-0000-7000-8000-000000000011', 'standard', 1, 'Standard access', 'standard',
     '[{"step":1,"name":"Line manager","sources":["line_manager"],"quorum":1,"fallback":["managers_manager"],"due_hours":16,"remind_hours":8,"escalate_hours":24,"escalate_to":["managers_manager"]}]',
     '2000-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000012', 'elevated', 1, 'Elevated access', 'elevated',
     '[{"step":1,"name":"Line manager","sources":["line_manager"],"quorum":1,"fallback":["managers_manager"],"due_hours":16,"remind_hours":8,"escalate_hours":24,"escalate_to":["managers_manager"]},
       {"step":2,"name":"Application owner","sources":["application_owner","application_deputy"],"quorum":1,"fallback":[],"due_hours":16,"remind_hours":8,"escalate_hours":24,"escalate_to":["owners_manager"]}]',
     '2000-01-01T00:00:00Z'),
    ('00000000-0000-7000-8000-000000000013', 'privileged', 1, 'Privileged access', 'privileged',
     '[{"step":1,"name":"Line manager","sources":["line_manager"],"quorum":1,"fallback":["managers_manager"],"due_hours":8,"remind_hours":4,"escalate_hours":16,"escalate_to":["managers_manager"]},
       {"step":2,"name":"Application owner","sources":["application_owner","application_deputy"],"quorum":1,"fallback":[],"due_hours":8,"remind_hours":4,"escalate_hours":16,"escalate_to":["owners_manager"]},
       {"step":3,"name":"Security","sources":["group:security"],"quorum":1,"fallback":[],"due_hours":8,"remind_hours":4,"escalate_hours":16,"escalate_to":[]}]',
     '2000-01-01T00:00:00Z');

-- Out of office: decisions that `from` would be asked for go to `to` as well, within the scope.
create table delegation (
    id uuid primary key,
    from_id uuid not null references identity (id),
    to_id uuid not null references identity (id),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- Tiers and applications it covers; an empty list means all.
    tiers text[] not null default '{}',
    application_ids uuid[] not null default '{}',
    reason text not null,
    created_by uuid not null references identity (id),
    created_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by uuid references identity (id),
    constraint delegation_not_to_oneself check (from_id <> to_id),
    constraint delegation_ends_after_start check (ends_at > starts_at),
    constraint delegation_revocation_complete check ((revoked_at is null) = (revoked_by is null)),
    constraint delegation_tiers_known check (tiers <@ array['standard', 'elevated', 'privileged'])
);
create index delegation_from on delegation (from_id, ends_at) where revoked_at is null;
create index delegation_to on delegation (to_id, ends_at) where revoked_at is null;

-- No chain is longer than one, and so no cycle is possible: whoever delegates is nobody's delegate
-- at any moment of the period, and whoever is a delegate does not delegate. The use-case locks both
-- people and asks first; this is the same law for whoever else writes.
create function delegation_is_no_chain() returns trigger language plpgsql as $$
begin
    if exists (
        select from delegation d
        where d.revoked_at is null and d.id <> new.id and (d.to_id = new.from_id or d.from_id = new.to_id)
          and d.starts_at < new.ends_at and new.starts_at < d.ends_at
    ) then
        raise exception using errcode = 'check_violation', constraint = 'delegation_is_no_chain', message = 'a delegate does not delegate';
    end if;
    return new;
end
$$;
create trigger delegation_is_no_chain before insert on delegation for each row execute function delegation_is_no_chain();

grant select, insert, update on approver_group, approval_plan, delegation to countersign_app;
grant select, insert on business_calendar to countersign_app;
-- The present members; who was a member when stands in the versions of the group.
grant select, insert, delete on approver_group_member to countersign_app;
