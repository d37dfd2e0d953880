-- Indexes that only lists and figures need.

-- The list of all requests in one state, newest first: a rare state must not read every request.
-- Also counts the states without touching the table.
create index request_by_state on request (state, submitted_at desc, id desc);

-- Releases that were carried out, newest first, and their number.
create index release_executed on release (executed_at desc, id desc) where state = 'executed';

-- The figures of the last thirty days on the controls page: previews outnumber these many times.
create index gate_evaluation_counted on gate_evaluation (at) where phase in ('submission', 'release');

-- Finding a person by mail address on the administration page.
create index identity_email on identity (lower(email));
