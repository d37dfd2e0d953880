-- What was undone is read before it counts as rolled back; what two people took back by hand is told apart
-- from what a machine says it undid.
alter table release_step
    drop constraint release_step_state_known,
    add constraint release_step_state_known check (state in
        ('waiting', 'not_needed', 'begun', 'awaited', 'failed', 'done', 'skipped', 'kept', 'undoing', 'undone', 'taken_back', 'undo_failed'));

-- What was rolled back before this says what is known of it.
update release l set evidence = 'The machine said that everything was undone; it was not read once more.'
where l.state = 'rolled_back' and l.evidence is null
  and exists (select from release_step s where s.release_id = l.id and s.round = l.round - 1 and s.state = 'undone');

-- Only what was done or undone has something that shows it.
alter table release add constraint release_evidence_shows_something check (evidence is null or state in ('activated', 'closed', 'rolled_back'));
