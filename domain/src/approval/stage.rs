//! One stage of a request: of everybody its sources name, who may decide now, and why nobody may.

use super::source::ApproverSource;
use crate::error::RuleBroken;
use crate::id::{DelegationId, IdentityId};
use serde::{Deserialize, Serialize};

/// The natural person behind an identity: one and the same for all accounts of a person (the first
/// of their identities). Rules about people compare this; identities are only accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub IdentityId);

/// Somebody a stage might ask, as the store finds them at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nominee {
    /// Which account.
    pub identity: IdentityId,
    /// Whose.
    pub person: PersonId,
    /// Name, for the reason of a hold.
    pub name: String,
    /// Whether the identity is active now.
    pub active: bool,
    /// As what: "line manager", "owner", "member of security".
    pub because: String,
}

/// Everybody the sources of a plan name, by source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nominees(pub Vec<(ApproverSource, Nominee)>);

impl Nominees {
    /// Those from one source.
    pub fn of<'a>(&'a self, source: &'a ApproverSource) -> impl Iterator<Item = &'a Nominee> {
        self.0.iter().filter(move |(from, _)| from == source).map(|(_, nominee)| nominee)
    }
}

/// A delegation that is in force for this request now: whoever `from` could decide for, `to` could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The record.
    pub delegation: DelegationId,
    /// Who is away.
    pub from: IdentityId,
    /// Who decides for them.
    pub to: Nominee,
}

/// Somebody was asked in another's place, or where nobody could be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassigned {
    /// Who is no longer asked, through whatever account.
    pub from: Option<PersonId>,
    /// Who is asked.
    pub to: Nominee,
    /// Who said so, through whatever account.
    pub by: PersonId,
}

/// What a stage's plan says about people.
#[derive(Clone, Copy, Debug)]
pub struct StageRule<'a> {
    /// Where approvers come from.
    pub sources: &'a [ApproverSource],
    /// Who is asked, in this order, when those give too few.
    pub fallback: &'a [ApproverSource],
    /// The next level.
    pub escalate_to: &'a [ApproverSource],
    /// How many different people have to approve.
    pub quorum: i32,
}

/// What is known about a stage and its request at this moment.
#[derive(Clone, Copy, Debug)]
pub struct StageFacts<'a> {
    /// Everybody the sources name.
    pub nominees: &'a Nominees,
    /// Delegations in force for this request.
    pub stand_ins: &'a [StandIn],
    /// People it concerns: subject, requester, whoever answers for a subject that is no person, who
    /// wrote a revision or answered a question, and who joined it.
    pub concerned: &'a [PersonId],
    /// People who decided on this revision, or in whose name somebody did.
    pub decided: &'a [PersonId],
    /// Approvals at this stage so far.
    pub approvals: i32,
    /// The next level has been asked.
    pub escalated: bool,
    /// Reassignments of this stage, oldest first.
    pub reassigned: &'a [Reassigned],
}

/// Somebody who may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which account.
    pub identity: IdentityId,
    /// Whose.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// As what, in words: a group has its name in it, so nothing is decided by them.
    pub because: String,
    /// They, or whom they stand in for, were asked because the stage was escalated.
    pub next_level: bool,
    /// Whom they stand in for, and the record that says so.
    pub stands_in: Option<(IdentityId, DelegationId)>,
}

impl Candidate {
    /// Checks that they may give their place to somebody else. Who stands in for somebody has none:
    /// they decide for them, and hand nothing on. Otherwise two approvals could come of one place.
    ///
    /// # Errors
    /// [`RuleBroken::HandsOn`] for a delegate.
    pub fn may_give_away(&self) -> Result<(), RuleBroken> {
        if self.stands_in.is_some() { Err(RuleBroken::HandsOn) } else { Ok(()) }
    }
}

