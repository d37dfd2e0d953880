//! The port for carrying out: the queue, one release with both trails, and executing it.

use super::Base;
use super::authorise::require_or_hide;
use super::carrying_out::{by_hand, keeping};
use super::error::UseCaseError;
use super::manual::{self, Hands};
use super::withdrawing::may_be_cancelled;
use super::work::Work;
use super::{cursor, executing, kept_access, reading, release_list, replacing, stage_views};
use crate::store;
use crate::store::release_hands::{Claim, Word};
use crate::store::release_steps::StepRow;
use crate::store::releases::ReleaseRow;
use crate::store::revisions::RevisionRow;
use app::attachments::port::{Download, Upload};
use app::error::AppError;
use app::record::{GrantLine, PersonRef};
use app::releases::port::{
    ByHandView, ClaimView, Claimed, Confirmation, Execution, MayBeThere, PinnedRules, ReleaseView, Releases, ReleasesPage, ReleasesQuery,
    SecondLook, WaitsFor,
};
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::attachment::MOST_FILES;
use domain::gate::Phase;
use domain::id::{EvidenceId, IdempotencyKey, ReleaseId};
use domain::permission::{Action, permitted};
use domain::release::ReleaseState;
use domain::release::moves::{Circumstances, Moves};
use jiff::tz::TimeZone;

/// Carrying out.
#[derive(Clone)]
pub struct ReleaseService {
    base: Base,
}

impl ReleaseService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn show(&self, caller: &Caller, id: ReleaseId, calls: &str) -> Result<ReleaseView, UseCaseError> {
        let base = &self.base;
        let mut work = Work::read(base).await?;
        let row = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
        let relations = store::requests::relations(work.conn(), row.request, caller.identity).await?;
        require_or_hide(caller, Action::ReadRelease, Action::ReadRelease, &relations)?;
        let now = work.now();
        let line = store::release_lists::line(work.conn(), id, now, &base.zone).await?.ok_or(AppError::NotFound)?;
        let items = store::revisions::items(work.conn(), row.request, row.revision).await?;
        let planned = items.into_iter().find(|i| i.id == row.item).map(|i| i.card).ok_or(AppError::NotFound)?;
        let revision = store::revisions::find(work.conn(), row.request, row.revision).await?;
        let stages = stage_views::of_revision(&mut work, base, row.request, row.revision).await?;
        let grants = store::grants::lines(work.conn(), store::grants::Of::Request(row.request), now, &base.zone).await?;
        let grant = grants.into_iter().find(|g| row.grant.is_some_and(|id| id == g.id));
        let operates = permitted(&caller.roles, Action::ExecuteRelease, &relations);
        let concerned = executing::concerned(&mut work, &row).await?.contains(&caller.identity);
        let stands = Stands { caller, operates, may_operate: permitted(&caller.roles, Action::ExecuteRelease, &[]), concerned };
        let hands = manual::hands(&mut work, &row).await?;
        let hand = store::release_hands::hand(work.conn(), id).await?;
        let claim = hand.claim.filter(|claim| claim.lapses_at > now);
        let may_be_there = hand.may_be_there.map(|word| stands.may_be_there(&row, claim.as_ref(), word, &base.zone));
        let second_look = stands.second_look(&mut work, &row).await?;
        let zone = &base.zone;
        let record = store::release_pages::record(work.conn(), id, zone).await?;
        let skip = store::release_pages::open_skip(work.conn(), id, zone).await?;
        let carrying = store::release_steps::carrying(work.conn(), id).await?;
        let rows = store::release_steps::of_round(work.conn(), id, carrying.round).await?;
        let records: Vec<_> = rows.iter().map(|step| step.record).collect();
        let circumstances = Circumstances {
            by_machine: matches!(hands, Hands::Machine(_)),
            at_work: carrying.worked_until.is_some_and(|until| until > now),
            steps: &records,
            proposed: skip.is_some(),
        };
        let moves = Moves::of(row.kind, &row.state, &circumstances);
        let waits_for = waits_for(&mut work, &row, &rows, circumstances.by_machine).await?;
        let obstacle = stands.obstacle(&mut work, &row, &hands, claim.as_ref(), waits_for.is_some()).await?;
        let may_answer_skip = match &skip {
            Some(skip) => !store::identities::accounts_of(work.conn(), &[skip.by.id]).await?.contains(&caller.identity),
            None => false,
        };
        let calls = store::release_pages::calls(work.conn(), id, cursor::read_time(calls), zone).await?;
        let files = store::release_evidence::waiting_files(work.conn(), id, caller.identity).await?;
        let tier = store::release_hands::tier(work.conn(), id).await?;
        let connection = connection(&record, &hands);
        let by_hand = match hands {
            Hands::People(by_hand) => Some(ByHandView {
                shown_as: by_hand.shown_as(),
                second_look: by_hand.settings.needs_second_look(tier),
                room_for_files: MOST_FILES.saturating_sub(files.len()),
                settings: by_hand.settings,
            }),
            Hands::Machine(_) => None,
        };
        let view = ReleaseView {
            version: row.version,
            planned,
            pinned: pinned(revision, caller, base),
            actual: actual(grant.as_ref(), may_be_there.is_some()),
            may_be_there,
            stages,
            gates: store::evaluations::newest(work.conn(), row.request, row.revision, Phase::Release).await?,
            timeline: reading::timeline(store::events::of_request(work.conn(), row.request).await?, &base.zone),
            obstacle,
            lends_a_hand: operates && !concerned,
            moments: record.moments,
            connection,
            found: record.found,
            steps: store::release_pages::steps(work.conn(), id, zone).await?,
            calls: calls.rows,
            calls_total: calls.total,
            calls_newer: calls.newer,
            older_calls: calls.older.map(|(at, call)| cursor::write_time(at, call)),
            waits_for,
            moves,
            skip,
            may_answer_skip,
            by_hand,
            evidence: store::release_evidence::of_release(work.conn(), id, zone).await?,
            verified_by: record.verified_by,
            second_look,
            claim: claim.map(|claim| ClaimView {
                mine: claim.by == caller.identity,
                by: PersonRef { id: claim.by, name: claim.name },
                until: When::new(claim.lapses_at, zone),
            }),
            due: line.due.clone(),
            late: line.late.clone(),
            key: work.id(IdempotencyKey::new),
            as_of: When::new(now, &base.zone),
            line,
        };
        work.commit().await?;
        Ok(view)
    }
}

