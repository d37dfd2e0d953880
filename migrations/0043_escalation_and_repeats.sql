-- A stage that says after how many hours the next level is asked says who that is, and the other way
-- round. Not checked on plans that are there already: they stay in force until they are changed.
alter table approval_plan
    add constraint approval_plan_escalation_complete check (not jsonb_path_exists(stages,
        '$[*] ? ((@.escalate_hours.type() == "number" && !exists(@.escalate_to[*])) || (!(@.escalate_hours.type() == "number") && exists(@.escalate_to[*])))')) not valid;

-- The shipped plan for privileged access named hours and nobody. Where it still is the shipped one, its
-- second version names the owner's manager; both versions are kept as change control keeps them.
with shipped as (
    select id, updated_at from approval_plan where id = '00000000-0000-7000-8000-000000000013' and version = 1
), versions (version, security) as (
    values (1, 'escalate 16'), (2, 'escalate 16 to owners_manager')
)
insert into record_version (kind, record_key, version, body, effective_from)
select 'plan', shipped.id::text, versions.version,
       jsonb_build_object('code', 'privileged', 'name', 'Privileged access', 'tier', 'privileged', 'population', '', 'application', '', 'state', 'active',
           'stages', E'1 | Line manager | line_manager | quorum 1 | fallback managers_manager | due 8 | remind 4 | escalate 16 to managers_manager\n'
               || E'2 | Application owner | application_owner, application_deputy | quorum 1 | due 8 | remind 4 | escalate 16 to owners_manager\n'
               || '3 | Security | group:security | quorum 1 | due 8 | remind 4 | ' || versions.security),
       case versions.version when 1 then shipped.updated_at else now() end
from shipped, versions
on conflict (kind, record_key, version) do nothing;
update approval_plan set stages = jsonb_set(stages, '{2,escalate_to}', '["owners_manager"]'), version = 2, updated_at = now()
where id = '00000000-0000-7000-8000-000000000013' and version = 1;

-- It was time for the next level and nobody there could be asked: why.
alter table approval_stage
    add column next_level_missing text,
    add constraint stage_next_level_missing_was_escalated check (next_level_missing is null or escalated_at is not null);

-- The same delegation stands once: same people, same period, same scope in whatever order. The
-- use-case locks both people and asks first; this is the same law for whoever else writes.
create function delegation_stands_once() returns trigger language plpgsql as $$
begin
    if exists (
        select from delegation d
        where d.revoked_at is null and d.id <> new.id and d.from_id = new.from_id and d.to_id = new.to_id
          and d.starts_at = new.starts_at and d.ends_at = new.ends_at and d.tiers @> new.tiers and d.tiers <@ new.tiers
          and d.application_ids @> new.application_ids and d.application_ids <@ new.application_ids
    ) then
        raise exception using errcode = 'unique_violation', constraint = 'delegation_stands_once', message = 'this delegation is there already';
    end if;
    return new;
end
$$;
create trigger delegation_stands_once before insert on delegation for each row execute function delegation_stands_once();
