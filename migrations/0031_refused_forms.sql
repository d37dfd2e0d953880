-- What was typed into a form that was refused, for the page that the browser is led back to. It
-- belongs to the sign-in that sent it and is no record: after an hour, or with the end of the
-- sign-in, it is gone. `json`, because `jsonb` cannot hold every character that can be typed.
create table refused_form (
    id uuid primary key,
    sign_in_id uuid not null references session (id),
    identity_id uuid not null references identity (id),
    -- The address that the form went to.
    form text not null,
    typed json not null,
    kept_at timestamptz not null,
    constraint refused_form_typed_is_fields check (json_typeof(typed) = 'object'),
    -- A body of 64 KiB with every byte written as an escape of six.
    constraint refused_form_fits check (octet_length(typed::text) <= 6 * 65536)
);
create index refused_form_of_sign_in on refused_form (sign_in_id, kept_at);
create index refused_form_kept on refused_form (kept_at);
create index session_open_by_sign_in on session (sign_in_id) where ended_at is null;

grant select, insert, delete on refused_form to countersign_app;