/// What is there, in a sentence.
fn actual(grant: Option<&GrantLine>, may_be_there: bool) -> String {
    match grant.map(|g| (g, &g.ended, &g.ends)) {
        None if may_be_there => "It may be there.".to_owned(),
        None => "Not there yet.".to_owned(),
        Some((_, Some(ended), _)) => format!("Removed {}.", ended.text),
        Some((g, None, Some(ends))) => format!("There since {}, until {}.", g.since.text, ends.text),
        Some((g, None, None)) => format!("There since {}, without an end.", g.since.text),
    }
}

/// The rules that the revision pinned, and which of them the caller may open.
fn pinned(revision: RevisionRow, caller: &Caller, base: &Base) -> PinnedRules {
    PinnedRules {
        population: revision.population,
        specification: revision.specification_version,
        opens_specification: permitted(&caller.roles, Action::ReadChanges, &[]),
        policy_in_force: revision.policy_hash == base.policies.hash(),
        opens_controls: permitted(&caller.roles, Action::ReadControls, &[]),
        policy_hash: revision.policy_hash,
    }
}

/// What a release waits for that could go on otherwise.
async fn waits_for(work: &mut Work<'_>, row: &ReleaseRow, steps: &[StepRow], by_machine: bool) -> Result<Option<WaitsFor>, UseCaseError> {
    use ReleaseState as S;
    let now = work.now();
    // What a machine carries out and is held does not go on by itself.
    let to_begin = match row.state {
        S::Planned => true,
        S::Held { .. } => !by_machine,
        _ => false,
    };
    match row.state {
        _ if to_begin && now >= row.not_before => {
            Ok(store::kept_access::opposite_under_way(work.conn(), row, now).await?.map(WaitsFor::Opposite))
        }
        S::Gated | S::AccountReady | S::Activated { .. } | S::Undoing { .. } => {
            Ok(keeping::waits_for(work, row, steps).await?.map(WaitsFor::SecondLook))
        }
        _ => Ok(None),
    }
}

/// How the caller stands to a release.
struct Stands<'a> {
    caller: &'a Caller,
    /// They may carry this one out, as far as roles and relations go.
    operates: bool,
    /// They may carry out some.
    may_operate: bool,
    /// They, or another account of theirs, are the subject or approved it.
    concerned: bool,
}

