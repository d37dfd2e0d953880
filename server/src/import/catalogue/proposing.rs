//! What a file says about an entitlement that a second person has to agree to is not written: it is
//! proposed, with the command as its author, and somebody confirms or refuses it in the browser.

use super::super::report::Proposal;
use super::super::{ImportError, Run};
use super::CatalogueOptions;
use crate::store::changes::records::{self, Record};
use crate::store::changes::{By, NewChange, insert, lookup, next_number};
use crate::store::events::{Event, append};
use crate::store::import_catalogue::difference::Held;
use crate::store::import_catalogue::waiting::{self, Wished};
use crate::system::System;
use crate::usecase::notifying::{Notice, Telling, tell_people};
use app::paths;
use domain::actor::Actor;
use domain::change::{Body, ChangeState, RecordKind, differences, needs_second};
use domain::event::EventKind;
use domain::feed::wish::Wish;
use domain::id::{ApplicationId, ChangeId, EntitlementId, EventId, IdempotencyKey, IdentityId};
use domain::notification::NotificationKind;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Why, for whoever reads the change.
const REASON: &str = "The catalogue file says so.";

/// What the steps would change that needs somebody else, and which of it the steps have to leave.
pub(super) async fn find(conn: &mut PgConnection) -> Result<(Vec<Wished>, Held), ImportError> {
    let (mut waits, mut held) = (Vec::new(), Held::default());
    for wished in waiting::wished(conn).await? {
        let Some((record, before)) = entitlement(conn, wished.entitlement).await? else { continue };
        let after = Body::Entitlement(wished.wish.over(&before));
        let needs = needs_second(Some(&record.body), &after);
        let needed = |fields: &[&str]| needs.iter().any(|name| fields.contains(&name.as_str()));
        if needed(&["tier", "tier_reason", "longest_days", "review_every_days"]) {
            held.tiers.push(wished.entitlement.0);
        }
        if needed(&["state"]) {
            held.states.push(wished.entitlement.0);
        }
        if !needs.is_empty() {
            waits.push(wished);
        }
    }
    Ok((waits, held))
}

/// Proposes what waits and what was added closed, on the versions that the steps have made, and tells
/// those who could be the second person once. What an earlier import proposed is not proposed again.
pub(super) async fn propose(
    conn: &mut PgConnection,
    run: &Run,
    system: &System,
    options: &CatalogueOptions,
    mut waits: Vec<Wished>,
) -> Result<Vec<Proposal>, ImportError> {
    for id in waiting::added_closed(conn).await? {
        let Some((_, body)) = entitlement(conn, id).await? else { continue };
        let wish = Wish {
            tier: body.tier,
            tier_reason: body.tier_reason,
            longest_days: body.longest_days,
            review_every_days: body.review_every_days,
            requestable: true,
            active: body.active,
        };
        waits.push(Wished { entitlement: id, wish, earlier: None });
    }
    let mut proposals = Vec::new();
    let mut seconds: BTreeMap<ApplicationId, Vec<IdentityId>> = BTreeMap::new();
    let mut told: BTreeMap<IdentityId, u64> = BTreeMap::new();
    for wished in waits {
        let Some((record, before)) = entitlement(conn, wished.entitlement).await? else { continue };
        let after = Body::Entitlement(wished.wish.over(&before));
        let (was, now) = (record.body.text(), after.text());
        let needs = needs_second(Some(&record.body), &after);
        let changes = differences(RecordKind::Entitlement, Some(&was), &now, &needs, &|name| name.to_owned());
        let what = changes.iter().map(|change| format!("{}: {} to {}", change.label, change.before, change.after)).collect::<Vec<_>>();
        let mut proposal = Proposal { who: before.name.clone(), what: what.join("; "), answered: None };
        if let Some(earlier) = wished.earlier.as_ref().filter(|earlier| earlier.answers(record.version, &now)) {
            proposal.answered = Some(earlier.state);
            proposals.push(proposal);
            continue;
        }
        let id = ChangeId::new(run.now, system.random());
        let number = next_number(conn, run.now.to_zoned(options.zone.clone()).year()).await?;
        let command = run.kind.process();
        let change = NewChange {
            id,
            number: &number,
            kind: RecordKind::Entitlement,
            key: &record.key,
            name: &before.name,
            applications: &record.applications,
            named: &[],
            before: Some(&was),
            after: &now,
            base_version: record.version,
            needs_second: &needs,
            reason: REASON,
            by: By::Command(command),
            at: run.now,
            effective_at: run.now,
            state: ChangeState::Proposed,
            idempotency: IdempotencyKey::new(run.now, system.random()),
        };
        insert(conn, &change).await?;
        let event = Event {
            id: EventId::new(run.now, system.random()),
            at: run.now,
            kind: EventKind::ChangeProposed,
            actor: &Actor::Operator { command: command.to_owned() },
            subject_kind: "change",
            subject_id: id.0,
            request: None,
            body: json!({
                "number": number, "kind": RecordKind::Entitlement.word(), "record": record.key, "needs_second": needs,
                "effective_at": run.now.to_string(), "import": run.id.0, "detail": number,
            }),
        };
        append(conn, &event).await?;
        for application in &record.applications {
            if !seconds.contains_key(application) {
                seconds.insert(*application, lookup::second_people(conn, &[*application]).await?);
            }
            for person in seconds.get(application).into_iter().flatten() {
                *told.entry(*person).or_default() += 1;
            }
        }
        proposals.push(proposal);
    }
    tell_once(conn, run, system, options, told).await?;
    Ok(proposals)
}

/// One notice for everything that an import proposed: a file may touch hundreds of entitlements.
async fn tell_once(
    conn: &mut PgConnection,
    run: &Run,
    system: &System,
    options: &CatalogueOptions,
    told: BTreeMap<IdentityId, u64>,
) -> Result<(), ImportError> {
    let mut by_count: BTreeMap<u64, Vec<IdentityId>> = BTreeMap::new();
    for (person, count) in told {
        by_count.entry(count).or_default().push(person);
    }
    let telling = Telling { system, now: run.now, sends_mail: options.sends_mail };
    let href = paths::changes("mine");
    for (count, people) in by_count {
        let title =
            if count == 1 { "A change waits for a second person".to_owned() } else { format!("{count} changes wait for a second person") };
        let body = "An import of the catalogue proposed it. Read it, then confirm or refuse it.";
        let notice = Notice { kind: NotificationKind::Change, title: &title, body, href: &href, request: None };
        tell_people(conn, &telling, &people, &notice).await?;
    }
    Ok(())
}

async fn entitlement(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<(Record, domain::change::EntitlementBody)>, ImportError> {
    let record = records::find(conn, RecordKind::Entitlement, &id.to_string()).await?;
    Ok(record.and_then(|record| match record.body.clone() {
        Body::Entitlement(body) => Some((record, body)),
        _ => None,
    }))
}
