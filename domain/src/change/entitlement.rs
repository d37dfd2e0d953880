//! Entitlements: tier, limits, who may ask for them and what is asked in return, and what they
//! include.

use super::field::{FieldSpec, Names, Shape, Typed, options, states, yes_no};
use super::form::Form;
use crate::catalogue::RiskTier;
use crate::identity::Population;
use crate::question::{Question, QuestionKind, check};
use crate::words::UnknownWord;

/// Privileged access is held for at most this many days at a time.
pub const LONGEST_PRIVILEGED_DAYS: i32 = 30;
/// Most entitlements that one includes by itself.
const MOST_INCLUDED: usize = 50;
/// Most units of an audience.
pub(super) const MOST_UNITS: usize = 200;

const QUESTIONS_HINT: &str = "One a line: id | question | kind | required, for example \
    “stage | Which environment | choice | required | options Test; Production | help As in the portal”. \
    Kinds: text, choice, date, person, number. Limits: least 1, most 10.";

pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::new("application", "Application", Shape::Line(60), "Code of the application it belongs to; never changed afterwards.")
        .required()
        .fixed()
        .naming(Names::Applications),
    FieldSpec::new("source_id", "Identifier", Shape::Line(100), "Letters, digits and . _ - : without spaces; never changed afterwards.")
        .required()
        .fixed(),
    FieldSpec::new("name", "Name", Shape::Line(200), "Up to 200 characters.").required(),
    FieldSpec::new("description", "Description", Shape::Lines(4_000, 4), "What it allows, in words that an approver understands."),
    FieldSpec::new("tier", "Risk tier", Shape::One(options!(RiskTier)), "How much harm it can do.").required().always(),
    FieldSpec::new("tier_reason", "Why this tier", Shape::Lines(2_000, 2), "It stands in the list of versions.").required().when_weaker(),
    FieldSpec::new(
        "longest_days",
        "Longest time in days",
        Shape::Number(1, 3_660),
        "Empty means no limit; privileged access is held for at most 30 days.",
    )
    .empty_means("no limit")
    .always(),
    FieldSpec::new("review_every_days", "Days between reviews", Shape::Number(1, 730), "1 to 730.").required().always(),
    FieldSpec::new("requestable", "Can be asked for", Shape::One(yes_no), "Whether it may be asked for at all.").required().when_weaker(),
    FieldSpec::new(
        "state",
        "State",
        Shape::One(states),
        "A retired entitlement can no longer be asked for; who holds it keeps it to the end.",
    )
    .required()
    .when_weaker(),
    FieldSpec::new("audience_populations", "Who may ask: populations", Shape::Any(options!(Population)), "None chosen means all.")
        .empty_means("everyone")
        .when_weaker(),
    FieldSpec::new("audience_units", "Who may ask: units", Shape::Lines(20_000, 3), "Names of units, one a line. Empty means all.")
        .empty_means("everyone")
        .when_weaker()
        .naming(Names::Units)
        .a_set(),
    FieldSpec::new("questions", "Questions", Shape::Lines(20_000, 4), QUESTIONS_HINT).when_weaker(),
    FieldSpec::new("includes", "Includes", Shape::Lines(8_000, 3), "Identifiers of the entitlements it gives as well, one a line; none of a higher tier. For one of another application its owner has a say.")
        .always()
        .naming(Names::Entitlements)
        .a_set(),
    FieldSpec::new(
        "reference",
        "What it is called over there",
        Shape::Line(500),
        "The group or role that the connection of the application gives and takes. Empty means the name as it is now; another name later changes nothing over there.",
    )
    .empty_means("its name")
    .always(),
];

