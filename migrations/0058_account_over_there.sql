-- What the machine at the other end calls the account of whom a release is for, through which connection it
-- said so, and when it last did. Later releases for the same person begin with it: what accounts are
-- matched by may change, and an account that is not found by it is not gone.
alter table release
    add column account_reference text,
    add column account_connection_id uuid references connection (id),
    add column account_seen_at timestamptz,
    add constraint release_account_complete check (num_nonnulls(account_reference, account_connection_id, account_seen_at) in (0, 3)),
    add constraint release_account_reference_short check (char_length(account_reference) between 1 and 500);
create index release_account on release (subject_id, account_connection_id, account_seen_at desc) where account_reference is not null;

-- The attributes with which a step was first asked for in its round, unless nothing came of that: an account
-- whose making was not answered was made with them.
alter table release_step
    add column asked_as jsonb,
    add constraint release_step_asked_as_attributes check (jsonb_typeof(asked_as) = 'object');
