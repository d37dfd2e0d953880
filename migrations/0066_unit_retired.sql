-- Units are retired like everything else that is edited under change control.
alter table unit
    add column state text not null default 'active',
    add constraint unit_state_known check (state in ('active', 'retired')),
    -- For those who belong to a unit in a certain state.
    add constraint unit_state_unique unique (id, state);

-- So far there was no way to retire one: every version was in use, and every open change leaves it so.
update record_version set body = body || '{"state": "active"}' where kind = 'unit';
update catalogue_change set before = before || '{"state": "active"}', after = after || '{"state": "active"}'
where kind = 'unit' and state in ('proposed', 'confirmed');

-- Whoever has not left belongs to a unit in use: nobody is put into a retired one, and none is retired under them.
alter table identity add column unit_state text generated always as (case when state <> 'retired' then 'active' end) stored;
alter table identity add constraint identity_belongs_to_a_unit_in_use foreign key (unit_id, unit_state) references unit (id, state);
comment on column identity.unit_state is 'The state that the unit has to have; null for those who have left, who may stay in a retired one.';

-- Whether an audience names a unit and, besides it, none in use: without it nobody would be left.
create function only_unit_in_use(units uuid[], of_unit uuid) returns boolean language sql stable as $$
    select of_unit = any (units) and not exists (select from unit o where o.id = any (units) and o.id <> of_unit and o.state = 'active')
$$;

-- A unit that an audience in use needs stays. Who names units locks them, and so does this update: neither
-- passes the other.
create function unit_in_use_stays() returns trigger language plpgsql as $$
begin
    if exists (select from entitlement e where e.state = 'active' and only_unit_in_use(e.audience_units, new.id))
        or exists (select from request_template t where t.state = 'active' and only_unit_in_use(t.audience_units, new.id)) then
        raise exception using errcode = 'check_violation', constraint = 'unit_in_use_stays', message = 'an audience in use names no other unit in use';
    end if;
    return new;
end
$$;
create trigger unit_in_use_stays before update of state on unit
    for each row when (new.state = 'retired' and old.state <> 'retired') execute function unit_in_use_stays();

-- The other side: an audience that is written names a unit in use. What an import brings back keeps the
-- audience it had, however few are left in it.
create function audience_names_a_unit_in_use() returns trigger language plpgsql as $$
begin
    if new.state <> 'active' or new.audience_units = '{}' then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        if old.state = 'active' and old.audience_units @> new.audience_units and old.audience_units <@ new.audience_units then
            return null;
        end if;
    end if;
    perform from unit u where u.id = any (new.audience_units) and u.state = 'active' order by u.id for share;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'audience_names_a_unit_in_use', message = 'none of the units that it names is in use';
    end if;
    return null;
end
$$;
create trigger audience_names_a_unit_in_use after insert or update of audience_units on entitlement
    for each row execute function audience_names_a_unit_in_use();
create trigger audience_names_a_unit_in_use after insert or update of audience_units on request_template
    for each row execute function audience_names_a_unit_in_use();

create or replace view change_record as
    select 'unit' as kind, u.id::text as key, u.name, u.calendar_code as about, u.version, u.state, '{}'::uuid[] as application_ids
    from unit u
    union all
    select 'application', a.id::text, a.name, concat_ws(' · ', a.code, o.display_name), a.version, a.state, array[a.id]
    from application a left join identity o on o.id = a.owner_id
    union all
    select 'entitlement', e.id::text, e.name, a.name || ' · ' || e.tier, e.version, e.state, array[e.application_id]
    from entitlement e join application a on a.id = e.application_id
    union all
    select 'conflict', c.id::text, c.code || ' ' || c.title, c.severity, c.version, c.state,
        array(select distinct e.application_id from conflict_member m join entitlement e on e.id = m.entitlement_id where m.conflict_id = c.id)
    from conflict c
    union all
    select 'template', t.id::text, t.name, t.code, t.version, t.state,
        array(select distinct e.application_id from entitlement e where e.id = any (t.entitlement_ids))
    from request_template t
    union all
    select 'specification', s.population, s.population, 'up to ' || s.highest_tier, s.version, '', '{}'
    from identity_specification s
    where not exists (select from identity_specification later where later.population = s.population and later.version > s.version)
    union all
    select 'plan', p.id::text, p.name, concat_ws(' · ', p.code, p.tier, p.population, a.name), p.version, p.state, '{}'
    from approval_plan p left join application a on a.id = p.application_id
    union all
    select 'calendar', c.code, c.name, concat_ws(' · ', c.code, c.zone), c.version, '', '{}'
    from business_calendar c
    where not exists (select from business_calendar later where later.code = c.code and later.version > c.version)
    union all
    select 'group', g.id::text, g.name, g.code, g.version, '', '{}'
    from approver_group g;

