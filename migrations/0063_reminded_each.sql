-- Who was reminded at a stage. Those who take the place of all of them, by reassignment, with another manager or
-- after a hold, were not, and are.
create table stage_reminder (
    stage_id uuid not null references approval_stage (id),
    identity_id uuid not null references identity (id),
    reminded_at timestamptz not null,
    primary key (stage_id, identity_id)
);
grant select, insert on stage_reminder to countersign_app;

-- So far the notice alone says who it was.
insert into stage_reminder (stage_id, identity_id, reminded_at)
select distinct s.id, n.recipient_id, s.reminded_at
from approval_stage s join notification n on n.request_id = s.request_id and n.kind = 'reminder' and n.at = s.reminded_at
where s.state in ('open', 'held');
