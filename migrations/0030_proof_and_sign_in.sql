-- Which sign-in a session carries on, and whether a password was proven in it, are facts of the
-- session itself. Nobody has to guess them from the account or from other sessions.
alter table session
    -- The session that the sign-in began with: a session whose token was replaced goes on in the next.
    add column sign_in_id uuid,
    -- When a password was last proven in this sign-in; nothing after a door that asks for none.
    add column password_proven_at timestamptz;
-- Sessions from before have no proof: whoever decides on privileged access is asked once more.
update session set sign_in_id = id;
alter table session alter column sign_in_id set not null;
alter table session
    add constraint session_sign_in_exists foreign key (sign_in_id) references session (id),
    add constraint session_password_proven_by_then check (password_proven_at <= created_at);
comment on column session.authenticated_at is 'When the owner was last let in, by a password or by a door that asks for none.';

-- An account that no password opens has none, instead of a hash that nothing verifies against.
alter table account alter column password_hash drop not null, alter column password_changed_at drop not null;
update account set password_hash = null, password_changed_at = null where password_hash = '!';
alter table account
    add constraint account_password_has_time check ((password_hash is null) = (password_changed_at is null)),
    add constraint account_password_is_hashed check (password_hash like '$argon2id$%');
