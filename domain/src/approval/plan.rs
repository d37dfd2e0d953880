//! Approval plans: who decides, as versioned data, and which plan fits a request.

use super::source::ApproverSource;
use crate::catalogue::RiskTier;
use crate::error::FieldError;
use crate::id::{ApplicationId, PlanId};
use crate::identity::Population;
use crate::text::Name;
use serde::{Deserialize, Serialize};

/// The most stages a plan may have.
pub const MOST_STAGES: usize = 10;
/// Most characters of a stage's name.
const STAGE_NAME_MAX: usize = 60;
/// The longest time a stage may be given, in working hours: three months of eight-hour days.
pub const LONGEST_STAGE_HOURS: i32 = 480;

/// One stage of a plan as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStage {
    /// Stages of one step are asked at the same time; steps follow each other from 1.
    pub step: i32,
    /// What it is called, for example "Line manager".
    pub name: String,
    /// Where its approvers come from. Everybody they give is asked.
    pub sources: Vec<ApproverSource>,
    /// How many different people have to approve.
    #[serde(default = "one")]
    pub quorum: i32,
    /// Who is asked as well when the sources give too few who may decide.
    #[serde(default)]
    pub fallback: Vec<ApproverSource>,
    /// Working hours until it is due.
    pub due_hours: i32,
    /// Working hours until those asked are reminded.
    #[serde(default)]
    pub remind_hours: Option<i32>,
    /// Working hours until the next level is asked as well.
    #[serde(default)]
    pub escalate_hours: Option<i32>,
    /// The next level.
    #[serde(default)]
    pub escalate_to: Vec<ApproverSource>,
}

fn one() -> i32 {
    1
}

/// The circumstances a plan is made for. What is absent does not matter to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanScope {
    /// Only this tier.
    pub tier: Option<RiskTier>,
    /// Only subjects of this population (and so this specification).
    pub population: Option<Population>,
    /// Only this application.
    pub application: Option<ApplicationId>,
}

/// The circumstances of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Tier of what is asked for.
    pub tier: RiskTier,
    /// Population of the subject.
    pub population: Population,
    /// Application it belongs to.
    pub application: ApplicationId,
}

/// A plan in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalPlan {
    /// Which.
    pub id: PlanId,
    /// Its code; pinned on requests together with the version.
    pub code: String,
    /// Its version.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// What it is made for.
    pub scope: PlanScope,
    /// Its stages, in order.
    pub stages: Vec<PlanStage>,
}

impl PlanScope {
    /// Whether it fits a case.
    #[must_use]
    pub fn fits(&self, case: &Case) -> bool {
        self.tier.is_none_or(|tier| tier == case.tier)
            && self.population.is_none_or(|population| population == case.population)
            && self.application.is_none_or(|application| application == case.application)
    }

    /// How specific it is: application before population before tier, and combinations before each
    /// of their parts.
    #[must_use]
    pub fn weight(&self) -> u8 {
        4 * u8::from(self.application.is_some()) + 2 * u8::from(self.population.is_some()) + u8::from(self.tier.is_some())
    }

    /// Why it applies, as a sentence for the person who asks.
    #[must_use]
    pub fn why(&self, application: &str) -> String {
        let tier = self.tier.map(|tier| format!("the {} tier", tier.label().to_lowercase()));
        let population = self.population.map(|population| format!("the population {}", population.label().to_lowercase()));
        let made_for: Vec<String> = [self.application.map(|_| application.to_owned()), population, tier].into_iter().flatten().collect();
        match (self.weight(), self.tier) {
            (0, _) => "No plan is made for the application, the population or the tier, so the general one applies.".to_owned(),
            (1, Some(tier)) => format!("{} tier: no plan of the application or the population applies.", tier.label()),
            _ => format!("Made for {}.", made_for.join(", ")),
        }
    }
}

/// The plan that applies: of those that fit, the most specific one.
#[must_use]
pub fn fitting<'a>(plans: &'a [ApprovalPlan], case: &Case) -> Option<&'a ApprovalPlan> {
    plans.iter().filter(|plan| plan.scope.fits(case)).max_by_key(|plan| plan.scope.weight())
}

