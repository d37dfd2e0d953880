-- Typo-tolerant search. `pg_trgm` is a trusted extension: the database owner may create it.
create extension if not exists pg_trgm;

-- The role the server works as. It owns nothing; what it may do is granted table by table below,
-- and the audit trail is the reason: there it may insert and read, nothing else.
-- Roles belong to the whole cluster, so two databases migrated at once may race here.
do $$
begin
    create role countersign_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;
grant countersign_app to current_user;
