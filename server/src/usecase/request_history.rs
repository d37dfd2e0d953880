//! What surrounds the present revision of a request: the revisions before it with what each one
//! changed, the decisions that no longer count, and what was asked together with it.

use super::Base;
use super::error::UseCaseError;
use super::stage_views;
use super::work::Work;
use crate::store;
use crate::store::people::FoundRow;
use crate::store::revisions::RevisionRow;
use app::requests::draft_port::{Difference, MadeLine};
use app::requests::port::RevisionLine;
use app::when::{When, day};
use domain::id::RequestId;
use domain::question::{Answer, QuestionKind};

/// Questions with their answers in words.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn answers(work: &mut Work<'_>, answers: &[Answer]) -> Result<Vec<(String, String)>, UseCaseError> {
    let mut lines = Vec::new();
    for answer in answers {
        let words = match (answer.kind, answer.value.parse()) {
            (QuestionKind::Person, Ok(person)) => store::subjects::name(work.conn(), person).await?.unwrap_or_default(),
            (QuestionKind::Date, _) => answer.value.parse().map_or_else(|_| answer.value.clone(), day),
            _ => answer.value.clone(),
        };
        lines.push((answer.label.clone(), words));
    }
    Ok(lines)
}

/// The other requests of the same submission.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn together(work: &mut Work<'_>, id: RequestId) -> Result<Vec<MadeLine>, UseCaseError> {
    let rows = store::submissions::siblings(work.conn(), id).await?;
    Ok(rows.into_iter().map(|row| MadeLine { id: row.id, number: row.number, name: row.name, state: row.state }).collect())
}

/// Every revision, newest first.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn revisions(work: &mut Work<'_>, base: &Base, id: RequestId, current: i32) -> Result<Vec<RevisionLine>, UseCaseError> {
    let mut lines = Vec::new();
    let mut before: Option<Vec<Field>> = None;
    for revision in 1..=current {
        let row = store::revisions::find(work.conn(), id, revision).await?;
        let after = fields(work, id, revision, &row).await?;
        let void = if revision < current { decided(work, base, id, revision).await? } else { vec![] };
        lines.push(RevisionLine {
            revision,
            at: When::new(row.submitted_at, &base.zone),
            by: row.submitted_by,
            differences: before.map(|before| differences(&before, &after)).unwrap_or_default(),
            void,
        });
        before = Some(after);
    }
    lines.reverse();
    Ok(lines)
}

/// What differs between two revisions.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn between(work: &mut Work<'_>, id: RequestId, then: i32, now: i32) -> Result<Vec<Difference>, UseCaseError> {
    let before = store::revisions::find(work.conn(), id, then).await?;
    let before = fields(work, id, then, &before).await?;
    let after = store::revisions::find(work.conn(), id, now).await?;
    let after = fields(work, id, now, &after).await?;
    Ok(differences(&before, &after))
}

async fn decided(
    work: &mut Work<'_>,
    base: &Base,
    id: RequestId,
    revision: i32,
) -> Result<Vec<(String, app::requests::port::DecisionView)>, UseCaseError> {
    let stages = stage_views::of_revision(work, base, id, revision).await?;
    Ok(stages.into_iter().flat_map(|stage| stage.decisions.into_iter().map(move |decision| (stage.name.clone(), decision))).collect())
}

/// A field of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    /// The question that it answers: another one, or a field that every request has, can have the
    /// same words.
    question: Option<String>,
    /// What it is called.
    label: String,
    /// What stands in it.
    value: Value,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    /// In words.
    Words(String),
    /// Somebody; another may have the same name.
    Person(FoundRow),
    /// Name and hash of each file.
    Files(Vec<(String, String)>),
}

impl Field {
    /// A field that every request has.
    fn new(label: &str, words: impl Into<String>) -> Self {
        Self { question: None, label: label.to_owned(), value: Value::Words(words.into()) }
    }

