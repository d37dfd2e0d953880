-- Who gave a decision away, or gave it to somebody, keeps finding the request.
create index stage_reassignment_from on stage_reassignment (from_id) where from_id is not null;
create index stage_reassignment_by on stage_reassignment (reassigned_by);

-- Open requests that keep what is in force beside a change: they were made with the version that it
-- changes, or with an older one.
create function requests_beside_change(of_change uuid) returns table (request_id uuid) language sql stable as $$
    select r.id
    from catalogue_change c
    join request r on r.state in ('in_approval', 'returned', 'approved')
    join request_revision v on v.request_id = r.id and v.revision = r.revision
    join request_item i on i.request_id = r.id and i.revision = r.revision
    where c.id = of_change
      and case c.kind when 'entitlement' then i.entitlement_id::text = c.record_key and i.entitlement_version <= c.base_version
                      when 'specification' then v.specification_population = c.record_key and v.specification_version <= c.base_version
                      when 'plan' then v.plan_code = (select p.code from approval_plan p where p.id::text = c.record_key) and v.plan_version <= c.base_version
                      else false end
$$;
