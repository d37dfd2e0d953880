//! A year of requests: asked, decided, carried out and ended by the demonstration's people through
//! the product's own use-cases, in the order of time.

use super::DemoError;
use super::organisation::Cast;
use crate::job;
use crate::store;
use crate::store::demo::Candidate;
use crate::store::error::StoreError;
use crate::system::SetClock;
use crate::usecase::Base;
use crate::usecase::deciding::Proofs;
use crate::usecase::inbox::InboxService;
use crate::usecase::releases::ReleaseService;
use crate::usecase::requests::RequestService;
use app::error::AppError;
use app::inbox::port::{DecisionForm, Inbox};
use app::releases::port::{Confirmation, Execution, Releases, ReleasesQuery};
use app::requests::port::Requests;
use domain::actor::Caller;
use domain::basket::{BasketForm, ItemForm};
use domain::catalogue::RiskTier;
use domain::decision::UNDO_FOR;
use domain::id::{IdempotencyKey, IdentityId, ReleaseId, RequestId, SessionId};
use domain::permission::Role;
use domain::release::ReleaseKind;
use domain::request::{ReasonCode, RequestState};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Requests in the year.
const REQUESTS: u64 = 220;
/// Requests of the last thirty hours, by people of one manager, so that something waits today.
const FRESH: u64 = 16;

/// Why people ask: reason and sentence. `{}` is the entitlement.
const REASONS: &[(ReasonCode, &str)] = &[
    (ReasonCode::Project, "The migration of the order service needs {} until the cut-over is verified."),
    (ReasonCode::Operations, "I am on the support rota this quarter and need {} to look into alerts."),
    (ReasonCode::NewRole, "I moved to the platform team and need {} for my daily work there."),
    (ReasonCode::Incident, "To find the cause of the failed night run I need {} for the affected systems."),
    (ReasonCode::Audit, "The quarterly review asks for evidence that can only be read with {}."),
    (ReasonCode::Project, "Load tests for the autumn release are run by our team and need {}."),
];

/// What happens at a moment. The order of variants decides between steps of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The nightly look at what has ended.
    Night,
    /// Somebody asks.
    Ask(u64),
    /// The people asked decide.
    Decide(RequestId, IdentityId),
    /// An operator carries out.
    CarryOut(ReleaseId),
}

struct Life<'a> {
    base: &'a Base,
    clock: &'a SetClock,
    cast: &'a Cast,
    requests: RequestService,
    inbox: InboxService,
    releases: ReleaseService,
    wishes: Vec<(domain::id::EntitlementId, String, RiskTier)>,
    steps: BinaryHeap<Reverse<(Timestamp, Step)>>,
    end: Timestamp,
}

/// Lives through the year up to `end`.
pub(super) async fn live(base: &Base, clock: &SetClock, end: Timestamp, cast: &Cast) -> Result<(), DemoError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    let wishes = store::demo::wishes(&mut conn).await?;
    drop(conn);
    let mut life = Life {
        base,
        clock,
        cast,
        requests: RequestService::new(base.clone()),
        inbox: InboxService::new(base.clone(), Proofs::Demonstration),
        releases: ReleaseService::new(base.clone()),
        wishes,
        steps: BinaryHeap::new(),
        end,
    };
    life.plan_year(base.system.now());
    let mut done = 0_u64;
    while let Some(Reverse((at, step))) = life.steps.pop() {
        if at > end {
            break;
        }
        // A decision takes a few seconds to become final; time does not go back after it.
        clock.set(at.max(base.system.now()));
        life.take(step).await?;
        done += 1;
        if done.is_multiple_of(200) {
            println!("demo       {}, {done} steps", at.strftime("%B %Y"));
        }
    }
    clock.set(end);
    Ok(())
}

/// The caller somebody would be after signing in.
fn caller(id: IdentityId, name: &str, roles: &[Role], at: Timestamp) -> Caller {
    Caller { session: SessionId::new(at, [0; 10]), identity: id, name: name.to_owned(), roles: roles.to_vec(), applications: vec![] }
}

