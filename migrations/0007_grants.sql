-- What the server's role may do. Records are closed, superseded or retired, never deleted (law 8),
-- so `delete` is granted nowhere except where a row is not a record.
grant usage on schema public to countersign_app;
grant select, insert, update on
    unit, identity, account, session, setup_link, role_assignment,
    application, entitlement, conflict,
    request, approval_stage, release, access_grant, job
    to countersign_app;
grant select, insert on
    identity_specification, entitlement_version, conflict_member,
    policy_set, request_revision, request_item, gate_evaluation, stage_candidate, decision,
    release_attempt, audit_event, import_run
    to countersign_app;
-- A held stage is planned again when somebody can decide; its old candidates are not a record.
grant delete on stage_candidate to countersign_app;
grant usage on sequence request_number, release_number to countersign_app;
