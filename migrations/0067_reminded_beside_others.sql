-- When those asked who were not reminded are, is what a reminder is looked for by: also beside others who
-- were. Without anybody to remind there is no such moment.
drop index approval_stage_remind;
create index approval_stage_remind on approval_stage (remind_at) where state = 'open';

update approval_stage s set remind_at = null
where s.state in ('open', 'held') and s.reminded_at is not null
  and not exists (select from stage_candidate c
                  where c.stage_id = s.id and not exists (select from stage_reminder r where r.stage_id = c.stage_id and r.identity_id = c.identity_id));