impl Life<'_> {
    /// A number below `n`.
    fn pick(&self, n: u64) -> u64 {
        u64::from_le_bytes(self.base.system.random()) % n.max(1)
    }

    fn after(&mut self, hours: u64, step: Step) {
        let minutes = i64::try_from(hours * 60 + self.pick(55)).unwrap_or(60);
        let at = self.base.system.now().saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(self.end);
        self.steps.push(Reverse((in_working_hours(at), step)));
    }

    fn plan_year(&mut self, start: Timestamp) {
        let hours = u64::try_from((self.end.as_second() - start.as_second()) / 3_600).unwrap_or(0);
        for n in 0..REQUESTS {
            // Evenly spread, with chance inside each slot; the last ones are still open today.
            let hour = hours * n / REQUESTS + self.pick(hours / REQUESTS + 1);
            let at = start.saturating_add(SignedDuration::from_hours(i64::try_from(hour).unwrap_or(0))).unwrap_or(start);
            self.steps.push(Reverse((in_working_hours(at), Step::Ask(n))));
        }
        for n in 0..FRESH {
            // Not moved into working hours: on a weekend they would lie in the future.
            let minutes = i64::try_from(30 + self.pick(30 * 60)).unwrap_or(30);
            let at = self.end.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.end);
            self.steps.push(Reverse((at, Step::Ask(REQUESTS + n))));
        }
        for day in 1..=i64::try_from(hours / 24).unwrap_or(0) {
            let night = start.saturating_add(SignedDuration::from_hours(day * 24 - 6)).unwrap_or(start);
            self.steps.push(Reverse((night, Step::Night)));
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), DemoError> {
        match step {
            Step::Night => self.night().await,
            Step::Ask(n) => self.ask(n).await,
            Step::Decide(request, subject) => self.decide(request, subject).await,
            Step::CarryOut(release) => self.carry_out(release).await,
        }
    }

    async fn night(&mut self) -> Result<(), DemoError> {
        let ended = job::end_grants::run(self.base).await?;
        job::lapse_requests::run(self.base).await?;
        if ended.changed > 0 {
            let operator = self.operator(0);
            let queue = self
                .releases
                .list(&operator, ReleasesQuery { filter: "remove".to_owned(), ..ReleasesQuery::default() })
                .await
                .map_err(DemoError::History)?;
            for line in queue.page.rows {
                let hours = 3 + self.pick(20);
                self.after(hours, Step::CarryOut(line.id));
            }
        }
        Ok(())
    }

    async fn ask(&mut self, n: u64) -> Result<(), DemoError> {
        let person = self.asker(n);
        let Some((entitlement, name, tier)) = self.wish() else { return Ok(()) };
        let today = self.base.system.now().to_zoned(TimeZone::UTC).date();
        let days = match tier {
            RiskTier::Standard => 30 + self.pick(300),
            RiskTier::Elevated => 20 + self.pick(150),
            // Some ask for too long and are refused by the gates: that is part of the picture.
            RiskTier::Privileged => 5 + self.pick(30),
        };
        let (reason, sentence) = REASONS[usize::try_from(self.pick(6)).unwrap_or(0) % REASONS.len()];
        let form = BasketForm {
            reason_code: reason.word().to_owned(),
            justification: sentence.replace("{}", &name),
            starts_on: today.to_string(),
            ends_on: today.saturating_add(i64::try_from(days).unwrap_or(30).days()).to_string(),
            items: vec![ItemForm { entitlement: entitlement.to_string(), ..ItemForm::default() }],
            ..BasketForm::default()
        };
        let caller = caller(person.id, &person.name, &[], self.base.system.now());
        let key = IdempotencyKey::new(self.base.system.now(), self.base.system.random());
        match self.requests.submit(&caller, form, key).await {
            Ok(requests) => {
                for request in requests {
                    let hours = 1 + self.pick(40);
                    self.after(hours, Step::Decide(request, person.id));
                }
                Ok(())
            }
            Err(AppError::Invalid { .. } | AppError::AlreadyThere) => Ok(()),
            Err(error) => Err(DemoError::History(error)),
        }
    }

    /// The employee on the sign-in page asks now and then; the rest comes from the crowd, and the
    /// fresh ones from the people of the manager on the sign-in page.
    fn asker(&self, n: u64) -> Candidate {
        let mut crowd = self.cast.crowd.iter().filter(|p| n < REQUESTS || p.manager == Some(self.cast.manager.id));
        let count = u64::try_from(crowd.clone().count()).unwrap_or(0);
        let index = usize::try_from(self.pick(count)).unwrap_or(0);
        match crowd.nth(index) {
            Some(person) if !n.is_multiple_of(20) => person.clone(),
            _ => self.cast.employee.clone(),
        }
    }

    /// Three in four wishes are for the standard tier, one in twelve for the privileged.
    fn wish(&self) -> Option<(domain::id::EntitlementId, String, RiskTier)> {
        let tier = match self.pick(12) {
            0..=8 => RiskTier::Standard,
            9 | 10 => RiskTier::Elevated,
            _ => RiskTier::Privileged,
        };
        let of_tier: Vec<_> = self.wishes.iter().filter(|(_, _, t)| *t == tier).collect();
        let index = usize::try_from(self.pick(u64::try_from(of_tier.len()).unwrap_or(1))).unwrap_or(0);
        of_tier.get(index).map(|wish| (*wish).clone())
    }

    async fn decide(&mut self, request: RequestId, subject: IdentityId) -> Result<(), DemoError> {
        let now = self.base.system.now();
        let view = match self.requests.show(&caller(subject, "", &[], now), request).await {
            Ok(view) => view,
            Err(AppError::NotFound) => return Ok(()),
            Err(error) => return Err(DemoError::History(error)),
        };
        let Some(stage) = view.stages.iter().find(|s| s.state == "open") else { return Ok(()) };
        let Some(person) = stage.candidates.first().map(|c| &c.person) else { return Ok(()) };
        let approver = caller(person.id, &person.name, &[], now);
        let detail = self.inbox.detail(&approver, stage.id).await.map_err(DemoError::History)?;
        let (verdict, comment) = match self.pick(20) {
            0 => ("reject", "The team already has two people with this access; please ask them."),
            1 => ("return", "Which of the systems does this concern, and could it end earlier?"),
            _ => ("approve", ""),
        };
        let form = DecisionForm {
            stage: stage.id,
            verdict: verdict.to_owned(),
            comment: comment.to_owned(),
            ends_on: String::new(),
            password: String::new(),
            shown_version: detail.request.version,
            shown_hash: detail.request.content_hash,
            key: detail.key,
        };
        self.inbox.decide(&approver, form).await.map_err(DemoError::History)?;
        // Nobody undoes anything here: the decision becomes final, as it does for everyone.
        self.clock.advance(UNDO_FOR);
        job::finalise_decisions::run(self.base).await?;
        let after = self.requests.show(&caller(subject, "", &[], now), request).await.map_err(DemoError::History)?;
        let hours = 1 + self.pick(30);
        match after.state {
            RequestState::InApproval => self.after(hours, Step::Decide(request, subject)),
            RequestState::Approved => {
                for release in after.releases.iter().filter(|r| r.kind == ReleaseKind::Activate) {
                    self.after(hours, Step::CarryOut(release.id));
                }
            }
            RequestState::Returned { .. } => {
                let own = caller(subject, "", &[], self.base.system.now());
                if self.pick(2) == 0 {
                    let reason = "Settled another way.".to_owned();
                    self.requests.withdraw(&own, request, after.version, reason).await.map_err(DemoError::History)?;
                } else {
                    let answer = "It is the one of the north branch. It cannot end earlier: the cut-over is at the end.".to_owned();
                    self.inbox.answer_question(&own, request, after.version, answer).await.map_err(DemoError::History)?;
                    self.after(hours, Step::Decide(request, subject));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn operator(&self, turn: u64) -> Caller {
        let index = usize::try_from(turn).unwrap_or(0) % self.cast.operators.len().max(1);
        let operator = &self.cast.operators[index];
        caller(operator.id, &operator.name, &[Role::Operator], self.base.system.now())
    }

    async fn carry_out(&mut self, release: ReleaseId) -> Result<(), DemoError> {
        let operator = self.operator(self.pick(2));
        let view = self.releases.show(&operator, release, "").await.map_err(DemoError::History)?;
        if view.obstacle.is_some() {
            return Ok(());
        }
        let evidence = match view.line.kind {
            ReleaseKind::Activate => format!("Role assignment {} created; read back in the portal.", view.line.number),
            ReleaseKind::Remove => format!("Role assignment {} removed; sign-in with it refused.", view.line.number),
            ReleaseKind::Extend => format!("Expiry of role assignment {} moved; read back in the portal.", view.line.number),
        };
        let shown_as = view.by_hand.map(|by_hand| by_hand.shown_as).unwrap_or_default();
        let confirmation = Confirmation { evidence, shown_as, ..Confirmation::default() };
        match self.releases.execute(&operator, release, view.version, confirmation, view.key).await {
            Ok(Execution::WaitsForSecondLook) => self.look(operator.identity, release, view.version + 1).await,
            // Two nights in a row may put the same removal on the list; the second finds it done.
            Ok(_) | Err(AppError::NotPossible | AppError::Changed) => Ok(()),
            Err(error) => Err(DemoError::History(error)),
        }
    }
}

impl Life<'_> {
    /// The other operator looks, within the hour.
    async fn look(&mut self, done_by: IdentityId, release: ReleaseId, version: i32) -> Result<(), DemoError> {
        let Some(other) = (0..2).map(|turn| self.operator(turn)).find(|operator| operator.identity != done_by) else { return Ok(()) };
        let minutes = i64::try_from(5 + self.pick(40)).unwrap_or(5);
        self.clock.advance(SignedDuration::from_mins(minutes));
        let other = Caller { session: SessionId::new(self.base.system.now(), [0; 10]), ..other };
        let said = "Looked it up in the portal: the assignment is as it was asked for.".to_owned();
        match self.releases.look(&other, release, version, true, said).await {
            // Whoever approved it leaves the look to somebody else.
            Ok(()) | Err(AppError::SeparationOfDuties | AppError::NotPossible) => Ok(()),
            Err(error) => Err(DemoError::History(error)),
        }
    }
}

/// Moves a moment into a working day between 8 and 17 o'clock.
fn in_working_hours(at: Timestamp) -> Timestamp {
    let mut zoned = at.to_zoned(TimeZone::UTC);
    if zoned.hour() >= 17 {
        zoned = zoned.saturating_add(1.day());
    }
    while matches!(zoned.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday) {
        zoned = zoned.saturating_add(1.day());
    }
    let hour = 8 + zoned.hour().rem_euclid(9);
    zoned.with().hour(hour).build().map_or(at, |z| z.timestamp())
}
