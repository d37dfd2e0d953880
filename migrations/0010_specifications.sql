-- The identity specifications the product ships: version 1 for each population. A new version is a
-- new row; an old one is never changed, because requests pin the version that was in force.
insert into identity_specification
    (population, version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, review_every_days, termination_within_hours, control_owner, evidence_source, effective_from)
values
    ('employee',         1, '{email,unit,title,manager,starts_on}',         'privileged', 730, 'elevated', 'restricted',   365, 24, 'Compliance', 'People feed', '2000-01-01T00:00:00Z'),
    ('contractor',       1, '{email,unit,title,manager,starts_on,ends_on}', 'elevated',   180, 'elevated', 'confidential',  90,  1, 'Compliance', 'People feed', '2000-01-01T00:00:00Z'),
    ('vendor',           1, '{email,unit,manager,starts_on,ends_on}',       'standard',    90, 'standard', 'internal',      90,  1, 'Compliance', 'People feed', '2000-01-01T00:00:00Z'),
    ('service_account',  1, '{unit,owner,starts_on}',                       'elevated',   365, 'privileged', 'confidential', 90, 24, 'Compliance', 'Owner''s statement', '2000-01-01T00:00:00Z'),
    ('privileged_admin', 1, '{email,unit,title,manager,starts_on}',         'privileged',  30, 'standard', 'restricted',    30,  1, 'Security', 'People feed', '2000-01-01T00:00:00Z');
