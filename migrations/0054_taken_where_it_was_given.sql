-- Access is taken where it was given: through the connection of the release that gave it, as long as that
-- is in use, whatever serves the application by now. Otherwise another machine, which never had it, would
-- prove that it is gone. Once the old connection is retired, the one of the application is asked.
create or replace view release_carrier as
select l.id as release_id, c.id as connection_id, coalesce(l.connection_version, c.version) as version, c.connector <> 'manual' as by_machine
from release l
join entitlement e on e.id = l.entitlement_id
join application a on a.id = e.application_id
join connection c on c.id = coalesce(
    l.connection_id,
    case when l.kind = 'remove' then (
        select x.id from release given join connection x on x.id = given.connection_id
        where given.item_id = l.item_id and given.kind = 'activate' and given.state = 'closed' and x.state = 'active' and x.connector <> 'manual'
    ) end,
    a.connection_id
);
