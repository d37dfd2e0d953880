//! Why somebody has this: the questions that an auditor asks of one grant, answered in plain words from
//! what is on record, now or as of a past day. Of a past day only what was on record by then is told; where
//! access counts from before it was proven, since when it is on record.

mod what_else;

use super::Base;
use super::as_of::{self, AsOf};
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::grant_story::{Carried, Decided, Head, Moved};
use crate::store::same_access::Alike;
use app::error::AppError;
use app::grants::port::{Answer, GrantView, Said};
use app::paths;
use app::when::When;
use domain::actor::Caller;
use domain::gate::{Evaluation, Outcome, Phase};
use domain::grant::{Course, End, GrantPhase};
use domain::id::GrantId;
use domain::permission::{Action, Relation, permitted};
use domain::request::RequestKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Reads why somebody has a grant, or had it on a day.
///
/// # Errors
/// [`AppError::NotFound`] for those who may neither see this person's access, nor that to the
/// application, nor read a request about it.
pub async fn why(base: &Base, caller: &Caller, id: GrantId, on: &str) -> Result<GrantView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let head = store::grant_story::head(work.conn(), id).await?.ok_or(AppError::NotFound)?;
    let mut relations = store::grants::relations(work.conn(), id, caller.identity).await?;
    let may_act = permitted(&caller.roles, Action::SubmitRequest, &relations);
    let may_list = permitted(&caller.roles, Action::ReadAccess, &relations);
    if caller.applications.contains(&head.application) {
        relations.push(Relation::ApplicationOwner);
    }
    let may_read = permitted(&caller.roles, Action::ReadAccess, &relations);
    if !may_read && !reads_a_request_about_it(&mut work, caller, id).await? {
        return Err(AppError::NotFound.into());
    }
    let as_of = as_of::read(&mut work, base, on).await?;
    let now = work.now();
    let told = as_of.told(on);
    let at = match as_of {
        AsOf::Now => Some(now),
        AsOf::Day { at, .. } => Some(at),
        AsOf::Nothing { .. } => None,
    };
    let since_day = match as_of {
        AsOf::Day { from, .. } => from,
        AsOf::Now | AsOf::Nothing { .. } => now,
    };
    let mut view = GrantView {
        id,
        holder: head.holder.clone(),
        entitlement: head.entitlement,
        name: head.name.clone(),
        application: head.application_name.clone(),
        tier: head.tier,
        phase: None,
        short: String::new(),
        answers: vec![],
        about: None,
        may_extend: false,
        on: told,
        may_list,
        as_of: When::new(now, &base.zone),
    };
    if let Some(at) = at {
        let story = Story::read(&mut work, &base.zone, id, head, since_day, at, may_read).await?;
        let past = view.on.is_some();
        view.short = story.short(past, since_day);
        if story.was_there(past, since_day) {
            view.phase = Some(story.course().phase(at));
            view.answers = story.answers();
        } else {
            view.answers = story.afterwards().into_iter().collect();
        }
        view.about = store::grant_story::open_about(work.conn(), id).await?;
        let lasts = matches!(view.phase, Some(GrantPhase::Active | GrantPhase::Expiring));
        view.may_extend = !past && may_act && lasts && story.head.ends_at.is_some() && view.about.is_none();
    }
    work.commit().await?;
    Ok(view)
}

