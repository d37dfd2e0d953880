-- Whether access that a release gives has to be gone on a day: whoever it is for is no longer active, or
-- the earliest end that was asked for or allowed has passed. Access without an end stays.
create function release_has_to_go(subject uuid, of_request uuid, of_revision integer, today date) returns boolean language sql stable as $$
    select i.state in ('suspended', 'retired')
        or coalesce(least(v.ends_on, (select min(d.ends_on) from decision d
                                      where d.request_id = of_request and d.revision = of_revision and d.verdict = 'approve')) < today, false)
    from identity i, request_revision v
    where i.id = subject and v.request_id = of_request and v.revision = of_revision
$$;