/// Works out who may decide at a stage now: of everybody the plan names, those who are active, whom
/// the request does not concern, and who have not decided on it. Where that leaves too few for the
/// quorum, the fallback is asked as well.
///
/// # Errors
/// Where there are still too few: the sentence that says why the stage is held.
pub fn who_decides(rule: &StageRule<'_>, facts: &StageFacts<'_>) -> Result<Vec<Candidate>, String> {
    let needed = needed(rule, facts);
    let mut asked = everybody(rule, facts);
    let found = asked.people();
    if found >= needed {
        asked.stand_ins();
        return Ok(asked.candidates);
    }
    let why = asked.refusals.join("; ");
    Err(if found == 0 {
        format!("Nobody can decide: {why}.")
    } else {
        let why = if why.is_empty() { "nobody else is on record".to_owned() } else { why };
        let names = asked.candidates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        format!("{needed} people have to approve and only {found} can ({names}): {why}.")
    })
}

/// Those who may decide at a stage for themselves, also where they are too few for the quorum and the
/// stage is held.
#[must_use]
pub fn asked_already(rule: &StageRule<'_>, facts: &StageFacts<'_>) -> Vec<PersonId> {
    everybody(rule, facts).candidates.into_iter().map(|candidate| candidate.person).collect()
}

/// How many people still have to approve.
fn needed(rule: &StageRule<'_>, facts: &StageFacts<'_>) -> usize {
    usize::try_from(rule.quorum.saturating_sub(facts.approvals).max(1)).unwrap_or(1)
}

/// Everybody who may decide for themselves, by all sources in their order.
fn everybody<'a>(rule: &StageRule<'_>, facts: &'a StageFacts<'a>) -> Asked<'a> {
    let mut asked = Asked { facts, candidates: Vec::new(), refusals: Vec::new() };
    for source in rule.sources {
        asked.source(source, Asking::First);
    }
    if facts.escalated {
        for source in rule.escalate_to {
            asked.source(source, Asking::NextLevel);
        }
    }
    for (place, reassigned) in facts.reassigned.iter().enumerate() {
        // Unless that person was replaced again later.
        if !facts.reassigned.iter().skip(place + 1).any(|later| later.from == Some(reassigned.to.person)) {
            asked.add(&reassigned.to, Asking::First);
        }
    }
    let needed = needed(rule, facts);
    for source in rule.fallback {
        if asked.people() >= needed {
            break;
        }
        asked.source(source, Asking::NextByRule);
    }
    asked
}

/// Asks whether an escalation brings anybody from the next level who is not asked already.
///
/// # Errors
/// Where it brings nobody: why, person by person.
pub fn next_level(rule: &StageRule<'_>, facts: &StageFacts<'_>) -> Result<(), String> {
    let before = StageFacts { escalated: false, ..*facts };
    // Nobody decides at a stage that is held, so nobody stands in for anybody there.
    let before: Vec<PersonId> = match who_decides(rule, &before) {
        Ok(all) => all.into_iter().map(|candidate| candidate.person).collect(),
        Err(_) => asked_already(rule, &before),
    };
    let mut level = Asked { facts, candidates: Vec::new(), refusals: Vec::new() };
    for source in rule.escalate_to {
        level.source(source, Asking::First);
    }
    let Asked { candidates, mut refusals, .. } = level;
    for candidate in candidates {
        if !before.contains(&candidate.person) {
            return Ok(());
        }
        refusals.push(format!("{} ({}) is asked already", candidate.name, candidate.because));
    }
    Err(format!("{}.", refusals.join("; ")))
}

/// What a source is asked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// One of those who are asked first.
    First,
    /// The next level.
    NextLevel,
    /// The fallback.
    NextByRule,
}

impl Asking {
    /// What follows the reason why somebody is asked.
    fn words(self) -> &'static str {
        match self {
            Self::First => "",
            Self::NextLevel => ", next level",
            Self::NextByRule => ", next by rule",
        }
    }
}

/// Candidates as they are found, with the reasons why others are none.
struct Asked<'a> {
    facts: &'a StageFacts<'a>,
    candidates: Vec<Candidate>,
    refusals: Vec<String>,
}

