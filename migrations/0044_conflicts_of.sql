-- Every rule against combinations that names what somebody asks for, or something inside of it, with
-- the names of what that person, through whatever account, has or has asked for of its other members.
-- A rule is touched where `has` names something. The inbox counts them on the line and shows them
-- beside the decision.
create function conflicts_of(subject uuid, wanted uuid, but_request uuid) returns table (conflict_id uuid, has text[]) language sql stable as $$
    with given as (select wanted as id union select c.entitlement_id from entitlement_contents(array[wanted]) c),
         people as (select p.identity_id as id from same_people(array[subject]) p),
         mine as (
             select g.entitlement_id as id from access_grant g where g.identity_id in (select id from people) and g.state in ('active', 'ending')
             union
             select i.entitlement_id from request r join request_item i on i.request_id = r.id and i.revision = r.revision
             where r.subject_id in (select id from people) and r.state in ('in_approval', 'returned', 'approved') and r.id <> but_request
         ),
         had as (select id from mine union select c.entitlement_id from entitlement_contents(array(select id from mine)) c)
    select c.id,
           array(select e.name from conflict_member o join entitlement e on e.id = o.entitlement_id
                 where o.conflict_id = c.id and o.entitlement_id in (select id from had) and o.entitlement_id not in (select id from given)
                   and (c.shape = 'set' or exists (select from conflict_member m where m.conflict_id = c.id and m.entitlement_id in (select id from given) and m.side <> o.side))
                 order by e.name)
    from conflict c
    where c.state = 'active' and exists (select from conflict_member m where m.conflict_id = c.id and m.entitlement_id in (select id from given))
$$;
