-- A proposal to take a step as done belongs to the round in which the step failed, and is closed when the
-- release leaves that failure behind: tried again by a person, rolled back, proven or cancelled.
alter table release_skip add column round integer, add column refused_by uuid references identity (id), add column overtaken_at timestamptz;
-- Rows of the past are not judged again by what is known of people today.
drop trigger release_skip_not_by_those_concerned on release_skip;
update release_skip k set round = l.round from release l where l.id = k.release_id;
update release_skip k set overtaken_at = l.state_since from release l
where l.id = k.release_id and l.state <> 'failed' and k.confirmed_at is null and k.refused_at is null;
alter table release_skip
    alter column round set not null,
    drop constraint release_skip_one_answer,
    add constraint release_skip_one_answer check (num_nonnulls(confirmed_at, refused_at, overtaken_at) <= 1),
    add constraint release_skip_refuser_needs_refusal check (refused_by is null or refused_at is not null),
    -- Of refusals before this column only the audit trail knows by whom: they stay as they are.
    add constraint release_skip_refused_complete check (refused_at is null or refused_by is not null) not valid;
drop index release_skip_one_open;
create unique index release_skip_one_open on release_skip (release_id) where confirmed_at is null and refused_at is null and overtaken_at is null;

-- Law 3 stands once (`release_work_not_by_those_concerned`), for everyone who lends a hand, and whoever
-- refuses a proposal is one of them. Refusing asks nothing of the proposer.
create or replace function release_hand_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'release' then
        perform release_work_not_by_those_concerned(new.id, new.verified_by);
    elsif new.refused_by is not null then
        perform release_work_not_by_those_concerned(new.release_id, new.refused_by);
    else
        perform release_work_not_by_those_concerned(new.release_id, new.proposed_by);
        perform release_work_not_by_those_concerned(new.release_id, new.confirmed_by);
    end if;
    return new;
end
$$;
create trigger release_skip_not_by_those_concerned before insert or update of proposed_by, confirmed_by, refused_by on release_skip
    for each row execute function release_hand_not_by_those_concerned();
