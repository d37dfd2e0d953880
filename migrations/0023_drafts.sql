-- The draft that a revision was submitted from: sending it again, or coming back to its page, leads
-- to what was made of it. The draft itself is gone by then.
alter table request_revision add column draft_id uuid;
create unique index request_revision_draft on request_revision (draft_id, request_id) where draft_id is not null;

-- The plan and the calendar of a request are found by its kind; lists of siblings by submission.
create index request_submission on request (submission_id, place);