impl Stands<'_> {
    /// Why the caller may not carry it out by hand, as a sentence; nothing once it is done.
    async fn obstacle(
        &self,
        work: &mut Work<'_>,
        row: &ReleaseRow,
        hands: &Hands,
        claim: Option<&Claim>,
        waits: bool,
    ) -> Result<Option<String>, UseCaseError> {
        if !matches!(row.state, ReleaseState::Planned | ReleaseState::Held { .. }) {
            return Ok(None);
        }
        if let Some(refusal) = self.refusal() {
            return Ok(Some(refusal));
        }
        if let Hands::Machine(connection) = hands {
            return Ok(Some(format!("A machine carries it out, through {}: nobody does it beside it.", connection.name)));
        }
        if let Some(claim) = claim.filter(|claim| claim.by != self.caller.identity) {
            return Ok(Some(format!("{} has taken it on.", claim.name)));
        }
        if work.now() < row.not_before {
            return Ok(Some("It may not be carried out before its start.".to_owned()));
        }
        if let Some(keeper) = store::kept_access::by(work.conn(), row).await? {
            return Ok(Some(format!("{} It closes by itself within a minute.", kept_access::reason(&keeper))));
        }
        if waits {
            return Ok(Some("What it waits for comes first.".to_owned()));
        }
        // In time: nobody gives access in the target system before what has to go first is gone.
        Ok(replacing::order(work, row).await?.and_then(|order| order.obstacle))
    }

    /// What is there by somebody's word alone, and whether the caller may say that it was taken back.
    fn may_be_there(&self, row: &ReleaseRow, claim: Option<&Claim>, word: Word, zone: &TimeZone) -> MayBeThere {
        let theirs = claim.is_none_or(|claim| claim.by == self.caller.identity);
        MayBeThere {
            by: PersonRef { id: word.by, name: word.name },
            at: When::new(word.at, zone),
            may_take_back: self.refusal().is_none() && theirs && may_be_cancelled(&row.state, None),
        }
    }

    /// Whether the caller may take the second look; nothing while none is due.
    async fn second_look(&self, work: &mut Work<'_>, row: &ReleaseRow) -> Result<Option<SecondLook>, UseCaseError> {
        let ReleaseState::Activated { by: Some(by), .. } = &row.state else { return Ok(None) };
        if let Some(refusal) = self.refusal() {
            return Ok(Some(SecondLook::Not(refusal)));
        }
        let same = store::identities::accounts_of(work.conn(), &[*by]).await?;
        Ok(Some(if same.contains(&self.caller.identity) {
            SecondLook::Not("You did it: another person looks.".to_owned())
        } else {
            SecondLook::Open
        }))
    }

    fn refusal(&self) -> Option<String> {
        if !self.may_operate {
            Some("You are not an operator.".to_owned())
        } else if self.concerned || !self.operates {
            Some("You are concerned by this request: nobody carries out their own access, and who approved never does.".to_owned())
        } else {
            None
        }
    }
}

/// The connection that was used, or would be, in words.
fn connection(record: &store::release_pages::Record, hands: &Hands) -> String {
    match (&record.connection, hands) {
        (Some((_, version, name, kind)), _) => format!("{name} ({kind}), version {version} of its settings"),
        (None, Hands::Machine(connection)) => {
            format!("{} ({}), version {} of its settings", connection.name, connection.connector, connection.version)
        }
        (None, Hands::People(_)) if record.retired_place.is_some() => {
            let place = record.retired_place.as_deref().unwrap_or_default();
            format!("By hand: {place} gave it, which is retired, and no other machine has it")
        }
        (None, Hands::People(by_hand)) => match (&by_hand.name, by_hand.connection) {
            (Some(name), Some((_, version))) => format!("{name} (by hand), version {version} of its settings"),
            _ => "By hand, without instructions of its own".to_owned(),
        },
    }
}

#[async_trait]
impl Releases for ReleaseService {
    async fn list(&self, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, AppError> {
        Ok(release_list::list(&self.base, caller, query).await?)
    }

    async fn show(&self, caller: &Caller, release: ReleaseId, calls: &str) -> Result<ReleaseView, AppError> {
        Ok(self.show(caller, release, calls).await?)
    }

    async fn execute(
        &self,
        caller: &Caller,
        release: ReleaseId,
        version: i32,
        confirmation: Confirmation,
        key: IdempotencyKey,
    ) -> Result<Execution, AppError> {
        Ok(executing::execute(&self.base, caller, release, version, &confirmation, key).await?)
    }

    async fn claim(&self, caller: &Caller, release: ReleaseId) -> Result<Claimed, AppError> {
        Ok(manual::claim(&self.base, caller, release).await?)
    }

    async fn give_back(&self, caller: &Caller, release: ReleaseId) -> Result<(), AppError> {
        Ok(manual::give_back(&self.base, caller, release).await?)
    }

    async fn add_file(&self, caller: &Caller, release: ReleaseId, file: Upload) -> Result<(), AppError> {
        Ok(manual::evidence::add_file(&self.base, caller, release, &file).await?)
    }

    async fn file(&self, caller: &Caller, file: EvidenceId) -> Result<Download, AppError> {
        Ok(manual::evidence::file(&self.base, caller, file).await?)
    }

    async fn look(&self, caller: &Caller, release: ReleaseId, version: i32, there: bool, said: String) -> Result<(), AppError> {
        Ok(manual::looking::look(&self.base, caller, release, version, there, &said).await?)
    }

    async fn retry(&self, caller: &Caller, release: ReleaseId, version: i32) -> Result<(), AppError> {
        Ok(by_hand::retry(&self.base, caller, release, version).await?)
    }

    async fn roll_back(&self, caller: &Caller, release: ReleaseId, version: i32, reason: String) -> Result<(), AppError> {
        Ok(by_hand::roll_back(&self.base, caller, release, version, &reason).await?)
    }

    async fn propose_skip(&self, caller: &Caller, release: ReleaseId, version: i32, reason: String) -> Result<(), AppError> {
        Ok(by_hand::propose_skip(&self.base, caller, release, version, &reason).await?)
    }

    async fn answer_skip(&self, caller: &Caller, release: ReleaseId, version: i32, confirm: bool) -> Result<(), AppError> {
        Ok(by_hand::answer_skip(&self.base, caller, release, version, confirm).await?)
    }
}