/// Checks the stages of a plan as somebody wrote them; every problem names the stage.
#[must_use]
pub fn check_stages(stages: &[PlanStage]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut refuse = |code: &str, message: String| errors.push(FieldError::new("stages", code, message));
    if stages.is_empty() || stages.len() > MOST_STAGES {
        refuse("count", format!("A plan has 1 to {MOST_STAGES} stages."));
    }
    let mut step = 0;
    for (place, stage) in (1..).zip(stages) {
        if stage.step != step + 1 && (step == 0 || stage.step != step) {
            refuse("step", format!("Stage {place}: steps count from 1 without gaps; stages of one step stand together."));
        }
        step = stage.step;
        if let Err(error) = Name::parse("stages", &stage.name, STAGE_NAME_MAX) {
            match error.code.as_str() {
                "required" | "too_long" => refuse("name", format!("Stage {place}: give it a name of 1 to {STAGE_NAME_MAX} characters.")),
                code => refuse(code, format!("Stage {place}: {}", error.message)),
            }
        }
        if stage.sources.is_empty() {
            refuse("sources", format!("Stage {place}: say who decides."));
        }
        for list in [&stage.sources, &stage.fallback, &stage.escalate_to] {
            let mut seen = list.clone();
            seen.sort();
            seen.dedup();
            if seen.len() != list.len() {
                refuse("twice", format!("Stage {place}: name each source once."));
            }
        }
        if !(1..=10).contains(&stage.quorum) {
            refuse("quorum", format!("Stage {place}: between 1 and 10 people have to approve."));
        } else if most_people(stage).is_some_and(|most| stage.quorum > most) {
            refuse("unreachable", format!("Stage {place}: its sources never give {} people.", stage.quorum));
        }
        if !(1..=LONGEST_STAGE_HOURS).contains(&stage.due_hours) {
            refuse("due", format!("Stage {place}: it is due after 1 to {LONGEST_STAGE_HOURS} working hours."));
        }
        if stage.remind_hours.is_some_and(|hours| !(1..stage.due_hours).contains(&hours)) {
            refuse("remind", format!("Stage {place}: remind before it is due."));
        }
        if stage.escalate_hours.is_some_and(|hours| !(1..=LONGEST_STAGE_HOURS).contains(&hours)) {
            refuse("escalate", format!("Stage {place}: escalate after 1 to {LONGEST_STAGE_HOURS} working hours."));
        }
        match (stage.escalate_hours.is_some(), stage.escalate_to.is_empty()) {
            (true, true) => refuse("escalate", format!("Stage {place}: say who the next level is.")),
            (false, false) => refuse("escalate", format!("Stage {place}: say after how many hours the next level is asked.")),
            _ => {}
        }
    }
    errors
}

