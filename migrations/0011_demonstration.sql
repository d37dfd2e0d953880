-- Whom the sign-in page offers in demonstration mode. Empty in every other installation.
create table demonstration_person (
    identity_id uuid primary key references account (identity_id),
    part text not null,
    place integer not null,
    constraint demonstration_person_place_unique unique (place)
);
grant select, insert on demonstration_person to countersign_app;
