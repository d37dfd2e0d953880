-- Access that is extended goes on without a break, so the approved period leaves no day out between the old
-- end and its first day: nobody asked for that day. The end is a midnight of the organisation's zone, which
-- the database does not know: one day of grace covers the zones behind UTC.
create function extension_leaves_no_gap() returns trigger language plpgsql as $$
begin
    if exists (select from request q
               join request_revision v on v.request_id = q.id and v.revision = q.revision
               where q.id = new.request_id and v.starts_on > ((new.old_ends_at - interval '1 second') at time zone 'UTC')::date + 1) then
        raise exception using errcode = 'check_violation', constraint = 'extension_leaves_no_gap',
            message = 'an extension begins no later than the day after the access ends';
    end if;
    return new;
end
$$;
create trigger extension_leaves_no_gap before insert on grant_extension
    for each row execute function extension_leaves_no_gap();