/// An entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementBody {
    /// Code of its application.
    pub application: String,
    /// Its id in the source.
    pub source_id: String,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub description: String,
    /// Its tier.
    pub tier: RiskTier,
    /// Why.
    pub tier_reason: String,
    /// Longest time it is held at a time, in days.
    pub longest_days: Option<i32>,
    /// Days between reviews.
    pub review_every_days: i32,
    /// It can be asked for.
    pub requestable: bool,
    /// It is in use.
    pub active: bool,
    /// Populations that may ask; none means all.
    pub audience_populations: Vec<Population>,
    /// Units whose people may ask; none means all.
    pub audience_units: Vec<String>,
    /// What is asked of whoever wants it.
    pub questions: Vec<Question>,
    /// Ids of what it gives as well.
    pub includes: Vec<String>,
    /// What it is called in the machine that gives it. Left empty it is the name of that moment: what
    /// is given never follows another name, which needs nobody else.
    pub reference: String,
}

impl EntitlementBody {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let questions = read_questions(form, "questions");
        let (name, reference) = (form.name("name"), form.text("reference"));
        let body = Self {
            application: form.identifier("application"),
            source_id: form.identifier("source_id"),
            reference: if reference.is_empty() { name.clone() } else { reference },
            name,
            description: form.text("description"),
            tier: form.word("tier", RiskTier::Standard),
            tier_reason: form.text("tier_reason"),
            longest_days: form.number("longest_days"),
            review_every_days: form.number("review_every_days").unwrap_or(1),
            requestable: form.yes("requestable"),
            active: form.active("state"),
            audience_populations: form.words("audience_populations"),
            audience_units: form.list("audience_units", MOST_UNITS),
            questions,
            includes: form.list("includes", MOST_INCLUDED),
        };
        if body.tier == RiskTier::Privileged && body.longest_days.is_none_or(|days| days > LONGEST_PRIVILEGED_DAYS) {
            form.refuse(
                "longest_days",
                "privileged_limit",
                format!("Privileged access is held for at most {LONGEST_PRIVILEGED_DAYS} days at a time."),
            );
        }
        if body.includes.contains(&body.source_id) {
            form.refuse("includes", "cycle", "An entitlement cannot include itself, not even through others.");
        }
        body
    }

    pub(super) fn text(&self) -> Typed {
        [
            ("application", self.application.clone()),
            ("source_id", self.source_id.clone()),
            ("name", self.name.clone()),
            ("description", self.description.clone()),
            ("tier", self.tier.word().to_owned()),
            ("tier_reason", self.tier_reason.clone()),
            ("longest_days", self.longest_days.map(|days| days.to_string()).unwrap_or_default()),
            ("review_every_days", self.review_every_days.to_string()),
            ("requestable", if self.requestable { "yes" } else { "no" }.to_owned()),
            ("state", if self.active { "active" } else { "retired" }.to_owned()),
            ("audience_populations", words(&self.audience_populations)),
            ("audience_units", self.audience_units.join("\n")),
            ("questions", question_lines(&self.questions)),
            ("includes", self.includes.join("\n")),
            ("reference", self.reference.clone()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    /// Another reason for another tier, open to more people, asking less, or in use again. A new one
    /// is measured against nothing at all, so that making it possible to ask is what weakens.
    pub(super) fn weaker(&self, field: &str, before: Option<&Self>) -> bool {
        match (field, before) {
            ("tier_reason", Some(before)) => self.tier != before.tier && self.tier_reason != before.tier_reason,
            ("requestable", before) => self.requestable && before.is_none_or(|before| !before.requestable),
            ("state", before) => self.active && before.is_none_or(|before| !before.active),
            ("audience_populations", Some(before)) => is_wider(&before.audience_populations, &self.audience_populations),
            ("audience_units", Some(before)) => is_wider(&before.audience_units, &self.audience_units),
            ("questions", Some(before)) => asks_less(&before.questions, &self.questions),
            _ => false,
        }
    }
}

/// The words of values, separated by spaces.
pub(super) fn words(populations: &[Population]) -> String {
    populations.iter().map(|population| population.word()).collect::<Vec<_>>().join(" ")
}

/// Whether an audience lets in somebody whom the one before did not; an empty one lets in everybody.
pub(super) fn is_wider<T: PartialEq>(before: &[T], after: &[T]) -> bool {
    !before.is_empty() && (after.is_empty() || after.iter().any(|one| !before.contains(one)))
}

/// Whether a question is gone, is of another kind, need no longer be answered, or takes answers that
/// it did not take before. What has to be answered is asked in the words that were agreed on: others
/// could ask for nothing any more.
fn asks_less(before: &[Question], after: &[Question]) -> bool {
    let easier = |was: &Question, now: &Question| {
        let ((was_least, was_most), (least, most)) = (was.limits(), now.limits());
        now.kind != was.kind
            || (was.required && (!now.required || now.label != was.label || now.help != was.help))
            || least < was_least
            || most > was_most
            || (was.kind == QuestionKind::Choice && now.options.iter().any(|option| !was.options.contains(option)))
    };
    before.iter().any(|was| after.iter().find(|now| now.id == was.id).is_none_or(|now| easier(was, now)))
}

/// Questions as lines of a form.
#[must_use]
pub fn question_lines(questions: &[Question]) -> String {
    let line = |question: &Question| {
        let mut parts = vec![
            question.id.clone(),
            question.label.clone(),
            question.kind.word().to_owned(),
            if question.required { "required" } else { "optional" }.to_owned(),
        ];
        if !question.options.is_empty() {
            parts.push(format!("options {}", question.options.join("; ")));
        }
        parts.extend(question.least.map(|least| format!("least {least}")));
        parts.extend(question.most.map(|most| format!("most {most}")));
        if !question.help.is_empty() {
            parts.push(format!("help {}", question.help));
        }
        parts.join(" | ")
    };
    questions.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Reads questions from the lines of a field.
pub fn read_questions(form: &mut Form<'_>, field: &str) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for (at, line) in form.lines(field) {
        match read_question(&line) {
            Ok(question) => {
                for error in check(field, std::slice::from_ref(&question)).err().unwrap_or_default() {
                    form.refuse_line(field, &error.code, at, error.message);
                }
                if questions.iter().any(|earlier| earlier.is_worded_like(&question)) {
                    form.refuse_line(field, "same_words", at, "A question before it has the same words.");
                }
                questions.push(question);
            }
            Err(code) => form.refuse_line(field, code, at, QUESTIONS_HINT),
        }
    }
    // What only shows in the whole list: too many, or the same id twice.
    for error in
        check(field, &questions).err().unwrap_or_default().into_iter().filter(|error| ["too_many", "twice"].contains(&error.code.as_str()))
    {
        form.refuse(field, &error.code, error.message);
    }
    questions
}

/// In a page two spaces look like one.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_question(line: &str) -> Result<Question, &'static str> {
    let mut parts = line.split('|').map(str::trim);
    let (Some(id), Some(label), Some(kind)) = (parts.next(), parts.next(), parts.next()) else { return Err("not_a_question") };
    let kind: QuestionKind = kind.parse().map_err(|_: UnknownWord| "unknown_kind")?;
    let mut question = Question {
        id: id.to_owned(),
        label: single_spaced(label),
        kind,
        required: false,
        options: vec![],
        most: None,
        least: None,
        help: String::new(),
    };
    for part in parts {
        let (word, rest) = part.split_once(char::is_whitespace).map_or((part, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "required" | "optional" if rest.is_empty() => question.required = word == "required",
            "options" => question.options = rest.split(';').map(single_spaced).filter(|option| !option.is_empty()).collect(),
            "least" => question.least = Some(rest.parse().map_err(|_| "not_a_number")?),
            "most" => question.most = Some(rest.parse().map_err(|_| "not_a_number")?),
            "help" => question.help = rest.to_owned(),
            _ => return Err("not_a_question"),
        }
    }
    Ok(question)
}
