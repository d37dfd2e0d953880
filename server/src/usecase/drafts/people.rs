//! People at the fields of a form: for whom it asks and for whom somebody may ask, and who is meant by
//! an answer. A few are offered as a list; many are looked for by name or number.

use crate::store;
use crate::store::people::FoundRow;
use crate::store::subjects::SubjectLine;
use crate::usecase::authorise::require;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::record::PersonRef;
use app::requests::draft_port::{PeopleFound, PersonFound};
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::error::FieldError;
use domain::id::IdentityId;
use domain::permission::{Action, Relation};

/// Most that are offered as a list to choose from.
const MOST_OFFERED: i64 = 50;
/// Most that are shown of those found.
const MOST_FOUND: i64 = 10;
/// Most characters that are looked for; nobody's name or address is longer.
const LONGEST: usize = 254;

/// For whom a draft asks, as far as its owner may ask for them.
pub(super) struct Subject {
    /// Who.
    pub person: PersonRef,
    /// The caller asks for somebody else.
    pub on_behalf: bool,
}

/// Who is meant by the subject of a form, when the caller may ask for them; otherwise what is wrong
/// at the field, the same for a stranger and for nobody.
pub(super) async fn subject(work: &mut Work<'_>, caller: &Caller, form: &BasketForm) -> Result<Result<Subject, FieldError>, UseCaseError> {
    let refused = || {
        FieldError::new(
            "subject",
            "not_yours",
            "You can ask for yourself, for who reports to you, and for accounts that you answer for: choose one of them.",
        )
    };
    let typed = form.subject.trim();
    let id = if typed.is_empty() { Ok(caller.identity) } else { typed.parse::<IdentityId>() };
    let Ok(id) = id else { return Ok(Err(refused())) };
    let relations = store::subjects::relations(work.conn(), id, caller.identity).await?;
    if require(caller, Action::SubmitRequest, &relations).is_err() {
        return Ok(Err(refused()));
    }
    let name = store::subjects::name(work.conn(), id).await?.unwrap_or_default();
    Ok(Ok(Subject { person: PersonRef { id, name }, on_behalf: id != caller.identity }))
}

/// For whom the caller may ask.
pub(super) struct ForWhom {
    /// Everybody, as value and words; empty where there are too many.
    pub subjects: Vec<(String, String)>,
    /// How many there are.
    pub total: i64,
    /// Where there are many: those found by what was typed.
    pub found: Option<PeopleFound>,
}

/// Reads for whom the caller may ask; `typed` is what they look for where there are many.
pub(super) async fn for_whom(work: &mut Work<'_>, caller: &Caller, typed: &str) -> Result<ForWhom, UseCaseError> {
    let (all, total) = store::subjects::of(work.conn(), caller.identity, "", MOST_OFFERED).await?;
    if total <= MOST_OFFERED {
        return Ok(ForWhom { subjects: all.into_iter().map(choice).collect(), total, found: None });
    }
    let Some(typed) = looked_for(typed) else {
        return Ok(ForWhom { subjects: vec![], total, found: Some(PeopleFound::default()) });
    };
    let (lines, found) = store::subjects::of(work.conn(), caller.identity, typed, MOST_FOUND).await?;
    let people = lines
        .into_iter()
        .map(|line| {
            let own = if line.relation == Relation::Subject { "myself" } else { "" };
            PersonFound { value: line.id.to_string(), name: line.name, what: joined(&[own, &line.title, &line.number]) }
        })
        .collect();
    Ok(ForWhom { subjects: vec![], total, found: Some(PeopleFound { chosen: None, looked: true, people, total: found }) })
}

fn choice(line: SubjectLine) -> (String, String) {
    let what = if line.account { &line.number } else { &line.title };
    let words = match line.relation {
        Relation::Subject => format!("{} (myself)", line.name),
        _ if what.is_empty() => line.name,
        _ => format!("{}, {what}", line.name),
    };
    (line.id.to_string(), words)
}

/// Who is meant by an answer, or who could be.
pub(super) async fn meant(work: &mut Work<'_>, typed: &str) -> Result<PeopleFound, UseCaseError> {
    let Some(typed) = looked_for(typed) else { return Ok(PeopleFound::default()) };
    if let Some(one) = store::people::meant(work.conn(), typed).await? {
        let who = joined(&[&one.name, &one.title, &one.number]);
        return Ok(PeopleFound { chosen: Some(who), looked: true, people: vec![], total: 1 });
    }
    let (rows, total) = store::people::find(work.conn(), typed, MOST_FOUND).await?;
    let people = rows
        .into_iter()
        .map(|FoundRow { name, number, title, .. }| PersonFound { what: joined(&[&title, &number]), value: number, name })
        .collect();
    Ok(PeopleFound { chosen: None, looked: true, people, total })
}

/// The one who is meant by an answer.
pub(super) async fn answer(work: &mut Work<'_>, typed: &str) -> Result<Option<IdentityId>, UseCaseError> {
    let Some(typed) = looked_for(typed) else { return Ok(None) };
    Ok(store::people::meant(work.conn(), typed).await?.map(|one| one.id))
}

/// What can be looked for; text that nobody is called, and that the database would not take, is not.
fn looked_for(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    let length = typed.chars().count();
    ((1..=LONGEST).contains(&length) && !typed.contains('\0')).then_some(typed)
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}
