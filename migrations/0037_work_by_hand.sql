-- The operators' day: a claim that lapses, a reminder, evidence of each kind, and the second look.
alter table release
    add column claim_lapses_at timestamptz,
    -- Operators are reminded once of what is late.
    add column reminded_at timestamptz;
alter table release
    drop constraint release_claim_complete,
    add constraint release_claim_complete check ((claimed_by is null) = (claimed_at is null) and (claimed_by is null) = (claim_lapses_at is null)),
    add constraint release_claim_lapses_later check (claim_lapses_at > claimed_at);
create index release_claim on release (claim_lapses_at) where claim_lapses_at is not null;
create index release_due on release (due_at) where state in ('planned', 'held', 'activated') and reminded_at is null;

-- What shows that work by hand was done. A file is there before its confirmation; the rest comes with it.
create table release_evidence (
    id uuid primary key,
    release_id uuid not null references release (id),
    kind text not null,
    -- The words, the address, the name of the file, or the line of the checklist that was ticked.
    said text not null,
    added_by uuid not null references identity (id),
    added_at timestamptz not null,
    -- The confirmation it belongs to.
    attempt_id uuid references release_attempt (id),
    media_type text,
    size integer,
    sha256 bytea,
    content bytea,
    constraint release_evidence_kind_known check (kind in ('text', 'link', 'file', 'check')),
    constraint release_evidence_said_length check (length(said) between 1 and 2000),
    constraint release_evidence_link_is_https check (kind <> 'link' or said ~ '^https://[^/]'),
    constraint release_evidence_file_complete check (
        (kind = 'file') = (content is not null) and (content is null) = (media_type is null) and (content is null) = (size is null)
        and (content is null) = (sha256 is null)
    ),
    constraint release_evidence_file_known check (media_type in ('application/pdf', 'image/png', 'image/jpeg', 'text/plain', 'text/csv')),
    constraint release_evidence_file_name check (kind <> 'file' or (length(said) <= 120 and said !~ '[/\\[:cntrl:]]')),
    constraint release_evidence_file_size check (size = octet_length(content) and size between 1 and 5242880),
    constraint release_evidence_hash_matches check (sha256 = sha256(content)),
    constraint release_evidence_waits_only_as_a_file check (attempt_id is not null or kind = 'file')
);
create index release_evidence_release on release_evidence (release_id, added_at, id);
grant select, insert, update (attempt_id) on release_evidence to countersign_app;

-- Law 3, people and not accounts, for whoever takes work on, adds evidence or takes the second look.
create function release_work_not_by_those_concerned(the_release uuid, hand uuid) returns void language plpgsql as $$
begin
    if exists (
        select from release l join decision d on d.request_id = l.request_id and d.verdict = 'approve', lateral same_people(array[d.decided_by]) p
        where l.id = the_release and p.identity_id = hand
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_approver', message = 'who approved never executes';
    end if;
    if exists (select from release l, lateral same_people(array[l.subject_id]) p where l.id = the_release and p.identity_id = hand) then
        raise exception using errcode = 'check_violation', constraint = 'release_hand_not_by_subject', message = 'nobody executes their own access';
    end if;
end
$$;
create function release_evidence_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    perform release_work_not_by_those_concerned(new.release_id, new.added_by);
    return new;
end
$$;
create trigger release_evidence_not_by_those_concerned before insert on release_evidence
    for each row execute function release_evidence_not_by_those_concerned();
create function release_claim_not_by_those_concerned() returns trigger language plpgsql as $$
begin
    perform release_work_not_by_those_concerned(new.id, new.claimed_by);
    return new;
end
$$;
create trigger release_claim_not_by_those_concerned before update of claimed_by on release
    for each row when (new.claimed_by is not null) execute function release_claim_not_by_those_concerned();

-- The second look is another person's, not another account's.
create function release_second_look_by_another_person() returns trigger language plpgsql as $$
begin
    if exists (select from same_people(array[new.executed_by]) p where p.identity_id = new.verified_by) then
        raise exception using errcode = 'check_violation', constraint = 'release_second_look_by_another', message = 'the second look is another person''s';
    end if;
    return new;
end
$$;
create trigger release_second_look_by_another_person before insert or update of verified_by, executed_by on release
    for each row when (new.verified_by is not null and new.executed_by is not null) execute function release_second_look_by_another_person();

-- The filters that an open release falls under: one place for the list and for its counts (law 10).
create function release_filters(l release, me uuid, at timestamptz) returns text[] language sql stable as $$
    select array_remove(array[
        'open',
        case when l.not_before <= at then 'ready' end,
        case when l.claimed_by = me and l.claim_lapses_at > at then 'mine' end,
        case when l.state in ('held', 'stuck', 'rolled_back') or (l.state = 'failed' and l.next_try_at is null) then 'needs_person' end,
        case when l.state = 'failed' then 'failed' end,
        case when l.state = 'activated' and l.executed_by is not null then 'second_look' end,
        case when l.due_at <= at then 'late' end,
        case when exists (
            select from entitlement e join application a on a.id = e.application_id join connection c on c.id = coalesce(l.connection_id, a.connection_id)
            where e.id = l.entitlement_id and c.connector <> 'manual'
        ) then 'by_machine' end,
        case when l.state = 'held' then 'held' end,
        l.kind
    ], null)
$$;
