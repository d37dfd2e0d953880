//! One decision with everything to weigh: the request as it is shown, what changed since the last
//! look, peers, history, conflicts, and how it stands with signing.

use super::Base;
use super::deciding::{self, Proofs};
use super::error::UseCaseError;
use super::facts::{Duties, duties};
use super::inbox_difference::since_look;
use super::lead_times::usual_times;
use super::reading;
use super::work::Work;
use crate::store;
use crate::store::grants::Of;
use app::error::AppError;
use app::inbox::port::{ComparisonLine, ConflictLine, EarlierEnd, EarlierLine, InboxDetail, Signing, Weigh};
use app::when::When;
use domain::actor::Caller;
use domain::id::{EntitlementId, IdempotencyKey, IdentityId, RequestId, StageId};
use domain::lead_time::UsualTime;
use domain::permission::{Action, permitted};

/// Reads a decision for somebody who may decide there now, and notes that they looked.
///
/// # Errors
/// [`AppError::NotPossible`] for those who were asked and may not decide any more;
/// [`AppError::NotFound`] for everybody else.
pub async fn detail(base: &Base, proofs: &Proofs, caller: &Caller, stage: StageId) -> Result<InboxDetail, UseCaseError> {
    let mut work = Work::read(base).await?;
    let id = store::approvals::request_of_stage(work.conn(), stage).await?.ok_or(AppError::NotFound)?;
    let request = reading::request(&mut work, base, caller, id).await?;
    if !store::inbox::may_open(work.conn(), caller.identity, stage, base.system.now()).await? {
        // Who was asked once hears that it is over; for everybody else there is nothing here.
        let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
        let over = permitted(&[], Action::Decide, &relations);
        return Err(if over { AppError::NotPossible } else { AppError::NotFound }.into());
    }
    let asked = request.stages.iter().find(|line| line.id == stage).ok_or(AppError::NotFound)?;
    let asked_as = asked.name.clone();
    let stands_in_for =
        asked.candidates.iter().find(|c| c.person.id == caller.identity).and_then(|candidate| candidate.stands_in_for.clone());
    let entitlement = request.items.first().map(|card| card.id).ok_or(AppError::NotFound)?;
    let weigh = weigh(&mut work, base, request.subject.id, entitlement, id).await?;
    let tier = store::decisions::at_stake(work.conn(), id, request.revision).await?.tier;
    let room = deciding::end_room(&mut work, base, id, request.revision).await?;
    let row = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let key = work.id(IdempotencyKey::new);
    work.commit().await?;
    let signing = deciding::signature_needed(proofs, caller, tier).await?.map(|needed| Signing {
        proven_until: needed.proven_until.map(|until| When::new(until, &base.zone)),
        hint: needed.hint.map(ToOwned::to_owned),
    });
    // What was read is on the screen, so the look is noted as one at exactly that.
    let mut work = Work::begin(base, caller.actor()).await?;
    let now = work.now();
    let before = store::inbox_looks::look(work.conn(), caller.identity, id, row.revision, &row.content_hash, now).await?;
    let since_look = match before {
        Some(before) => since_look(&mut work, base, caller.identity, id, row.revision, before).await?,
        None => None,
    };
    work.commit().await?;
    Ok(InboxDetail {
        stage,
        me: caller.identity,
        asked_as,
        stands_in_for,
        request,
        weigh,
        since_look,
        signing,
        earlier_end: room.is_open().then(|| EarlierEnd { first: room.earliest(), last: room.latest() }),
        key,
    })
}

/// What to weigh beside a request of `subject` for `entitlement`. The caller of this has checked
/// that the person at the screen may decide on it.
async fn weigh(
    work: &mut Work<'_>,
    base: &Base,
    subject: IdentityId,
    entitlement: EntitlementId,
    request: RequestId,
) -> Result<Weigh, UseCaseError> {
    let (now, zone) = (work.now(), &base.zone);
    let known = store::inbox_background::background(work.conn(), subject, entitlement).await?.ok_or(AppError::NotFound)?;
    let earlier = store::inbox_background::earlier(work.conn(), subject, entitlement, request).await?;
    let comparison = store::inbox_background::comparison(work.conn(), subject, entitlement).await?;
    let conflicts = conflicts(work, subject, entitlement, request).await?;
    let usual = usual_times(work, base, &[entitlement]).await?;
    let when = |at| When::new(at, zone);
    Ok(Weigh {
        unit: known.unit.unwrap_or_default(),
        peers: known.peers,
        peers_holding: known.peers_holding,
        holders: known.holders,
        usual: usual.get(&entitlement).copied().unwrap_or(UsualTime::NoData { cases: 0 }),
        holds: store::grants::lines(work.conn(), Of::Living(subject), now, zone).await?,
        held_before: known.held_before,
        last_ended: known.last_ended.map(when),
        mfa: known.mfa.label().to_owned(),
        mfa_in_force: known.mfa.in_force(),
        earlier: earlier
            .into_iter()
            .map(|row| EarlierLine {
                request: row.request,
                number: row.number,
                submitted: when(row.submitted_at),
                state: row.state,
                decided: row.decided,
                held: row.held.map(|(since, ended)| (when(since), ended.map(when))),
            })
            .collect(),
        comparison: comparison
            .into_iter()
            .map(|row| ComparisonLine {
                entitlement: row.entitlement,
                name: row.name,
                tier: row.tier,
                gives: row.gives,
                through: row.through,
                holds: row.holds,
                until: row.until.map(when),
            })
            .collect(),
        conflicts,
    })
}

/// The rules that name what is asked for, with what the gate would find now: by now, what was asked for
/// together with it is pending like everything else.
async fn conflicts(
    work: &mut Work<'_>,
    subject: IdentityId,
    entitlement: EntitlementId,
    request: RequestId,
) -> Result<Vec<ConflictLine>, UseCaseError> {
    let (_, replaces) = store::plans::kind_of_request(work.conn(), request).await?;
    let Duties { rules, found, .. } = duties(work, subject, entitlement, Some(request), &[], replaces).await?;
    let lines = rules.into_iter().map(|rule| {
        let has = found.iter().filter(|clash| clash.code == rule.code).map(|clash| clash.with_name.clone()).collect();
        ConflictLine { code: rule.code, title: rule.title, severity: rule.severity, mitigation: rule.mitigation, has }
    });
    Ok(lines.collect())
}