/// The most different people the sources and the fallback can give; nothing when a group is among
/// them, which may grow.
fn most_people(stage: &PlanStage) -> Option<i32> {
    let mut all: Vec<&ApproverSource> = stage.sources.iter().chain(&stage.fallback).collect();
    if all.iter().any(|source| source.group().is_some()) {
        return None;
    }
    all.sort();
    all.dedup();
    i32::try_from(all.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn plan(code: &str, scope: PlanScope) -> ApprovalPlan {
        ApprovalPlan {
            id: PlanId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            code: code.into(),
            version: 1,
            name: code.into(),
            scope,
            stages: vec![],
        }
    }

    fn application(n: u8) -> ApplicationId {
        ApplicationId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    #[test]
    fn the_most_specific_plan_applies_application_before_population_before_tier() {
        let (tier, population, app) = (Some(RiskTier::Elevated), Some(Population::Contractor), Some(application(1)));
        let plans = [
            plan("tier", PlanScope { tier, ..Default::default() }),
            plan("general", PlanScope::default()),
            plan("population", PlanScope { population, ..Default::default() }),
            plan("population and tier", PlanScope { tier, population, application: None }),
            plan("application", PlanScope { application: app, ..Default::default() }),
            plan("application and tier", PlanScope { tier, population: None, application: app }),
        ];
        for (tier, population, application, expected) in [
            (RiskTier::Elevated, Population::Employee, application(2), "tier"),
            (RiskTier::Standard, Population::Employee, application(2), "general"),
            (RiskTier::Standard, Population::Contractor, application(2), "population"),
            (RiskTier::Elevated, Population::Contractor, application(2), "population and tier"),
            (RiskTier::Standard, Population::Contractor, application(1), "application"),
            (RiskTier::Elevated, Population::Contractor, application(1), "application and tier"),
        ] {
            let found = fitting(&plans, &Case { tier, population, application }).map(|p| p.code.as_str());
            assert_eq!(found, Some(expected));
        }
        assert_eq!(fitting(&[], &Case { tier: RiskTier::Standard, population: Population::Employee, application: application(1) }), None);
    }

    #[test]
    fn a_plan_says_why_it_applies() {
        let scope = |tier, population, application| PlanScope { tier, population, application };
        let tier = Some(RiskTier::Elevated);
        assert_eq!(scope(tier, None, None).why("Ledger"), "Elevated tier: no plan of the application or the population applies.");
        assert_eq!(scope(tier, None, Some(application(1))).why("Ledger"), "Made for Ledger, the elevated tier.");
        assert!(scope(None, None, None).why("Ledger").starts_with("No plan is made for"));
    }

    fn stage() -> PlanStage {
        PlanStage {
            step: 1,
            name: "Line manager".into(),
            sources: vec![ApproverSource::LineManager],
            quorum: 1,
            fallback: vec![],
            due_hours: 16,
            remind_hours: Some(8),
            escalate_hours: Some(24),
            escalate_to: vec![ApproverSource::ManagersManager],
        }
    }

    #[test]
    fn a_plan_that_could_not_work_is_refused_and_the_stage_is_named() {
        let change = |f: &dyn Fn(&mut PlanStage)| {
            let mut stage = stage();
            f(&mut stage);
            check_stages(&[stage]).into_iter().map(|e| e.code).collect::<Vec<_>>()
        };
        assert_eq!(change(&|_| {}), Vec::<String>::new());
        for (f, code) in [
            (&(|s: &mut PlanStage| s.step = 0) as &dyn Fn(&mut PlanStage), "step"),
            (&|s| s.step = 2, "step"),
            (&|s| s.name = "  ".into(), "name"),
            (&|s| s.name = "x".repeat(61), "name"),
            (&|s| s.sources = vec![], "sources"),
            (&|s| s.fallback = vec![ApproverSource::OwnersManager, ApproverSource::OwnersManager], "twice"),
            (&|s| s.quorum = 0, "quorum"),
            (&|s| s.quorum = 11, "quorum"),
            (&|s| s.quorum = 2, "unreachable"),
            (&|s| s.due_hours = 0, "due"),
            (&|s| s.remind_hours = Some(16), "remind"),
            (&|s| s.escalate_hours = Some(0), "escalate"),
            (&|s| s.escalate_hours = None, "escalate"),
            (&|s| s.escalate_to = vec![], "escalate"),
            (&|s| s.name = "Line m\u{430}nager".into(), "mixed_scripts"),
            (&|s| s.name = "\u{421}\u{415}\u{41e}".into(), "lookalike"),
            (&|s| s.name = "Line\u{200d}manager".into(), "forbidden_character"),
        ] {
            assert!(change(f).iter().any(|found| found == code), "{code}");
        }
        assert_eq!(check_stages(&[]).len(), 1);
        assert!(!check_stages(&vec![stage(); 11]).is_empty());
        let mut pair = vec![stage(), stage()];
        pair[1].sources = vec![ApproverSource::Group("security".into())];
        pair[1].quorum = 2;
        assert_eq!(check_stages(&pair), vec![], "two stages of one step, one with a group");
    }

    #[test]
    fn stages_are_read_from_json_and_unknown_words_are_refused() {
        let read = |text: &str| serde_json::from_str::<Vec<PlanStage>>(text);
        let stages = read(r#"[{"step":1,"name":"Security","sources":["group:security"],"due_hours":8}]"#).unwrap();
        assert_eq!((stages[0].quorum, &stages[0].fallback, stages[0].remind_hours), (1, &vec![], None));
        assert!(read(r#"[{"step":1,"name":"x","sources":["everybody"],"due_hours":8}]"#).is_err());
        assert!(read(r#"[{"step":1,"name":"x","sources":["line_manager"],"due_hours":8,"skip":true}]"#).is_err());
        let written = serde_json::to_value(&stages).unwrap();
        assert_eq!(written[0]["sources"], serde_json::json!(["group:security"]));
    }

    proptest! {
        #[test]
        fn a_plan_that_applies_always_fits_and_nothing_that_fits_is_more_specific(
            scopes in proptest::collection::vec((proptest::option::of(0usize..3), proptest::option::of(0usize..5), proptest::option::of(0u8..3)), 0..12),
            tier in 0usize..3, population in 0usize..5, app in 0u8..3,
        ) {
            let plans: Vec<_> = scopes.iter().map(|(t, p, a)| plan("x", PlanScope {
                tier: t.map(|t| RiskTier::ALL[t]), population: p.map(|p| Population::ALL[p]), application: a.map(application),
            })).collect();
            let case = Case { tier: RiskTier::ALL[tier], population: Population::ALL[population], application: application(app) };
            match fitting(&plans, &case) {
                Some(found) => {
                    prop_assert!(found.scope.fits(&case));
                    prop_assert!(plans.iter().all(|p| !p.scope.fits(&case) || p.scope.weight() <= found.scope.weight()));
                }
                None => prop_assert!(plans.iter().all(|p| !p.scope.fits(&case))),
            }
        }
    }
}
