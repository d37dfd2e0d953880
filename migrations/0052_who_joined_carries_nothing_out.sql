-- Law 3 in the database knows the same people as the use-case: a release is for the subject, for whoever
-- answers for a service or privileged account, and for those who asked for the same and joined.
create function release_is_for(subject uuid, of_request uuid) returns table (identity_id uuid) language sql stable as $$
    select p.identity_id from identity s,
        lateral same_people(array_remove(array[s.id, case when s.population in ('service_account', 'privileged_admin') then s.owner_id end], null)
            || array(select w.identity_id from request_watcher w where w.request_id = of_request)) p
    where s.id = subject
$$;
create or replace function release_not_by_approver() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.executed_by = new.executed_by then
        return new;
    end if;
    if exists (
        select from decision d, lateral same_people(array[d.decided_by]) p
        where d.request_id = new.request_id and d.verdict = 'approve' and p.identity_id = new.executed_by
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_not_by_approver', message = 'who approved never executes';
    end if;
    if exists (select from release_is_for(new.subject_id, new.request_id) p where p.identity_id = new.executed_by) then
        raise exception using errcode = 'check_violation', constraint = 'release_not_by_subject', message = 'nobody executes their own access';
    end if;
    return new;
end
$$;
-- Asked when somebody carries it out, and not again at what comes after: who joins later did not.
drop trigger release_not_by_approver on release;
create trigger release_not_by_approver before insert or update on release
    for each row when (new.executed_by is not null) execute function release_not_by_approver();
create or replace function release_work_not_by_those_concerned(the_release uuid, hand uuid) returns void language plpgsql as $$
begin
    if exists (
        select from release l join decision d on d.request_id = l.request_id and d.verdict = 'approve', lateral same_people(array[d.decided_by]) p
        where l.id = the_release and p.identity_id = hand
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_approver', message = 'who approved never executes';
    end if;
    if exists (
        select from release l, lateral release_is_for(l.subject_id, l.request_id) p where l.id = the_release and p.identity_id = hand
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_subject', message = 'nobody executes their own access';
    end if;
end
$$;
