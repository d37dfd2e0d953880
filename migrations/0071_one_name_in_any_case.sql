-- Whether two references are one thing over there. A SCIM group that is named by its displayName is the same in
-- any case (RFC 7643 section 4.2), so that two spellings of it are one membership; everything else is exact. The
-- places are those of the two, as far as they are known: they lead to one machine, so one that reads in any case
-- is enough.
create function same_reference(one text, other text, place uuid, other_place uuid) returns boolean language sql stable as $$
    select case
        when one = other then true
        when lower(one) = lower(other) then exists (
            select from connection c
            where c.id in (place, other_place) and c.connector = 'scim' and c.settings -> 'entitlement' ->> 'as' = 'group'
              and coalesce(c.settings -> 'entitlement' ->> 'named_by', 'display_name') = 'display_name')
        else false
    end
$$;

-- Whether two grants of one person give one thing over there: under one reference and in one place. What people
-- gave is taken through what serves its application by now, which says how names are read.
create or replace function same_access(one uuid, other uuid) returns boolean language sql stable as $$
    select exists (
        select from access_grant a
        join entitlement e on e.id = a.entitlement_id
        join application p on p.id = e.application_id
        join entitlement_version v on v.entitlement_id = a.entitlement_id and v.version = a.entitlement_version
        join access_grant b on b.identity_id = a.identity_id
        join entitlement f on f.id = b.entitlement_id
        join application q on q.id = f.application_id
        join entitlement_version w on w.entitlement_id = b.entitlement_id and w.version = b.entitlement_version
        where a.id = one and b.id = other and lower(v.reference) = lower(w.reference)
          and same_target(e.application_id, grant_place(a.id), f.application_id, grant_place(b.id))
          and same_reference(v.reference, w.reference, coalesce(grant_place(a.id), p.connection_id), coalesce(grant_place(b.id), q.connection_id)))
$$;
