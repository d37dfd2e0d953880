-- Connections as people keep them: what was proposed, what a test found, when the secret was entered; and
-- messages of receivers that answer later, each taken once.
alter table connection add column secret_set_at timestamptz;
alter table connection_version
    add column reason text,
    add column confirmed_by uuid references identity (id),
    add constraint connection_version_second_person check (confirmed_by <> recorded_by);

-- A change to a connection that applications use: written by one person, in force when another one says
-- so. Until then releases use the version before.
create table connection_change (
    id uuid primary key,
    connection_id uuid not null references connection (id),
    base_version integer not null,
    name text not null,
    connector text not null,
    settings jsonb not null,
    -- The new secret, where one was entered; taken away when the change is decided.
    secret_sealed bytea,
    secret_key_id text,
    sets_secret boolean not null,
    reason text not null,
    proposed_by uuid not null references identity (id),
    proposed_at timestamptz not null,
    state text not null default 'proposed',
    decided_by uuid references identity (id),
    decided_at timestamptz,
    constraint connection_change_name_length check (length(name) between 1 and 120),
    constraint connection_change_connector_known check (connector in ('manual', 'scim', 'webhook', 'memory')),
    constraint connection_change_reason_given check (length(btrim(reason)) between 1 and 2000),
    constraint connection_change_state_known check (state in ('proposed', 'confirmed', 'refused')),
    constraint connection_change_decided_complete check ((state = 'proposed') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
    constraint connection_change_secret_complete check ((secret_sealed is null) = (secret_key_id is null)),
    constraint connection_change_secret_only_while_open check (secret_sealed is null or (state = 'proposed' and sets_secret)),
    constraint connection_change_second_person check (state <> 'confirmed' or decided_by <> proposed_by)
);
create unique index connection_change_one_open on connection_change (connection_id) where state = 'proposed';

create function connection_change_by_another_person() returns trigger language plpgsql as $$
begin
    if exists (select from same_people(array[new.proposed_by]) p where p.identity_id = new.decided_by) then
        raise exception using errcode = 'check_violation', constraint = 'connection_change_second_person', message = 'nobody confirms their own change';
    end if;
    return new;
end
$$;
create trigger connection_change_by_another_person before insert or update on connection_change
    for each row when (new.state = 'confirmed') execute function connection_change_by_another_person();

-- What the last test found.
create table connection_test (
    connection_id uuid primary key references connection (id),
    version integer not null,
    tested_at timestamptz not null,
    tested_by uuid not null references identity (id),
    well boolean not null,
    -- [[well, sentence], ...]
    findings jsonb not null
);

-- Messages of receivers that answer later. The same one may come again and then changes nothing.
create table connector_message (
    connection_id uuid not null references connection (id),
    message_id text not null,
    release_id uuid not null references release (id),
    received_at timestamptz not null,
    primary key (connection_id, message_id),
    constraint connector_message_id_length check (length(message_id) between 1 and 200)
);

-- A connection that nobody uses any more is retired; none is chosen again. The row is locked, so that
-- retiring and choosing cannot pass each other.
create function application_connection_is_active() returns trigger language plpgsql as $$
begin
    perform from connection c where c.id = new.connection_id and c.state = 'active' for share;
    if not found then
        raise exception using errcode = 'check_violation', constraint = 'application_connection_is_active', message = 'a retired connection is not chosen';
    end if;
    return new;
end
$$;
create trigger application_connection_is_active before insert or update of connection_id on application
    for each row when (new.connection_id is not null) execute function application_connection_is_active();

create function connection_in_use_stays() returns trigger language plpgsql as $$
begin
    if exists (select from application a where a.connection_id = new.id) then
        raise exception using errcode = 'check_violation', constraint = 'connection_in_use_stays', message = 'an application uses it';
    end if;
    return new;
end
$$;
create trigger connection_in_use_stays before update of state on connection
    for each row when (new.state = 'retired') execute function connection_in_use_stays();

-- What an entitlement was called over there, version by version.
alter table entitlement_version add column reference text;

grant select, insert, update on connection_change, connection_test to countersign_app;
grant select, insert on connector_message to countersign_app;
