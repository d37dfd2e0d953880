-- What the server's role may do with the work queue. The library switches row level security on
-- without a policy, so that only the owner of its tables sees a row; the server is not the owner.
grant usage on schema graphile_worker to countersign_app;
grant select on graphile_worker.migrations, graphile_worker.jobs to countersign_app;
grant select, insert, update, delete on graphile_worker._private_jobs, graphile_worker._private_workers to countersign_app;
grant select, insert, update on graphile_worker._private_job_queues to countersign_app;
grant select, insert on graphile_worker._private_tasks to countersign_app;
grant select, insert, delete on graphile_worker._private_job_retirements to countersign_app;
create policy server_works on graphile_worker._private_jobs to countersign_app using (true) with check (true);
create policy server_works on graphile_worker._private_job_queues to countersign_app using (true) with check (true);
create policy server_works on graphile_worker._private_tasks to countersign_app using (true) with check (true);

-- A task names what it is about by ids (and recurring jobs by name); facts are read when it runs.
alter table graphile_worker._private_jobs add constraint task_holds_ids_only
    check (payload::text ~ '^ ?\{("[a-z_]{1,40}":"[0-9a-z-]{1,64}"(,|(?=\})))*\}$');

-- Recurring jobs run through the queue: its lease takes the place of the one here.
alter table job drop column leased_until;

-- A stretch of time in which work was late. Administrators are told once, when it begins.
create table work_incident (
    id uuid primary key,
    began_at timestamptz not null,
    over_at timestamptz,
    -- What was late when it began, a sentence.
    what text not null,
    constraint work_incident_ends_after_it_began check (over_at >= began_at)
);
create unique index work_incident_one_at_a_time on work_incident ((true)) where over_at is null;
grant select, insert, update on work_incident to countersign_app;
