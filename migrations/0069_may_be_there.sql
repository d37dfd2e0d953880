-- What an operator confirmed although a rule held it: it may be there, by their word, until somebody says that
-- it was taken back, or until it is proven. Nothing of it is just cancelled, and what has to be gone is removed.
alter table release
    add column may_be_there_by uuid references identity (id),
    add column may_be_there_at timestamptz,
    add constraint release_may_be_there_complete check ((may_be_there_by is null) = (may_be_there_at is null)),
    add constraint release_may_be_there_was_given check (may_be_there_by is null or kind <> 'remove'),
    add constraint release_may_be_there_is_open check (may_be_there_by is null or state not in ('closed', 'cancelled'));

create function release_word_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    perform release_work_not_by_those_concerned(new.id, new.may_be_there_by);
    return new;
end
$$;
create trigger release_word_not_by_those_concerned before update of may_be_there_by on release
    for each row when (new.may_be_there_by is not null and new.may_be_there_by is distinct from old.may_be_there_by)
    execute function release_word_not_by_those_concerned();

-- Whose word it was is looked at when they give it. Who joins the request afterwards keeps nothing from being
-- removed that they did before.
create or replace function release_not_by_approver() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (old.executed_by = new.executed_by or old.may_be_there_by = new.executed_by) then
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