/// Whoever may read a request about a grant may read why it is there: both say the same.
async fn reads_a_request_about_it(work: &mut Work<'_>, caller: &Caller, id: GrantId) -> Result<bool, UseCaseError> {
    for request in store::grant_story::requests_about(work.conn(), id).await? {
        let relations = store::requests::relations(work.conn(), request, caller.identity).await?;
        if permitted(&caller.roles, Action::ReadRequest, &relations) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was on record about a grant at a moment.
struct Story<'a> {
    zone: &'a TimeZone,
    at: Timestamp,
    head: Head,
    approvals: Vec<Decided>,
    asked: Option<Evaluation>,
    given: Option<Evaluation>,
    releases: Vec<Carried>,
    extensions: Vec<Moved>,
    reminders: Vec<(Timestamp, Timestamp)>,
    /// What else gives the same; nothing for those who may not know.
    alike: Option<Vec<Alike>>,
    /// What gave the access further when it had ended and nothing was taken away.
    further: Option<Alike>,
    end: Option<End>,
}

impl<'a> Story<'a> {
    async fn read(
        work: &mut Work<'_>,
        zone: &'a TimeZone,
        id: GrantId,
        head: Head,
        from: Timestamp,
        at: Timestamp,
        may_read: bool,
    ) -> Result<Self, UseCaseError> {
        let mut approvals = store::grant_story::approvals(work.conn(), head.request, head.revision).await?;
        approvals.retain(|decided| decided.at <= at);
        let known = |evaluation: Option<Evaluation>| evaluation.filter(|evaluation| evaluation.at <= at);
        let asked = known(store::evaluations::newest(work.conn(), head.request, head.revision, Phase::Submission).await?);
        let given = known(store::evaluations::newest(work.conn(), head.request, head.revision, Phase::Release).await?);
        let mut releases = store::grant_story::releases(work.conn(), id).await?;
        releases.retain(|release| release.planned_at <= at);
        let all = store::grant_story::extensions(work.conn(), id).await?;
        // The end as it was then: the first extension after that moment says where it moved from.
        let ends_at = all.iter().find(|moved| moved.at > at).map_or(head.ends_at, |moved| moved.from);
        let extensions: Vec<Moved> = all.into_iter().filter(|moved| moved.at <= at).collect();
        let set_at = extensions.last().map_or(head.since, |moved| moved.at.max(head.since));
        let mut reminders = store::grant_story::reminders(work.conn(), id).await?;
        reminders.retain(|(_, told)| *told <= at);
        let alike = if may_read { Some(store::same_access::alike(work.conn(), id, at).await?) } else { None };
        let had_ended = head.ended_at.is_some_and(|ended| ended <= at);
        let further = if had_ended && may_read { store::same_access::given_further(work.conn(), id, from).await? } else { None };
        let end = ends_at.map(|end| End { set_at, at: end });
        Ok(Self { zone, at, head, approvals, asked, given, releases, extensions, reminders, alike, further, end })
    }

    /// Its course as far as it was known.
    fn course(&self) -> Course {
        let known = |moment: Option<Timestamp>| moment.filter(|moment| *moment <= self.at);
        Course {
            since: self.head.since,
            expiring_from: self.end.and_then(End::expiring_from),
            ending_since: known(self.head.ending.map(|(since, _)| since)),
            ended_at: known(self.head.ended_at),
        }
    }

    /// Whether it was there: of a past day, at any time of it.
    fn was_there(&self, past: bool, from: Timestamp) -> bool {
        !past || (self.head.since <= self.at && self.head.ended_at.is_none_or(|ended| ended > from))
    }

    fn text(&self, at: Timestamp) -> String {
        When::new(at, self.zone).text
    }

    fn short(&self, past: bool, from: Timestamp) -> String {
        let Head { since, ended_at, .. } = &self.head;
        if !self.was_there(past, from) {
            return match (self.given_further("gave"), ended_at.filter(|ended| *ended <= from)) {
                (Some(further), _) => format!("{further}, on that day as well."),
                (None, Some(ended)) => format!("It was not held any more on that day: it ended on {}.", self.text(ended)),
                (None, None) => format!("It was not held yet on that day: it began on {}.", self.text(*since)),
            };
        }
        let further = self.given_further(if past { "gave" } else { "gives" });
        if let (false, Some(further)) = (past, &further) {
            return format!("{further}.");
        }
        let asked = format!("{} asked for it", self.head.requester.name);
        let mut approvers: Vec<&str> = self.approvals.iter().map(|decided| decided.by.as_str()).collect();
        approvers.dedup();
        let approved = if approvers.is_empty() { String::new() } else { format!(", {} approved it", approvers.join(" and ")) };
        let held = match (past, self.course().phase(self.at)) {
            (true, GrantPhase::Ended) if further.is_none() => "Held on that day, and gone before it was over",
            (true, _) => "Held on that day",
            (false, GrantPhase::Ended) => "Not held any more",
            (false, _) => "Held",
        };
        let recorded = self.recorded_later().map(|at| format!(", as is on record since {}", self.text(at))).unwrap_or_default();
        let further = further.map(|further| format!(" {further}.")).unwrap_or_default();
        format!("{held}{recorded}, because {asked}{approved}, and it has been there since {}.{further}", self.text(*since))
    }

    /// Since when it is on record, where that was only after the moment that is asked about: access counts from
    /// the moment in which it was given, and is on record once that is proven.
    fn recorded_later(&self) -> Option<Timestamp> {
        let given = self.releases.iter().find(|release| release.kind == "activate")?;
        given.closed_at.filter(|closed| *closed > self.at)
    }

    fn said(&self, text: String, at: Option<Timestamp>) -> Said {
        Said { text, at: at.map(|at| When::new(at, self.zone)), link: None }
    }

    fn answers(&self) -> Vec<Answer> {
        let mut answers = vec![
            answer("Who asked for it, and why?", self.who_asked()),
            answer("Were the rules met?", self.rules()),
            answer("Who decided, and as what?", self.who_decided()),
            answer("Who gave it, and what proves that?", self.who_gave()),
            answer("Was it extended?", self.extended()),
            answer("When does it end?", self.ends()),
        ];
        answers.extend(self.what_else());
        answers
    }

    fn who_asked(&self) -> Vec<Said> {
        let Head { requester, holder, reason, justification, number, kind, replaced, .. } = &self.head;
        let for_whom = if requester.id == holder.id { "for themselves".to_owned() } else { format!("for {}", holder.name) };
        let asked = Said {
            link: Some((number.clone(), paths::request(self.head.request))),
            ..self.said(format!("{} asked {for_whom}: {}.", requester.name, reason.label().to_lowercase()), Some(self.head.asked_at))
        };
        let mut said = vec![asked, self.said(format!("“{justification}”"), None)];
        if *kind == RequestKind::Change
            && let Some(replaced) = replaced
        {
            said.push(self.said(format!("It took the place of {replaced}."), None));
        }
        said
    }

    fn rules(&self) -> Vec<Said> {
        let one = |evaluation: &Evaluation, when: &str| {
            let (met, of) = evaluation.met();
            self.said(format!("{met} of {of} controls that apply were met {when}."), Some(evaluation.at))
        };
        let mut said: Vec<Said> = self.asked.iter().map(|evaluation| one(evaluation, "when it was asked for")).collect();
        said.extend(self.given.iter().map(|evaluation| one(evaluation, "again, on fresh facts, when it was given")));
        let newest = self.given.as_ref().or(self.asked.as_ref());
        let waived = newest.map_or(0, |evaluation| evaluation.results.iter().filter(|gate| gate.outcome == Outcome::Waived).count());
        said.push(match waived {
            _ if newest.is_none() => self.said("No run of the controls is on record.".to_owned(), None),
            0 => self.said("No exception was used.".to_owned(), None),
            waived => self.said(format!("{waived} of them by an exception that was in force."), None),
        });
        said
    }

    fn who_decided(&self) -> Vec<Said> {
        let plan = match &self.head.plan {
            Some((code, version)) => format!("By the approval plan {code}, version {version}."),
            None => "No approval plan is on record.".to_owned(),
        };
        let mut said = vec![self.said(plan, None)];
        for decided in &self.approvals {
            let because = decided.because.as_ref().map(|because| format!(", {because}")).unwrap_or_default();
            let instead = decided.instead_of.as_ref().map(|name| format!(", standing in for {name}")).unwrap_or_default();
            let signed = if decided.signed { ", with a signature" } else { "" };
            let comment = decided.comment.as_ref().map(|comment| format!(": “{comment}”")).unwrap_or_default();
            said.push(
                self.said(format!("{} approved as {}{because}{instead}{signed}{comment}.", decided.by, decided.stage), Some(decided.at)),
            );
        }
        said
    }

    fn carried(&self, release: &Carried, what: &str) -> Said {
        let Carried { by, verified_by, connection, evidence, closed_at, kept_by, .. } = release;
        let closed = closed_at.filter(|closed| *closed <= self.at);
        let proof = closed.and(evidence.as_ref()).map(|evidence| format!(" Proof: {evidence}")).unwrap_or_default();
        let second = verified_by.as_ref().map(|by| format!(" {by} took the second look.")).unwrap_or_default();
        let text = match (closed, kept_by, by, connection) {
            (None, ..) => self.not_proven(release, what),
            (Some(_), Some(number), ..) => format!("Nothing was taken away, because {number} still gives the same."),
            (Some(_), None, Some(by), _) => format!("{by} carried {what} out by hand.{second}{proof}"),
            (Some(_), None, None, Some(connection)) => format!("{connection} carried {what} out by machine.{proof}"),
            (Some(_), None, None, None) => format!("{what} was carried out.{proof}"),
        };
        let at = closed.or(self.done(release));
        Said { link: Some((release.number.clone(), paths::release(release.release))), ..self.said(capital(&text), at) }
    }

    /// When a release was done, as far as that was known.
    fn done(&self, release: &Carried) -> Option<Timestamp> {
        release.done_at.filter(|done| *done <= self.at)
    }

    /// What is told of a release that was not proven by then.
    fn not_proven(&self, release: &Carried, what: &str) -> String {
        let Carried { by, verified_by, connection, .. } = release;
        let recorded = self.recorded_later().filter(|_| release.kind == "activate").map(|at| self.text(at));
        match (self.done(release), recorded, by, connection) {
            (None, ..) | (Some(_), _, None, None) => format!("{what} waits to be carried out."),
            (Some(_), Some(recorded), Some(by), _) => {
                let looked = match verified_by {
                    Some(looker) => format!("{looker} took the second look that proves it on {recorded}"),
                    None => format!("nobody had taken the second look when it went on record on {recorded}"),
                };
                format!("{by} carried {what} out by hand; {looked}.")
            }
            (Some(_), Some(recorded), None, Some(connection)) => {
                format!("{connection} carried {what} out by machine; that was proven on {recorded}.")
            }
            (Some(_), None, Some(by), _) => format!("{what} was carried out by {by} and waits for a second look."),
            (Some(_), None, None, Some(connection)) => format!("{what} was carried out by {connection} and waits to be proven."),
        }
    }

    fn who_gave(&self) -> Vec<Said> {
        self.releases.iter().filter(|release| release.kind == "activate").map(|release| self.carried(release, "giving it")).collect()
    }

    fn extended(&self) -> Vec<Said> {
        if self.extensions.is_empty() {
            return vec![self.said("No.".to_owned(), None)];
        }
        let end = |end: Option<Timestamp>| end.map_or_else(|| "no end".to_owned(), |end| self.text(end));
        let line = |moved: &Moved| {
            let by = if moved.approvers.is_empty() { String::new() } else { format!(", {} approved", moved.approvers.join(" and ")) };
            let text = format!("The end moved from {} to {}: {} asked{by}.", end(moved.from), end(moved.to), moved.requester);
            Said { link: Some((moved.number.clone(), paths::request(moved.request))), ..self.said(text, Some(moved.at)) }
        };
        self.extensions.iter().map(line).collect()
    }

    fn ends(&self) -> Vec<Said> {
        let course = self.course();
        let mut said = vec![];
        if course.ending_since.is_none() {
            said.push(match self.end {
                Some(end) => self.said(format!("By itself on {}.", self.text(end.at)), None),
                None => self.said("It has no end.".to_owned(), None),
            });
            let told = self.reminders.iter().filter(|(end, _)| self.end.is_some_and(|present| present.at == *end));
            said.extend(told.map(|(_, told)| self.said("People were reminded of it.".to_owned(), Some(*told))));
        }
        if let (Some(since), Some((_, reason))) = (course.ending_since, self.head.ending) {
            said.push(self.said(format!("It began to end: {}.", lower(reason.label())), Some(since)));
        }
        if course.ending_since.is_some() {
            let removals = self.releases.iter().filter(|release| release.kind == "remove");
            said.extend(removals.map(|release| self.carried(release, "the removal")));
        }
        if let Some(ended) = course.ended_at {
            said.push(self.said("It ended.".to_owned(), Some(ended)));
        }
        said
    }
}

fn answer(question: &str, said: Vec<Said>) -> Answer {
    Answer { question: question.to_owned(), said }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
