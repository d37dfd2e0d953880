-- A submission is what one press of the button asked for: one request for each item of the basket
-- (ADR 0008). It is all or nothing.
create table submission (
    id uuid primary key,
    subject_id uuid not null references identity (id),
    requester_id uuid not null references identity (id),
    submitted_at timestamptz not null,
    -- The template it came from, with its version.
    template_id uuid references request_template (id),
    template_version integer,
    idempotency_key uuid not null,
    constraint submission_idempotency_unique unique (requester_id, idempotency_key),
    constraint submission_template_complete check ((template_id is null) = (template_version is null))
);
insert into submission (id, subject_id, requester_id, submitted_at, idempotency_key)
select id, subject_id, requester_id, submitted_at, idempotency_key from request;

alter table request
    add column submission_id uuid references submission (id),
    add column place integer not null default 1,
    add column kind text not null default 'grant',
    -- For an extension the grant to extend, for a change the grant to replace.
    add column grant_id uuid references access_grant (id);
update request set submission_id = id;
alter table request
    alter column submission_id set not null,
    drop constraint request_idempotency_unique,
    drop column idempotency_key,
    add constraint request_place_unique unique (submission_id, place),
    add constraint request_kind_known check (kind in ('grant', 'extend', 'change')),
    add constraint request_kind_has_grant check ((kind = 'grant') = (grant_id is null));
create index request_grant on request (grant_id) where grant_id is not null;

alter table request_revision
    -- [{"id": "...", "label": "...", "kind": "text", "value": "..."}], in the order of the questions.
    add column answers jsonb not null default '[]',
    add column plan_code text,
    add column plan_version integer;

-- Who wants to hear about a request that is not theirs: whoever asked for the same thing again.
create table request_watcher (
    request_id uuid not null references request (id),
    identity_id uuid not null references identity (id),
    since timestamptz not null,
    primary key (request_id, identity_id)
);
create index request_watcher_identity on request_watcher (identity_id);

create table attachment (
    id uuid primary key,
    sha256 bytea not null,
    name text not null,
    media_type text not null,
    size integer not null,
    content bytea not null,
    uploaded_by uuid not null references identity (id),
    uploaded_at timestamptz not null,
    constraint attachment_hash_matches check (sha256 = sha256(content)),
    constraint attachment_size_matches check (size = octet_length(content) and size between 1 and 5242880)
);
create table request_attachment (
    request_id uuid not null,
    revision integer not null,
    attachment_id uuid not null references attachment (id),
    primary key (request_id, revision, attachment_id),
    foreign key (request_id, revision) references request_revision (request_id, revision)
);

-- What somebody is still writing: not a record, and gone when it is discarded or submitted.
create table draft (
    id uuid primary key,
    owner_id uuid not null references identity (id),
    -- The request whose next revision it would be.
    request_id uuid references request (id),
    body jsonb not null,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- Key of the submission that this draft becomes.
    idempotency_key uuid not null,
    constraint draft_version_positive check (version > 0)
);
create index draft_owner on draft (owner_id, updated_at desc);
create unique index draft_once_per_request on draft (owner_id, request_id) where request_id is not null;
create table draft_attachment (
    draft_id uuid not null references draft (id) on delete cascade,
    attachment_id uuid not null references attachment (id),
    primary key (draft_id, attachment_id)
);

-- Extending a grant moves its end; law 9 keeps the old one.
create table grant_extension (
    grant_id uuid not null references access_grant (id),
    request_id uuid not null references request (id),
    old_ends_at timestamptz,
    new_ends_at timestamptz,
    extended_at timestamptz not null,
    primary key (grant_id, request_id)
);
alter table release drop constraint release_kind_known;
alter table release add constraint release_kind_known check (kind in ('activate', 'remove', 'extend'));
alter table release drop constraint release_removal_has_grant;
alter table release add constraint release_of_a_grant_names_it check (kind = 'activate' or grant_id is not null);
alter table access_grant drop constraint grant_end_reason_known;
alter table access_grant add constraint grant_end_reason_known check (end_reason in ('expired', 'identity_stopped', 'given_back', 'replaced'));

grant select, insert on submission, attachment, request_attachment, request_watcher, grant_extension to countersign_app;
grant select, insert, update, delete on draft, draft_attachment to countersign_app;
