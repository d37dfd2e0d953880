//! Finding anything by a few letters: pages, people, entitlements, requests, and records by their
//! number. Only what the caller may read is found; the table of permissions says what that is, here
//! as on the pages themselves.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use super::{changes, search_words};
use crate::store;
use app::error::AppError;
use app::palette::port::{Finding, Found, LONGEST, SHORTEST};
use app::paths;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::permission::{Action, Relation, permitted};
use domain::time::today;

/// Most lines in all.
const MOST: usize = 20;
/// Most lines of one kind.
const OF_A_KIND: i64 = 6;

/// A page that can be found by its name or by words for what is on it.
struct Place {
    title: &'static str,
    hint: &'static str,
    words: &'static str,
    href: &'static str,
    /// What somebody has to be allowed, as an owner where they are one; `None` for pages that
    /// everybody has.
    needs: Option<Action>,
}

const PLACES: &[Place] = &[
    Place { title: "Home", hint: "What waits for me", words: "start overview", href: paths::HOME, needs: None },
    Place { title: "Catalogue", hint: "What can be asked for", words: "entitlements access search", href: paths::CATALOGUE, needs: None },
    Place { title: "Ask for access", hint: "The request form", words: "new request basket draft", href: paths::REQUEST, needs: None },
    Place { title: "Requests", hint: "What I asked for", words: "asked mine", href: paths::REQUESTS, needs: None },
    Place { title: "Inbox", hint: "Decisions that wait for me", words: "approve approvals decide", href: paths::INBOX, needs: None },
    Place { title: "Notifications", hint: "What I was told", words: "bell news messages", href: paths::NOTIFICATIONS, needs: None },
    Place {
        title: "How I am told",
        hint: "In the application and by mail",
        words: "notifications mail preferences settings",
        href: paths::NOTIFICATION_CHOICES,
        needs: None,
    },
    Place { title: "Account", hint: "Sessions and password", words: "sign out preferences settings", href: paths::ACCOUNT, needs: None },
    Place {
        title: "Releases",
        hint: "What is to be carried out",
        words: "operators queue execute",
        href: paths::RELEASES,
        needs: Some(Action::ReadRelease),
    },
    Place {
        title: "Held decisions",
        hint: "Where nobody can decide",
        words: "holds stuck queue",
        href: paths::HOLDS,
        needs: Some(Action::ReadHolds),
    },
    Place {
        title: "Rules",
        hint: "Applications, entitlements, conflicts, templates, specifications, plans, calendars, groups, units",
        words: "edit catalogue versions owners",
        href: paths::RULES,
        needs: Some(Action::ReadChanges),
    },
    Place {
        title: "Changes",
        hint: "What is proposed and in force",
        words: "change queue second person confirm",
        href: paths::CHANGES,
        needs: Some(Action::ReadChanges),
    },
    Place {
        title: "Controls",
        hint: "The gates and their cases",
        words: "policies gates",
        href: paths::CONTROLS,
        needs: Some(Action::ReadControls),
    },
    Place {
        title: "Administration",
        hint: "Roles, jobs, mail, imports",
        words: "admin people roles jobs mail imports",
        href: paths::ADMIN,
        needs: Some(Action::ReadAdministration),
    },
    Place {
        title: "Jobs",
        hint: "What the servers do by themselves, and what failed",
        words: "work tasks queue workers administration",
        href: paths::ADMIN_JOBS,
        needs: Some(Action::ReadJobs),
    },
    Place {
        title: "Connections",
        hint: "How other machines are reached",
        words: "connectors scim webhook machines administration",
        href: paths::CONNECTIONS,
        needs: Some(Action::ReadConnections),
    },
];

/// Finding.
#[derive(Clone)]
pub struct FindingService {
    base: Base,
}

impl FindingService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn look(&self, caller: &Caller, q: &str) -> Result<Vec<Found>, UseCaseError> {
        let typed: String = search_words::without_nul(q.trim()).chars().take(LONGEST).collect();
        let mut found = pages(caller, &typed);
        if typed.chars().count() >= SHORTEST {
            let mut work = Work::read(&self.base).await?;
            store::finding::tolerate_typos(work.conn()).await?;
            let number = number(&typed, today(work.now(), &self.base.zone).year());
            let (mut exact, asked) = requests(&mut work, caller, &number, &typed).await?;
            exact.extend(release(&mut work, caller, &number).await?);
            exact.extend(change(&mut work, caller, &number).await?);
            let people = people(&mut work, caller, &typed).await?;
            let entitlements = entitlements(&mut work, caller, &typed).await?;
            work.commit().await?;
            exact.append(&mut found);
            // What is written as typed stands before what only resembles it.
            let (written, alike): (Vec<_>, Vec<_>) = people.into_iter().chain(entitlements).partition(|found| says(&found.title, &typed));
            found = exact.into_iter().chain(written).chain(alike).chain(asked).collect();
        }
        found.truncate(MOST);
        Ok(found)
    }
}

/// Whether a title has every word that was typed.
fn says(title: &str, typed: &str) -> bool {
    let title = title.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| title.contains(word))
}

