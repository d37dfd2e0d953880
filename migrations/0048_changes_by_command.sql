-- A command of an operator with a shell may propose a change as well: an import does, where what the
-- file says would need a second person. Nobody in the records stands behind a command, so it can
-- propose, and never put in force what nobody else has confirmed.
alter table catalogue_change
    alter column proposed_by drop not null,
    -- The command, where no person proposed it.
    add column proposed_by_command text,
    add constraint catalogue_change_one_proposer check (num_nonnulls(proposed_by, proposed_by_command) = 1),
    add constraint catalogue_change_command_needs_second check (proposed_by_command is null or cardinality(needs_second) > 0);
