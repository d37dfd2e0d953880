-- Where an import lays out its file before comparing it with the records. One import runs at a
-- time (it holds an advisory lock), and its rows live only inside its transaction: they are gone
-- when it commits or rolls back. Nothing here is a record, so the tables are unlogged and `delete`
-- is granted on them.
create unlogged table import_person (
    line bigint not null,
    employee_number text not null,
    -- Not usable: the row only says that this number stands in the file.
    usable boolean not null,
    given_name text,
    family_name text,
    email text,
    department text,
    title text,
    manager_number text,
    starts_on date,
    ends_on date,
    population text
);

-- What is to be done, one row for each identity that does not stay as it is.
create unlogged table import_person_step (
    -- Line of the file; null for those who are missing from it.
    line bigint,
    identity_id uuid not null,
    event_id uuid not null,
    action text not null,
    unit_id uuid,
    manager_id uuid,
    state text not null,
    state_reason text,
    changed text[] not null,
    event_kind text not null,
    body text not null
);

create unlogged table import_role (
    -- Place of the entry in the file, from 0; a file may be all one line.
    entry bigint not null,
    source_id text not null,
    -- Not usable: the entry only says that this role stands in the file.
    usable boolean not null,
    name text,
    description text,
    actions text[],
    data_actions text[],
    tier text,
    tier_reason text,
    longest_days integer,
    review_every_days integer,
    application_code text
);

create unlogged table import_role_step (
    -- Place in the file; null for those that are missing from it.
    entry bigint,
    entitlement_id uuid not null,
    event_id uuid not null,
    action text not null,
    application_id uuid not null,
    tier text not null,
    tier_reason text not null,
    longest_days integer,
    review_every_days integer not null,
    state text not null,
    version integer not null,
    changed text[] not null,
    event_kind text not null,
    body text not null
);

grant select, insert, update, delete on import_person, import_person_step, import_role, import_role_step to countersign_app;

-- Identifiers for a million rows at once: UUIDv7 (RFC 9562, section 5.7) of the given time
-- (48 bits in hexadecimal), a counter (32 bits, so that new rows are neighbours in the index) and a
-- hash (40 bits) over a seed from the server's entropy, the counter and what the id is for.
create function import_uuid(millis text, seed text, purpose text, counter bigint) returns uuid language sql immutable parallel safe as $$
    select (
        millis || '7' || left(lpad(to_hex(counter), 8, '0'), 3)
        || '8' || right(lpad(to_hex(counter), 8, '0'), 5)
        || left(encode(sha256(convert_to(seed || purpose || counter::text, 'UTF8')), 'hex'), 10)
    )::uuid
$$;

-- A JSON string as RFC 8785 wants it (the same escapes as `to_json`), `null` for null.
create function json_text(value text) returns text language sql immutable parallel safe as $$
    select coalesce(to_json(value)::text, 'null')
$$;

-- Splits "Microsoft.KeyVault/vaults" into its words, and keeps each part unsplit as well, so that
-- "keyvault" and "key vault" both find it.
create function search_words(value text) returns text language sql immutable parallel safe as $$
    select regexp_replace(value, '[^[:alnum:]]+', ' ', 'g') || ' '
        || regexp_replace(
            regexp_replace(value, '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
            '[^[:alnum:]]+', ' ', 'g')
$$;

-- What an entitlement is found by. Whoever writes `entitlement.search` uses this function.
create function entitlement_search(name text, description text, application_code text, application_name text, actions text[], data_actions text[])
returns tsvector language sql immutable parallel safe as $$
    select setweight(to_tsvector('simple', search_words(name)), 'A')
        || setweight(to_tsvector('simple', description), 'B')
        || setweight(to_tsvector('simple', search_words(application_name) || ' ' || search_words(application_code)), 'C')
        || setweight(to_tsvector('simple', search_words(array_to_string(actions || data_actions, ' '))), 'D')
$$;