/// A number as it is written: `req-2026-123` and, for this year, `REQ 123` and `123` mean
/// `REQ-2026-000123`.
fn number(typed: &str, year: i16) -> String {
    let parts: Vec<String> =
        typed.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty()).map(str::to_ascii_uppercase).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (prefix, year, sequence) = match parts.as_slice() {
        [prefix, year, sequence] => (*prefix, year.parse().unwrap_or(0), *sequence),
        [prefix, sequence] => (*prefix, year, *sequence),
        [sequence] => ("REQ", year, *sequence),
        _ => return typed.to_owned(),
    };
    sequence.parse().map_or_else(|_| typed.to_owned(), |sequence| domain::id::human_number(prefix, year, sequence))
}

/// Pages by the beginnings of words in their names; all of them when nothing is typed.
fn pages(caller: &Caller, typed: &str) -> Vec<Found> {
    let typed = typed.to_lowercase();
    let owner: &[Relation] = if caller.applications.is_empty() { &[] } else { &[Relation::ApplicationOwner] };
    let is_there = |place: &Place| {
        let named = format!("{} {} {}", place.title, place.hint, place.words).to_lowercase();
        let mut words = typed.split_whitespace();
        words.all(|typed| named.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(typed)))
    };
    PLACES
        .iter()
        .filter(|place| place.needs.is_none_or(|action| permitted(&caller.roles, action, owner)))
        .filter(|place| is_there(place))
        .map(|place| line("Page", place.title.to_owned(), place.hint.to_owned(), place.href.to_owned()))
        .collect()
}

fn line(kind: &str, title: String, hint: String, href: String) -> Found {
    Found { kind: kind.to_owned(), title, hint, href }
}

async fn people(work: &mut Work<'_>, caller: &Caller, typed: &str) -> Result<Vec<Found>, UseCaseError> {
    let all = permitted(&caller.roles, Action::ReadIdentity, &[]);
    let people = store::finding::people(work.conn(), typed, caller.identity, all, OF_A_KIND).await?;
    Ok(people
        .into_iter()
        .map(|person| {
            let hint = [person.unit, person.source_id].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            line("Person", person.name, hint, paths::identity(person.id))
        })
        .collect())
}

async fn entitlements(work: &mut Work<'_>, caller: &Caller, typed: &str) -> Result<Vec<Found>, UseCaseError> {
    if !permitted(&caller.roles, Action::ReadCatalogue, &[]) {
        return Ok(vec![]);
    }
    // Whoever keeps the rules also finds what is meant for others.
    let all = permitted(&caller.roles, Action::ReadClosedCatalogue, &[]);
    let words = search_words::search(typed).words;
    let rows = store::finding::entitlements(work.conn(), &words, typed, caller.identity, all, OF_A_KIND).await?;
    Ok(rows.into_iter().map(|(id, name, application)| line("Entitlement", name, application, paths::entitlement(id))).collect())
}

/// The request with the number, and the others.
async fn requests(work: &mut Work<'_>, caller: &Caller, number: &str, typed: &str) -> Result<(Vec<Found>, Vec<Found>), UseCaseError> {
    let all = permitted(&caller.roles, Action::ReadRequest, &[Relation::Stranger]);
    let rows = store::finding::requests(work.conn(), number, typed, caller.identity, all, OF_A_KIND).await?;
    let (mut exact, mut others) = (vec![], vec![]);
    for row in rows {
        let named = row.number == number;
        // A number finds any request; whether the caller may know of it is asked here.
        if named && !permitted(&caller.roles, Action::ReadRequest, &store::requests::relations(work.conn(), row.id, caller.identity).await?)
        {
            continue;
        }
        let found = line("Request", row.number, format!("{} · {}", row.entitlement, row.subject), paths::request(row.id));
        if named { exact.push(found) } else { others.push(found) }
    }
    Ok((exact, others))
}

async fn release(work: &mut Work<'_>, caller: &Caller, number: &str) -> Result<Option<Found>, UseCaseError> {
    if !number.starts_with("REL-") || !permitted(&caller.roles, Action::ReadRelease, &[]) {
        return Ok(None);
    }
    let row = store::finding::release(work.conn(), number).await?;
    Ok(row.map(|(id, subject)| line("Release", number.to_owned(), subject, paths::release(id))))
}

async fn change(work: &mut Work<'_>, caller: &Caller, number: &str) -> Result<Option<Found>, UseCaseError> {
    if !number.starts_with("CHG-") {
        return Ok(None);
    }
    let Some((id, record)) = store::finding::change(work.conn(), number).await? else { return Ok(None) };
    let may = changes::may_read(work, caller, id).await?;
    Ok(may.then(|| line("Change", number.to_owned(), record, paths::change(id))))
}

#[async_trait]
impl Finding for FindingService {
    async fn find(&self, caller: &Caller, q: String) -> Result<Vec<Found>, AppError> {
        Ok(self.look(caller, &q).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_typed_in_short() {
        for (typed, number_meant) in [
            ("REQ-2026-000123", "REQ-2026-000123"),
            ("req-2026-123", "REQ-2026-000123"),
            ("REQ 123", "REQ-2027-000123"),
            ("123", "REQ-2027-000123"),
            ("rel-2026-000007", "REL-2026-000007"),
            ("key vault", "key vault"),
            ("Ana", "Ana"),
            ("", ""),
        ] {
            assert_eq!(number(typed, 2027), number_meant, "{typed}");
        }
    }
}