    /// What stands in the same field of another revision.
    fn value_in<'a>(&self, fields: &'a [Self]) -> Option<&'a Value> {
        fields.iter().find(|field| field.question == self.question && field.label == self.label).map(|field| &field.value)
    }
}

/// A revision as fields: everything that an edit can change, and what it pins.
async fn fields(work: &mut Work<'_>, id: RequestId, revision: i32, row: &RevisionRow) -> Result<Vec<Field>, UseCaseError> {
    let mut fields = vec![
        Field::new("Reason", row.reason.label()),
        Field::new("Why is it needed", row.justification.as_str()),
        Field::new("From", day(row.starts_on)),
        Field::new("Until", row.ends_on.map_or_else(|| "No end".to_owned(), day)),
    ];
    let answered = answers(work, &row.answers).await?;
    for (answer, (label, words)) in row.answers.iter().zip(answered) {
        let person = match (answer.kind, answer.value.parse()) {
            (QuestionKind::Person, Ok(person)) => store::people::by_id(work.conn(), person).await?,
            _ => None,
        };
        let value = person.map_or(Value::Words(words), Value::Person);
        fields.push(Field { question: Some(answer.id.clone()), label, value });
    }
    let files = store::attachments::of_request(work.conn(), id, revision).await?;
    let files = files.into_iter().map(|file| (file.name, file.sha256)).collect();
    fields.push(Field { question: None, label: "Files".to_owned(), value: Value::Files(files) });
    for item in store::revisions::items(work.conn(), id, revision).await? {
        fields.push(Field::new("Version of the entitlement", format!("{}, {}", item.card.version, item.card.tier.label())));
    }
    fields.push(Field::new("Specification", format!("{}, version {}", row.population.label(), row.specification_version)));
    let plan = row.plan.as_ref().map(|(code, version)| format!("{code}, version {version}"));
    fields.push(Field::new("Approval plan", plan.unwrap_or_default()));
    Ok(fields)
}

/// Fields that differ, in the order of the later one; what only the earlier one has comes last.
fn differences(before: &[Field], after: &[Field]) -> Vec<Difference> {
    let gone = before.iter().filter(|field| field.value_in(after).is_none());
    after
        .iter()
        .chain(gone)
        .map(|field| (field, field.value_in(before), field.value_in(after)))
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| Difference { field: field.label.clone(), before: said(before, after), after: said(after, before) })
        .collect()
}

/// What stands in a field, beside what stands there in the other revision.
fn said(value: Option<&Value>, other: Option<&Value>) -> String {
    match (value, other) {
        (Some(Value::Words(words)), _) => words.clone(),
        (Some(Value::Person(person)), Some(Value::Person(other))) if other.name == person.name => {
            format!("{} ({})", person.name, person.number)
        }
        (Some(Value::Person(person)), _) => person.name.clone(),
        (Some(Value::Files(files)), Some(Value::Files(others))) => file_names(files, others),
        (Some(Value::Files(files)), _) => file_names(files, &[]),
        (None, _) => String::new(),
    }
}

