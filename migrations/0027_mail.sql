-- What somebody chose about being told: a kind may be shown in the application, sent by mail, or
-- both. Where both were switched off nothing is written.
alter table notification
    -- Shown in the list and counted at the bell.
    add column in_app boolean not null default true,
    -- To be sent by mail: it was wanted, and mail was set up, when it happened. What was not to be
    -- sent then is never sent later.
    add column mail boolean not null default false;
drop index notification_recipient;
drop index notification_unread;
drop index notification_unsent;
create index notification_recipient on notification (recipient_id, at desc, id desc) where in_app;
create index notification_unread on notification (recipient_id) where in_app and read_at is null;
create index notification_unsent on notification (recipient_id, kind, at) where mail and digest_id is null;
create index notification_of_digest on notification (digest_id, at, id) where digest_id is not null;

-- Decisions that wait for somebody, and questions that stop a request, cannot be switched off in
-- the application.
alter table notification_preference
    add constraint preference_keeps_what_waits check (in_app or kind not in ('decision_waiting', 'escalated', 'question', 'not_recorded'));

alter table mail_digest
    add constraint mail_digest_attempts_not_negative check (attempts >= 0),
    add constraint mail_digest_given_up_has_reason check (given_up_at is null or last_error is not null);
-- What was given up, for the administration page.
create index mail_digest_given_up on mail_digest (given_up_at desc) where given_up_at is not null;
create index mail_digest_sent on mail_digest (sent_at) where sent_at is not null;
