-- Whom a change concerns: the applications of its record before and after (for the scope of owners),
-- and the people whom it makes approvers.
alter table catalogue_change
    add column application_ids uuid[] not null default '{}',
    add column named uuid[] not null default '{}';
create index catalogue_change_newest on catalogue_change (proposed_at desc, id desc);

-- The second person is another person: no account of the proposer, and nobody whom the change makes
-- an approver.
create function change_not_confirmed_by_those_concerned() returns trigger language plpgsql as $$
begin
    if new.decided_by is not null and new.state in ('confirmed', 'in_force', 'refused')
        and exists (select from same_people(array[new.proposed_by]) p where p.identity_id = new.decided_by) then
        raise exception using errcode = 'check_violation', constraint = 'change_not_confirmed_by_those_concerned', message = 'nobody confirms their own change';
    end if;
    if new.decided_by is not null and new.state in ('confirmed', 'in_force')
        and exists (select from same_people(new.named) p where p.identity_id = new.decided_by) then
        raise exception using errcode = 'check_violation', constraint = 'change_not_confirmed_by_those_concerned', message = 'nobody confirms what makes them an approver';
    end if;
    return new;
end
$$;
create trigger change_not_confirmed_by_those_concerned before insert or update on catalogue_change
    for each row execute function change_not_confirmed_by_those_concerned();

alter table entitlement
    -- 'catalogue': the import owns the record; 'local': made here, and never missing from a file.
    add column source text not null default 'catalogue',
    -- Names of the fields that stand as a person set them: the import leaves them alone.
    add column edited text[] not null default '{}',
    add constraint entitlement_source_known check (source in ('catalogue', 'local')),
    add constraint entitlement_edited_known check (edited <@ array['name', 'description', 'longest_days', 'review_every_days', 'state']);

-- Every record under change control in one shape, for lists, scope and the version in force.
create view change_record as
    select 'unit' as kind, u.id::text as key, u.name, u.calendar_code as about, u.version, '' as state, '{}'::uuid[] as application_ids
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

grant select on change_record to countersign_app;
