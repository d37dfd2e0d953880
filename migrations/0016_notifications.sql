-- What somebody should know. The text carries nothing that the recipient may not see.
create table notification (
    id uuid primary key,
    recipient_id uuid not null references identity (id),
    kind text not null,
    title text not null,
    body text not null default '',
    -- Path inside the application.
    href text not null,
    request_id uuid references request (id),
    at timestamptz not null,
    read_at timestamptz,
    -- The digest that carried it, or null while it waits or when the recipient wants no mail.
    digest_id uuid,
    constraint notification_href_is_a_path check (href like '/%' and href not like '//%')
);
create index notification_recipient on notification (recipient_id, at desc, id desc);
create index notification_unread on notification (recipient_id) where read_at is null;
create index notification_unsent on notification (recipient_id, kind, at) where digest_id is null;

create table notification_preference (
    identity_id uuid not null references identity (id),
    kind text not null,
    in_app boolean not null,
    mail boolean not null,
    primary key (identity_id, kind)
);

-- One mail: everything of one kind for one person, at most one an hour.
create table mail_digest (
    id uuid primary key,
    recipient_id uuid not null references identity (id),
    kind text not null,
    address text not null,
    created_at timestamptz not null,
    -- While set and in the future, one server is sending it.
    leased_until timestamptz,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    sent_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    constraint mail_digest_ends_once check (sent_at is null or given_up_at is null)
);
create index mail_digest_waiting on mail_digest (next_attempt_at) where sent_at is null and given_up_at is null;
create index mail_digest_hour on mail_digest (recipient_id, kind, created_at desc);
alter table notification add constraint notification_digest foreign key (digest_id) references mail_digest (id);

grant select, insert, update on notification, notification_preference, mail_digest to countersign_app;
