//! What surrounds the present revision of a request: the revisions before it with what each one
//! changed, the decisions that no longer count, and what was asked together with it.

use super::Base;
use super::error::UseCaseError;
use super::stage_views;
use super::work::Work;
use crate::store;
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
    let mut before: Option<Vec<(String, String)>> = None;
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

/// A revision as fields in words: everything that an edit can change, and what it pins.
async fn fields(work: &mut Work<'_>, id: RequestId, revision: i32, row: &RevisionRow) -> Result<Vec<(String, String)>, UseCaseError> {
    let mut fields = vec![
        ("Reason".to_owned(), row.reason.label().to_owned()),
        ("Why is it needed".to_owned(), row.justification.clone()),
        ("From".to_owned(), day(row.starts_on)),
        ("Until".to_owned(), row.ends_on.map_or_else(|| "No end".to_owned(), day)),
    ];
    fields.extend(answers(work, &row.answers).await?);
    let files = store::revisions::file_names(work.conn(), id, revision).await?;
    fields.push(("Files".to_owned(), files.join(", ")));
    for item in store::revisions::items(work.conn(), id, revision).await? {
        fields.push(("Version of the entitlement".to_owned(), format!("{}, {}", item.card.version, item.card.tier.label())));
    }
    fields.push(("Specification".to_owned(), format!("{}, version {}", row.population.label(), row.specification_version)));
    let plan = row.plan.as_ref().map(|(code, version)| format!("{code}, version {version}"));
    fields.push(("Approval plan".to_owned(), plan.unwrap_or_default()));
    Ok(fields)
}

/// Fields that differ, in the order of the later one; what only the earlier one has comes last.
fn differences(before: &[(String, String)], after: &[(String, String)]) -> Vec<Difference> {
    let value = |fields: &[(String, String)], name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let gone = before.iter().filter(|(field, _)| value(after, field).is_none()).map(|(field, _)| field);
    after
        .iter()
        .map(|(field, _)| field)
        .chain(gone)
        .map(|field| Difference {
            field: field.clone(),
            before: value(before, field).unwrap_or_default(),
            after: value(after, field).unwrap_or_default(),
        })
        .filter(|difference| difference.before != difference.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_came_and_went_are_differences_too() {
        let fields = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let found = differences(
            &fields(&[("Until", "1"), ("Region", "North"), ("Reason", "x")]),
            &fields(&[("Until", "2"), ("Reason", "x"), ("Team", "Red")]),
        );
        let lines: Vec<_> = found.iter().map(|d| (d.field.as_str(), d.before.as_str(), d.after.as_str())).collect();
        assert_eq!(lines, [("Until", "1", "2"), ("Team", "", "Red"), ("Region", "North", "")]);
    }
}
