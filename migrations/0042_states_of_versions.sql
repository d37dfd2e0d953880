-- Whether an entitlement was in use, version by version: that it is retired, or in use again, is a
-- version of its own. Versions from before do not know.
alter table entitlement_version
    add column state text,
    add constraint entitlement_version_state check (state in ('active', 'retired'));
