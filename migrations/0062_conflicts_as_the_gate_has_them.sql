create or replace function conflicts_of(subject uuid, wanted uuid, but_request uuid) returns table (conflict_id uuid, has text[]) language sql stable as $$
    -- Every rule against combinations that names what somebody asks for, or something inside of it, with the
    -- names of what that clashes with. A rule is touched where `has` names something. The inbox counts them on
    -- the line: the same as `domain::conflict::conflicts_of` finds for the gate and beside the decision.
    with given as (select wanted as id union select c.entitlement_id from entitlement_contents(array[wanted]) c),
         people as (select p.identity_id as id from same_people(array[subject]) p),
         mine as (
             -- What the request extends or takes the place of does not count beside it.
             select g.entitlement_id as id from access_grant g
             where g.identity_id in (select id from people) and g.state in ('active', 'ending')
               and g.id is distinct from (select r.grant_id from request r where r.id = but_request)
             union
             select i.entitlement_id from request r join request_item i on i.request_id = r.id and i.revision = r.revision
             where r.subject_id in (select id from people) and r.state in ('in_approval', 'returned', 'approved') and r.id is distinct from but_request
         ),
         had as (select id from mine union select c.entitlement_id from entitlement_contents(array(select id from mine)) c),
         member as (
             select m.conflict_id, m.entitlement_id as id, bool_or(m.side = 'left') as on_left, bool_or(m.side = 'right') as on_right,
                    m.entitlement_id in (select id from given) as asked, m.entitlement_id in (select id from had) as held
             from conflict_member m
             where exists (select from conflict_member n where n.conflict_id = m.conflict_id and n.entitlement_id in (select id from given))
             group by m.conflict_id, m.entitlement_id
         ),
         counted as (
             -- The first is what is asked for, or else what it includes: the others are those beside it.
             select m.conflict_id, m.id, count(*) over (partition by m.conflict_id) as altogether,
                    row_number() over (partition by m.conflict_id order by m.asked desc, m.id <> wanted, e.name, m.id) as place
             from member m join entitlement e on e.id = m.id
             where m.asked or m.held
         ),
         clash as (
             -- What is on both sides keeps nothing apart. What includes both sides breaks the rule by itself.
             select o.conflict_id, o.id
             from member m
             join conflict c on c.id = m.conflict_id and c.shape = 'sides'
             join member o on o.conflict_id = m.conflict_id and o.id <> m.id
             where m.asked and m.on_left <> m.on_right
               and ((o.held and case when m.on_left then o.on_right else o.on_left end)
                    or (o.asked and m.on_left and o.on_right and not o.on_left))
             union
             select o.conflict_id, o.id
             from counted o
             join conflict c on c.id = o.conflict_id and c.shape = 'set'
             where o.place > 1 and o.altogether > c.at_most
         )
    select c.id, array(select e.name from clash t join entitlement e on e.id = t.id where t.conflict_id = c.id order by e.name)
    from conflict c
    where c.state = 'active' and c.id in (select m.conflict_id from member m)
$$;