impl Asked<'_> {
    /// Everybody of a source.
    fn source(&mut self, source: &ApproverSource, asking: Asking) {
        let facts = self.facts;
        let mut nobody = true;
        for nominee in facts.nominees.of(source) {
            nobody = false;
            // Who was replaced is not asked again, from whatever source.
            match facts.reassigned.iter().rfind(|r| r.from == Some(nominee.person)) {
                Some(by) => self.refusals.push(format!("{} ({}) was replaced by {}", nominee.name, nominee.because, by.to.name)),
                None => self.add(nominee, asking),
            }
        }
        if nobody {
            self.refusals.push(source.nobody());
        }
    }

    /// Why somebody may not decide.
    fn refusal(&self, nominee: &Nominee) -> Option<&'static str> {
        if self.facts.concerned.contains(&nominee.person) {
            Some("cannot decide on their own request")
        } else if !nominee.active {
            Some("is not active")
        } else if self.facts.decided.contains(&nominee.person) {
            Some("has already decided on this request")
        } else {
            None
        }
    }

    fn add(&mut self, nominee: &Nominee, asking: Asking) {
        if let Some(why) = self.refusal(nominee) {
            self.refusals.push(format!("{} ({}) {why}", nominee.name, nominee.because));
        } else if !self.candidates.iter().any(|c| c.identity == nominee.identity) {
            self.candidates.push(Candidate {
                identity: nominee.identity,
                person: nominee.person,
                name: nominee.name.clone(),
                because: format!("{}{}", nominee.because, asking.words()),
                next_level: asking == Asking::NextLevel,
                stands_in: None,
            });
        }
    }

    /// Delegates of those found. They stand beside the person they stand in for, and only one of
    /// the two decides: a delegation adds an account that can act, never an approval. Whoever gave a
    /// place at the stage to somebody stands in for nobody there: it would be theirs after all.
    fn stand_ins(&mut self) {
        for delegator in self.candidates.clone() {
            for stand_in in self.facts.stand_ins.iter().filter(|s| s.from == delegator.identity) {
                let to = &stand_in.to;
                let known = self.candidates.iter().any(|c| c.identity == to.identity);
                let gave_away = self.facts.reassigned.iter().any(|r| r.by == to.person || r.from == Some(to.person));
                if known || gave_away || to.person == delegator.person || self.refusal(to).is_some() {
                    continue;
                }
                self.candidates.push(Candidate {
                    identity: to.identity,
                    person: to.person,
                    name: to.name.clone(),
                    because: delegator.because.clone(),
                    next_level: delegator.next_level,
                    stands_in: Some((delegator.identity, stand_in.delegation)),
                });
            }
        }
    }

    /// How many different people could still approve.
    fn people(&self) -> usize {
        let mut people: Vec<PersonId> = self.candidates.iter().map(|c| c.person).collect();
        people.sort_unstable();
        people.dedup();
        people.len()
    }
}

/// Checks that somebody may decide at an open stage whose candidates are `candidates`, and gives the
/// candidate they are.
///
/// # Errors
/// The rule that stands against it: [`RuleBroken::SelfApproval`] before
/// [`RuleBroken::AlreadyDecided`] before [`RuleBroken::NotACandidate`] before
/// [`RuleBroken::ClaimedByAnother`].
pub fn may_decide<'a>(
    by: IdentityId,
    person: PersonId,
    candidates: &'a [Candidate],
    concerned: &[PersonId],
    decided: &[PersonId],
    claimed_by: Option<IdentityId>,
) -> Result<&'a Candidate, RuleBroken> {
    if concerned.contains(&person) {
        return Err(RuleBroken::SelfApproval);
    }
    if decided.contains(&person) {
        return Err(RuleBroken::AlreadyDecided);
    }
    let candidate = candidates.iter().find(|c| c.identity == by).ok_or(RuleBroken::NotACandidate)?;
    // A claim binds the others only while whoever made it may decide, and never the next level, which
    // is asked because those before it did not decide.
    let claimed =
        !candidate.next_level && claimed_by.is_some_and(|claimant| claimant != by && candidates.iter().any(|c| c.identity == claimant));
    if claimed { Err(RuleBroken::ClaimedByAnother) } else { Ok(candidate) }
}

#[cfg(test)]
#[path = "stage_tests.rs"]
mod tests;
