-- Whether somebody of this population and unit is among those something is meant for; an empty list
-- means all. The same rule as domain::audience, for lists that are filtered by it.
create function in_audience(of_population text, of_unit uuid, populations text[], units uuid[]) returns boolean language sql immutable as $$
    select (populations = '{}' or coalesce(of_population = any (populations), false)) and (units = '{}' or coalesce(of_unit = any (units), false))
$$;

-- Few entitlements are meant for some people only.
create index entitlement_with_audience on entitlement (id) where audience_populations <> '{}' or audience_units <> '{}';

-- The newest requests for an entitlement, for its usual time: ids are in the order of time.
drop index request_item_entitlement;
create index request_item_entitlement on request_item (entitlement_id, id desc);