/// Names of files. One that stands for other content as well, in this revision or the other, comes
/// with the beginning of its hash.
fn file_names(files: &[(String, String)], others: &[(String, String)]) -> String {
    let named = |(name, hash): &(String, String)| {
        let shared = files.iter().chain(others).any(|(other, content)| other == name && content != hash);
        if shared { format!("{name} ({})", hash.get(..8).unwrap_or(hash)) } else { name.clone() }
    };
    files.iter().map(named).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::IdentityId;
    use jiff::Timestamp;

    fn lines(before: &[Field], after: &[Field]) -> Vec<(String, String, String)> {
        differences(before, after).into_iter().map(|line| (line.field, line.before, line.after)).collect()
    }

    fn line(field: &str, before: &str, after: &str) -> (String, String, String) {
        (field.to_owned(), before.to_owned(), after.to_owned())
    }

    #[test]
    fn fields_that_came_and_went_are_differences_too() {
        let fields = |pairs: &[(&str, &str)]| pairs.iter().map(|(label, words)| Field::new(label, *words)).collect::<Vec<_>>();
        let found = lines(
            &fields(&[("Until", "1"), ("Region", "North"), ("Reason", "x")]),
            &fields(&[("Until", "2"), ("Reason", "x"), ("Team", "Red")]),
        );
        assert_eq!(found, [line("Until", "1", "2"), line("Team", "", "Red"), line("Region", "North", "")]);
    }

    #[test]
    fn a_question_is_told_apart_from_a_field_and_from_another_question_with_the_same_words() {
        let revision = |until: &str, first: &str, second: &str| {
            let answer = |id: &str, label: &str, words: &str| Field { question: Some(id.to_owned()), ..Field::new(label, words) };
            [Field::new("Until", "1"), answer("until", "Until", until), answer("a", "Comment", first), answer("b", "Comment", second)]
        };
        let before = revision("2", "x", "y");
        assert_eq!(lines(&before, &revision("2", "x", "z")), [line("Comment", "y", "z")]);
        assert_eq!(lines(&before, &revision("3", "x", "y")), [line("Until", "2", "3")]);
        assert_eq!(lines(&before, &revision("2", "y", "x")), [line("Comment", "x", "y"), line("Comment", "y", "x")]);
        assert!(lines(&before, &before).is_empty());
    }

    #[test]
    fn another_person_of_the_same_name_is_told_apart_by_the_number() {
        let answer = |name: &str, number: u8| {
            let id = IdentityId::new(Timestamp::UNIX_EPOCH, [number; 10]);
            let person = FoundRow { id, name: name.to_owned(), number: format!("N{number}"), title: "Clerk".to_owned() };
            [Field { question: Some("deputy".to_owned()), value: Value::Person(person), ..Field::new("Who stands in?", "") }]
        };
        for (before, after, expected) in [
            (("Sam Example", 1), ("Sam Example", 2), ("Sam Example (N1)", "Sam Example (N2)")),
            (("Sam Example", 1), ("Kim Example", 2), ("Sam Example", "Kim Example")),
        ] {
            assert_eq!(lines(&answer(before.0, before.1), &answer(after.0, after.1)), [line("Who stands in?", expected.0, expected.1)]);
        }
        assert_eq!(lines(&answer("Sam Example", 1), &[]), [line("Who stands in?", "Sam Example", "")]);
        assert!(lines(&answer("Sam Example", 1), &answer("Sam Example", 1)).is_empty());
    }

    #[test]
    fn a_file_of_the_same_name_with_other_content_is_another_file() {
        let files = |files: &[(&str, &str)]| {
            let files = files.iter().map(|(name, hash)| ((*name).to_owned(), format!("{hash}{}", "0".repeat(56)))).collect();
            [Field { question: None, label: "Files".to_owned(), value: Value::Files(files) }]
        };
        let (old, new) = (("order.pdf", "aaaaaaaa"), ("order.pdf", "bbbbbbbb"));
        let plan = ("plan.pdf", "cccccccc");
        for (before, after, expected) in [
            (&[old, plan][..], &[plan, new][..], ("order.pdf (aaaaaaaa), plan.pdf", "plan.pdf, order.pdf (bbbbbbbb)")),
            (&[old], &[old, new], ("order.pdf (aaaaaaaa)", "order.pdf (aaaaaaaa), order.pdf (bbbbbbbb)")),
            (&[old, new], &[new], ("order.pdf (aaaaaaaa), order.pdf (bbbbbbbb)", "order.pdf (bbbbbbbb)")),
            (&[old], &[old, plan], ("order.pdf", "order.pdf, plan.pdf")),
            (&[old], &[], ("order.pdf", "")),
        ] {
            assert_eq!(lines(&files(before), &files(after)), [line("Files", expected.0, expected.1)]);
        }
        assert!(lines(&files(&[old, plan]), &files(&[old, plan])).is_empty());
    }
}
