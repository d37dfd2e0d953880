-- Access is where it was given: through the connection of the release that gave it, whatever serves the
-- application by now. Another machine never had it, so it neither keeps it, nor takes it, nor proves that it
-- is gone. What people gave is known to be in the application and not where; null stands for that.
-- Access for which a removal was left is where that removal would have been.
create function grant_place(of_grant uuid) returns uuid language sql stable as $$
    select coalesce(
        (select x.id from release given join connection x on x.id = given.connection_id
         where given.grant_id = of_grant and given.kind = 'activate' and given.state = 'closed' and x.connector <> 'manual'),
        (select grant_place(kept.grant_id) from release kept where kept.kept_by = of_grant and kept.state = 'closed' and grant_place(kept.grant_id) is not null order by kept.closed_at desc limit 1))
$$;

-- Whether what is in one place may be what is in another: two connections to one address are one machine.
create function same_place(one uuid, other uuid) returns boolean language sql stable as $$
    select one is null or other is null or one = other
        or exists (select from connection a join connection b on b.connector = a.connector
                   where a.id = one and b.id = other
                     and (a.settings ->> 'base_url' = b.settings ->> 'base_url' or a.settings ->> 'url' = b.settings ->> 'url'))
$$;

create index release_by_grant on release (grant_id) where grant_id is not null;
create index release_by_keeper on release (kept_by) where kept_by is not null;

-- What is taken or made to last is asked of the machine that has it. Once that connection is retired, people
-- do it, and no other machine: then there is no row with a machine here.
create or replace view release_carrier as
select l.id as release_id, c.id as connection_id, coalesce(l.connection_version, c.version) as version, c.connector <> 'manual' as by_machine
from release l
join entitlement e on e.id = l.entitlement_id
join application a on a.id = e.application_id
cross join lateral (select case when l.kind in ('remove', 'extend') then grant_place(l.grant_id) end as id) place
join connection c on c.id = case
    when l.connection_id is not null then l.connection_id
    when place.id is not null then (select x.id from connection x where x.id = place.id and x.state = 'active')
    else a.connection_id
end;

comment on view release_carrier is 'Through which connection a release is carried out: the one it was begun with, else the one that gave what it takes or extends, else the application''s. No row: by people without instructions of their own.';

-- Which release or grant is about the same thing over there: one application, one reference, one place.
create function release_reference(of_release uuid) returns text language sql stable as $$
    select v.reference from release l
    join request_item t on t.id = l.item_id
    left join access_grant g on g.id = l.grant_id
    join entitlement_version v on v.entitlement_id = l.entitlement_id and v.version = coalesce(g.entitlement_version, t.entitlement_version)
    where l.id = of_release
$$;

-- A connection that something goes through stays, and nothing begins with one that is retired: the row is
-- locked on both sides, so that neither passes the other.
create or replace function connection_in_use_stays() returns trigger language plpgsql as $$
begin
    if exists (select from application a where a.connection_id = new.id)
        or exists (select from release l where l.connection_id = new.id and l.state not in ('closed', 'cancelled')) then
        raise exception using errcode = 'check_violation', constraint = 'connection_in_use_stays', message = 'an application or a release uses it';
    end if;
    return new;
end
$$;

create function release_begins_with_an_active_connection() returns trigger language plpgsql as $$
begin
    perform from connection c where c.id = new.connection_id and c.state = 'active' for share;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'release_begins_with_an_active_connection', message = 'nothing begins with a retired connection';
    end if;
    return new;
end
$$;
create trigger release_begins_with_an_active_connection before update of connection_id on release
    for each row when (new.connection_id is not null and new.connection_id is distinct from old.connection_id)
    execute function release_begins_with_an_active_connection();
create index release_open_by_connection on release (connection_id) where state not in ('closed', 'cancelled');
