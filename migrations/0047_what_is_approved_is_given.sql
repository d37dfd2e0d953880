-- What an entitlement is called over there is written when it is made and moves by a change with a second
-- person only; its name, which needs nobody else, says nothing to a machine.
update entitlement set reference = name where reference is null;
alter table entitlement alter column reference set not null;
-- Requests and grants pin a version, so every version says it. Where it said nothing, its name was meant.
update entitlement_version set reference = name where reference is null;
alter table entitlement_version
    alter column reference set not null,
    add constraint entitlement_version_reference_length check (length(reference) between 1 and 500);

-- The tier that is at stake where an entitlement is asked for or given: the highest of the version that is
-- pinned (null: of none), of the entitlement as it is, and of everything that it includes. What is inside
-- may have risen since it was put there.
create function tier_at_stake(of_id uuid, of_version integer) returns text language sql stable as $$
    select t.tier
    from (select v.tier from entitlement_version v where v.entitlement_id = of_id and v.version = of_version
          union all
          select e.tier from entitlement e where e.id = of_id
          union all
          select e.tier from entitlement_contents(array[of_id]) c join entitlement e on e.id = c.entitlement_id) t
    order by array_position(array['standard', 'elevated', 'privileged'], t.tier) desc limit 1
$$;
