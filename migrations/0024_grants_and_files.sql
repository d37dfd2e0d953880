-- Law 9 in the database: the end of a grant moves only together with the extension that says so.
alter table grant_extension add constraint grant_extension_not_into_the_past check (new_ends_at > extended_at);
create index grant_extension_request on grant_extension (request_id);
create function grant_end_moves_by_extension() returns trigger language plpgsql as $$
begin
    if new.ends_at is distinct from old.ends_at and not exists (
        select from grant_extension x
        where x.grant_id = new.id and x.old_ends_at is not distinct from old.ends_at and x.new_ends_at is not distinct from new.ends_at
    ) then
        raise exception using errcode = 'check_violation', constraint = 'grant_end_moves_by_extension', message = 'an end moves only by an approved extension';
    end if;
    return new;
end
$$;
create trigger grant_end_moves_by_extension before update of ends_at on access_grant for each row execute function grant_end_moves_by_extension();

-- Law 3 counts people as law 4 does: no account of an approver and none of the subject executes.
create or replace function release_not_by_approver() returns trigger language plpgsql as $$
begin
    if new.executed_by is not null and exists (
        select from decision d, lateral same_people(array[d.decided_by]) p
        where d.request_id = new.request_id and d.verdict = 'approve' and p.identity_id = new.executed_by
    ) then
        raise exception using errcode = 'check_violation', constraint = 'release_not_by_approver', message = 'who approved never executes';
    end if;
    if new.executed_by is not null and exists (select from same_people(array[new.subject_id]) p where p.identity_id = new.executed_by) then
        raise exception using errcode = 'check_violation', constraint = 'release_not_by_subject', message = 'nobody executes their own access';
    end if;
    return new;
end
$$;

alter table attachment
    add constraint attachment_kind_known check (media_type in ('application/pdf', 'image/png', 'image/jpeg', 'text/plain', 'text/csv')),
    add constraint attachment_name_length check (length(name) between 1 and 120),
    add constraint attachment_name_is_no_path check (name !~ '[/\\[:cntrl:]]');
create index request_attachment_file on request_attachment (attachment_id);
create index draft_attachment_file on draft_attachment (attachment_id);

-- At most five files on a draft, whatever races; each draft is locked while its files are counted.
create function draft_attachment_at_most_five() returns trigger language plpgsql as $$
begin
    perform from draft where id = new.draft_id for update;
    if (select count(*) from draft_attachment where draft_id = new.draft_id) >= 5 then
        raise exception using errcode = 'check_violation', constraint = 'draft_attachment_at_most_five', message = 'at most five files';
    end if;
    return new;
end
$$;
create trigger draft_attachment_at_most_five before insert on draft_attachment for each row execute function draft_attachment_at_most_five();

-- A file that was never submitted is no record: it goes with the last draft it stood on. The
-- server's role may not delete files, and no file of a request can be deleted at all.
create function attachment_goes_with_its_draft() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    delete from attachment a where a.id = old.attachment_id
        and not exists (select from request_attachment r where r.attachment_id = a.id)
        and not exists (select from draft_attachment d where d.attachment_id = a.id);
    return null;
end
$$;
create trigger attachment_goes_with_its_draft after delete on draft_attachment for each row execute function attachment_goes_with_its_draft();
