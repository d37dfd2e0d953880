//! Approval plans: for whom, and the stages that decide.

use super::field::{FieldSpec, Names, Shape, Typed, options_or, states};
use super::form::Form;
use crate::approval::{ApproverSource, PlanStage, check_stages};
use crate::catalogue::RiskTier;
use crate::identity::Population;

const STAGES: &str = "One a line: step | name | who | quorum 1 | fallback who | due 16 | remind 8 | escalate 24 to who. \
    Stages of one step are asked together; hours are working hours. Who: line_manager, managers_manager, application_owner, \
    application_deputy, owners_manager, group:code, separated by commas.";

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("code", "Code", Shape::Line(41), "2 to 41 lower-case letters, digits, _ and -. Never changed afterwards.")
        .required()
        .fixed()
        .always(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required().always(),
    FieldSpec::new(
        "tier",
        "For the tier",
        Shape::One(options_or!("Any", RiskTier)),
        "The most specific plan applies: application before population before tier.",
    )
    .always(),
    FieldSpec::new("population", "For the population", Shape::One(options_or!("Any", Population)), "Whose access it is about.").always(),
    FieldSpec::new("application", "For the application", Shape::Line(60), "Its code. Empty: any.")
        .empty_means("any")
        .always()
        .naming(Names::Applications),
    FieldSpec::new("stages", "Stages", Shape::Lines(8_000, 5), STAGES).required().always(),
    FieldSpec::new("state", "State", Shape::One(states), "A retired plan applies to no new request.").required().always(),
];

/// An approval plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanBody {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Only for this tier.
    pub tier: Option<RiskTier>,
    /// Only for this population.
    pub population: Option<Population>,
    /// Only for the application with this code.
    pub application: Option<String>,
    /// Its stages.
    pub stages: Vec<PlanStage>,
    /// It is in use.
    pub active: bool,
}

impl PlanBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        Self {
            code: form.code("code"),
            name: form.name("name"),
            tier: form.optional_word("tier"),
            population: form.optional_word("population"),
            application: Some(form.identifier("application")).filter(|code| !code.is_empty()),
            stages: read_stages(form, "stages"),
            active: form.active("state"),
        }
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("tier", self.tier.map(|tier| tier.word().to_owned()).unwrap_or_default()),
            ("population", self.population.map(|population| population.word().to_owned()).unwrap_or_default()),
            ("application", self.application.clone().unwrap_or_default()),
            ("stages", stage_lines(&self.stages)),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    /// Codes of the groups it asks, each with the stage that does (counted from 1).
    pub(super) fn groups(&self) -> Vec<(usize, String)> {
        let of = |(at, stage): (usize, &PlanStage)| {
            let all = stage.sources.iter().chain(&stage.fallback).chain(&stage.escalate_to);
            all.filter_map(|source| source.group().map(|code| (at + 1, code.to_owned()))).collect::<Vec<_>>()
        };
        self.stages.iter().enumerate().flat_map(of).collect()
    }

    /// Stages (counted from 1) whose quorum can never be met with groups of these sizes.
    #[must_use]
    pub fn beyond_reach(&self, members: impl Fn(&str) -> usize) -> Vec<usize> {
        let most = |stage: &PlanStage| {
            let mut sources: Vec<&ApproverSource> = stage.sources.iter().chain(&stage.fallback).collect();
            sources.sort();
            sources.dedup();
            sources.into_iter().map(|source| source.group().map_or(1, &members)).sum::<usize>()
        };
        self.stages
            .iter()
            .enumerate()
            .filter(|(_, stage)| usize::try_from(stage.quorum).is_ok_and(|quorum| quorum > most(stage)))
            .map(|(at, _)| at + 1)
            .collect()
    }
}

fn sources(list: &[ApproverSource]) -> String {
    list.iter().map(ApproverSource::word).collect::<Vec<_>>().join(", ")
}

/// Stages as lines of a form.
#[must_use]
pub fn stage_lines(stages: &[PlanStage]) -> String {
    let line = |stage: &PlanStage| {
        let mut parts = vec![stage.step.to_string(), stage.name.clone(), sources(&stage.sources), format!("quorum {}", stage.quorum)];
        if !stage.fallback.is_empty() {
            parts.push(format!("fallback {}", sources(&stage.fallback)));
        }
        parts.push(format!("due {}", stage.due_hours));
        parts.extend(stage.remind_hours.map(|hours| format!("remind {hours}")));
        parts.extend(stage.escalate_hours.map(|hours| {
            if stage.escalate_to.is_empty() {
                format!("escalate {hours}")
            } else {
                format!("escalate {hours} to {}", sources(&stage.escalate_to))
            }
        }));
        parts.join(" | ")
    };
    stages.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Reads stages from the lines of a field.
pub fn read_stages(form: &mut Form<'_>, field: &str) -> Vec<PlanStage> {
    let mut stages = Vec::new();
    let mut readable = true;
    for (at, line) in form.lines(field) {
        match read_stage(&line) {
            Ok(stage) => {
                // By itself each stage is the first; the order of steps is looked at in the whole.
                for error in check_stages(&[PlanStage { step: 1, ..stage.clone() }]) {
                    form.refuse_line(field, &error.code, at, error.message);
                }
                stages.push(stage);
            }
            Err(code) => {
                readable = false;
                form.refuse_line(field, code, at, STAGES);
            }
        }
    }
    if readable && !stages.is_empty() {
        for error in check_stages(&stages).into_iter().filter(|error| ["count", "step"].contains(&error.code.as_str())) {
            form.refuse(field, &error.code, error.message);
        }
    }
    stages
}

fn read_stage(line: &str) -> Result<PlanStage, &'static str> {
    let mut parts = line.split('|').map(str::trim);
    let (Some(step), Some(name), Some(who)) = (parts.next(), parts.next(), parts.next()) else { return Err("not_a_stage") };
    let mut stage = PlanStage {
        step: number(step)?,
        // In a page two spaces look like one.
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        sources: read_sources(who)?,
        quorum: 1,
        fallback: vec![],
        due_hours: 0,
        remind_hours: None,
        escalate_hours: None,
        escalate_to: vec![],
    };
    for part in parts {
        let (word, rest) = part.split_once(char::is_whitespace).map_or((part, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "quorum" => stage.quorum = number(rest)?,
            "fallback" => stage.fallback = read_sources(rest)?,
            "due" => stage.due_hours = number(rest)?,
            "remind" => stage.remind_hours = Some(number(rest)?),
            "escalate" => {
                let (hours, to) = match rest.strip_prefix("to ") {
                    Some(to) => ("", Some(to)),
                    None => rest.split_once(" to ").map_or((rest, None), |(hours, to)| (hours.trim(), Some(to))),
                };
                // A target without hours is refused with the stage as a whole, as hours without a target are.
                stage.escalate_hours = if hours.is_empty() && to.is_some() { None } else { Some(number(hours)?) };
                stage.escalate_to = to.map(read_sources).transpose()?.unwrap_or_default();
            }
            _ => return Err("not_a_stage"),
        }
    }
    Ok(stage)
}

fn number(text: &str) -> Result<i32, &'static str> {
    text.parse().map_err(|_| "not_a_number")
}

fn read_sources(text: &str) -> Result<Vec<ApproverSource>, &'static str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| word.parse().map_err(|_| "unknown_source")).collect()
}
