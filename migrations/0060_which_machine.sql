-- A connection says which machine it leads to. Two that lead to one machine are two ways to the same accounts
-- and access, of whatever kinds they are: an application can be moved from one to the other, and what either
-- gave is one. Addresses do not say it: one machine answers at several, and one address may serve many
-- tenants apart, told by the secret alone.
alter table connection add column machine_id uuid not null default gen_random_uuid();

-- So far, one address was one machine.
update connection c set machine_id = o.machine_id from (
    select distinct on (connector, coalesce(settings ->> 'base_url', settings ->> 'url'))
           connector, coalesce(settings ->> 'base_url', settings ->> 'url') as address, machine_id
    from connection order by connector, coalesce(settings ->> 'base_url', settings ->> 'url'), id) o
where o.connector = c.connector and o.address = coalesce(c.settings ->> 'base_url', c.settings ->> 'url');

create index connection_by_machine on connection (machine_id);

-- The machine of a version; none where it was written before that was said.
alter table connection_version add column machine_id uuid;
update connection_version v set machine_id = c.machine_id from connection c where c.id = v.connection_id and c.version = v.version;
alter table connection_change add column machine_id uuid;
-- Who decided then is judged by what was known then.
alter table connection_change disable trigger connection_change_by_another_person;
update connection_change p set machine_id = c.machine_id from connection c where c.id = p.connection_id;
alter table connection_change enable trigger connection_change_by_another_person;
alter table connection_change alter column machine_id set not null;

-- Whether what is in one place may be what is in another. What people gave may be anywhere: null.
create or replace function same_place(one uuid, other uuid) returns boolean language sql stable as $$
    select one is null or other is null or one = other
        or exists (select from connection a join connection b on b.machine_id = a.machine_id where a.id = one and b.id = other)
$$;

-- What is taken or made to last is asked of the machine that has it: through the connection that gave it; where
-- that is retired, through the application's, if it is another way to the same machine. Otherwise people do it,
-- and no other machine: then there is no row with a machine here.
create or replace view release_carrier as
select l.id as release_id, c.id as connection_id, coalesce(l.connection_version, c.version) as version, c.connector <> 'manual' as by_machine
from release l
join entitlement e on e.id = l.entitlement_id
join application a on a.id = e.application_id
cross join lateral (select case when l.kind in ('remove', 'extend') then grant_place(l.grant_id) end as id) place
join connection c on c.id = case
    when l.connection_id is not null then l.connection_id
    when place.id is not null then (select x.id from connection x
                                    where x.id in (place.id, a.connection_id) and x.state = 'active' and same_place(x.id, place.id)
                                    order by x.id = place.id desc limit 1)
    else a.connection_id
end;

-- A proposal to take something as done is about the connection, in the version of its settings, that whoever
-- proposed it saw; none where people carry it out.
alter table release_skip
    add column connection_id uuid references connection (id),
    add column connection_version integer,
    add constraint release_skip_connection_complete check (num_nonnulls(connection_id, connection_version) in (0, 2));
update release_skip k set connection_id = c.connection_id, connection_version = c.version
from release_carrier c
where c.release_id = k.release_id and k.confirmed_at is null and k.refused_at is null and k.overtaken_at is null;
