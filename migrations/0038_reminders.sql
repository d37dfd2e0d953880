-- When access is about to end, and what was told of it. Both moments follow from the end and from when it
-- was set (`domain::grant::End`); they are kept so that lists can count by them and the job finds what
-- is due.
alter table access_grant
    add column expiring_from timestamptz,
    add column next_reminder_at timestamptz,
    add constraint grant_expiring_before_its_end check (expiring_from < ends_at),
    add constraint grant_expiring_has_an_end check (expiring_from is null or ends_at is not null),
    add constraint grant_reminder_before_its_end check (next_reminder_at < ends_at);
create index grant_reminder_due on access_grant (next_reminder_at) where state = 'active';

-- A reminder of an end, told once. An extension sets another end, of which is told anew.
create table grant_reminder (
    grant_id uuid not null references access_grant (id),
    ends_at timestamptz not null,
    reminder text not null,
    told_at timestamptz not null,
    primary key (grant_id, ends_at, reminder),
    constraint grant_reminder_known check (reminder in ('third', 'week', 'day')),
    constraint grant_reminder_before_the_end check (told_at < ends_at)
);
grant select, insert on grant_reminder to countersign_app;

-- The same for the ends that are on record: a third of the time, a week and a day before them.
with set_at as (
    select g.id, g.ends_at, greatest(g.active_since, (select max(x.extended_at) from grant_extension x where x.grant_id = g.id)) as at
    from access_grant g where g.ends_at is not null
), first as (
    select id, (select min(m.moment)
                from unnest(array[ends_at - (ends_at - at) / 3, ends_at - interval '168 hours', ends_at - interval '24 hours']) m (moment)
                where m.moment > at and m.moment < ends_at) as moment
    from set_at
)
update access_grant g
set expiring_from = first.moment,
    -- Who was told of the end once already is told next when a day is left.
    next_reminder_at = case when g.end_announced_for is distinct from g.ends_at then first.moment
                            when g.ends_at - interval '24 hours' > first.moment then g.ends_at - interval '24 hours' end
from first where first.id = g.id;
alter table access_grant drop column end_announced_for;
