//! What somebody with a shell on the machine does for an installation before its pages can: open an
//! account for an imported person, name the owners of an application, record a second factor.
//!
//! Whoever may run these commands may do anything with the database as well; so there is no
//! permission to check, but each change leaves its event, with the command as its author.

use super::Base;
use super::accounts::end_sessions;
use super::error::UseCaseError;
use super::work::Work;
use crate::password::{self, Hashing};
use crate::store;
use crate::store::by_command::Found;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::identity::Mfa;
use serde_json::json;

/// Why a command did nothing, in a sentence. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// No such person.
    #[error("There is no identity with the number {0}. Nothing was changed: import the people feed first, or check the number.")]
    NoPerson(String),
    /// The person is not at work.
    #[error("{0} is not active. Nothing was changed.")]
    NotActive(String),
    /// No such application.
    #[error("There is no application with the code {0}. Nothing was changed: import the catalogue first, or check the code.")]
    NoApplication(String),
    /// Somebody answers for the application already.
    #[error(
        "{0} has an owner or a deputy at work. Nothing was changed: sign in, open Rules, Applications, {0}, and propose the change; another person confirms it there."
    )]
    Answered(String),
    /// Owner and deputy are the same person.
    #[error("Owner and deputy have to be two people. Nothing was changed.")]
    SamePerson,
    /// An account is not linked to itself.
    #[error("These are one account already. Nothing was changed.")]
    OneAccount,
    /// There is no link to take away.
    #[error("{0} is not linked to another account. Nothing was changed.")]
    NotLinked(String),
    /// A password or a sign-in name that is not accepted.
    #[error("{0} Nothing was changed.")]
    Refused(String),
    /// A fault of ours or of the database.
    #[error("The database did not carry it out. Nothing was changed: the log has the reason.")]
    Fault(#[source] UseCaseError),
}

impl<E: Into<UseCaseError>> From<E> for CommandError {
    fn from(error: E) -> Self {
        let error = error.into();
        tracing::error!(fault = ?error, "a command failed");
        Self::Fault(error)
    }
}

fn author(command: &str) -> Actor {
    Actor::Operator { command: command.to_owned() }
}

async fn active(work: &mut Work<'_>, number: &str) -> Result<Found, CommandError> {
    let person = store::by_command::person(work.conn(), number).await?.ok_or_else(|| CommandError::NoPerson(number.to_owned()))?;
    if person.active { Ok(person) } else { Err(CommandError::NotActive(person.name)) }
}

/// Opens an account for an imported person, or sets a new password on the one they have; all their
/// sessions end. Gives their name.
///
/// # Errors
/// [`CommandError`]; nothing was changed.
pub async fn open_account(
    base: &Base,
    hashing: &Hashing,
    shortest: usize,
    number: &str,
    login: &str,
    password: String,
) -> Result<String, CommandError> {
    let login = login.trim().to_lowercase();
    if login.is_empty() || login.chars().count() > 254 || !login.chars().all(|c| c.is_ascii_alphanumeric() || "._-@+".contains(c)) {
        return Err(CommandError::Refused("A sign-in name has 1 to 254 letters, digits, or any of . _ - @ +.".to_owned()));
    }
    let mut work = Work::begin(base, author("account")).await?;
    let person = active(&mut work, number).await?;
    if store::accounts::by_login(work.conn(), &login).await?.is_some_and(|account| account.identity != person.id) {
        return Err(CommandError::Refused(format!("The sign-in name {login} is taken.")));
    }
    password::check(&password, &password, shortest, &[&login, &person.name]).map_err(|error| {
        CommandError::Refused(error.problems().first().map_or_else(|| error.sentence().to_owned(), |problem| problem.sentence().to_owned()))
    })?;
    let hash =
        hashing.hash(password).await.map_err(|_| CommandError::Refused("Too many passwords are being hashed at once.".to_owned()))?;
    let now = work.now();
    if store::accounts::of(work.conn(), person.id).await?.is_some() {
        store::accounts::change_password(work.conn(), person.id, &hash, now).await?;
        work.event(EventKind::PasswordChanged, "account", person.id.0, None, json!({})).await?;
        end_sessions(&mut work, person.id, None, "password_changed").await?;
    } else {
        store::accounts::insert(work.conn(), person.id, &login, Some(&hash), now).await?;
        work.event(EventKind::AccountCreated, "identity", person.id.0, None, json!({ "login": login })).await?;
    }
    work.commit().await?;
    Ok(person.name)
}

/// Names who owns an application and who deputises, where nobody at work does yet: from then on naming
/// another one needs a second person, which a command is not. Gives the application's name.
///
/// # Errors
/// [`CommandError`]; nothing was changed.
pub async fn name_owners(base: &Base, code: &str, owner: &str, deputy: Option<&str>) -> Result<String, CommandError> {
    let mut work = Work::begin(base, author("application")).await?;
    let owner = active(&mut work, owner).await?;
    let deputy = match deputy {
        Some(number) => Some(active(&mut work, number).await?),
        None => None,
    };
    if deputy.as_ref().is_some_and(|deputy| deputy.id == owner.id) {
        return Err(CommandError::SamePerson);
    }
    let deputy_id = deputy.as_ref().map(|deputy| deputy.id);
    if let Some(name) = store::by_command::answered_for(work.conn(), code).await? {
        return Err(CommandError::Answered(name));
    }
    // Versions before and after stay readable beside those that change control makes.
    super::changes::keep_version_of_application(&mut work, code).await?;
    let (id, name) = store::by_command::set_owners(work.conn(), code, owner.id, deputy_id)
        .await?
        .ok_or_else(|| CommandError::NoApplication(code.to_owned()))?;
    let body = json!({ "owner": owner.id.to_string(), "deputy": deputy_id.map(|id| id.to_string()) });
    work.event(EventKind::ApplicationOwnersNamed, "application", id.0, None, body).await?;
    super::changes::keep_version_of_application(&mut work, code).await?;
    work.commit().await?;
    Ok(name)
}

/// Records which second factor a person has in force. Gives their name.
///
/// # Errors
/// [`CommandError`]; nothing was changed.
pub async fn record_second_factor(base: &Base, number: &str, mfa: Mfa) -> Result<String, CommandError> {
    let mut work = Work::begin(base, author("second-factor")).await?;
    let person = active(&mut work, number).await?;
    store::by_command::set_mfa(work.conn(), person.id, mfa).await?;
    work.event(EventKind::SecondFactorRecorded, "identity", person.id.0, None, json!({ "mfa": mfa.word(), "detail": mfa.label() })).await?;
    work.commit().await?;
    Ok(person.name)
}

async fn known(work: &mut Work<'_>, number: &str) -> Result<Found, CommandError> {
    store::by_command::person(work.conn(), number).await?.ok_or_else(|| CommandError::NoPerson(number.to_owned()))
}

/// Records that an account belongs to the same natural person as another one, so that neither decides
/// what concerns the other. Inactive accounts count, too: they may come back. Gives both names.
///
/// # Errors
/// [`CommandError`]; nothing was changed.
pub async fn link_accounts(base: &Base, account: &str, person: &str) -> Result<String, CommandError> {
    let mut work = Work::begin(base, author("link-accounts")).await?;
    // Locked in one order, whichever way round they were named.
    let mut numbers = [account, person];
    numbers.sort_unstable();
    for number in numbers {
        known(&mut work, number).await?;
    }
    let (account, person) = (known(&mut work, account).await?, known(&mut work, person).await?);
    let stands_for = store::by_command::stands_for(work.conn(), person.id).await?;
    let before = store::by_command::stands_for(work.conn(), account.id).await?;
    if before == stands_for {
        return Err(CommandError::OneAccount);
    }
    if before == account.id {
        store::by_command::link(work.conn(), account.id, stands_for).await?;
    } else {
        // The account was linked elsewhere: whoever stood for it is one person with the other now.
        store::by_command::link(work.conn(), before, stands_for).await?;
    }
    let body = json!({ "account": account.id.to_string(), "person": stands_for.to_string() });
    for id in [account.id, person.id] {
        work.event(EventKind::AccountsLinked, "identity", id.0, None, body.clone()).await?;
    }
    work.commit().await?;
    Ok(format!("{} and {}", account.name, person.name))
}

/// Takes a link away that was recorded by mistake. Gives the name of the account.
///
/// # Errors
/// [`CommandError`]; nothing was changed.
pub async fn unlink_account(base: &Base, account: &str) -> Result<String, CommandError> {
    let mut work = Work::begin(base, author("unlink-account")).await?;
    let account = known(&mut work, account).await?;
    if !store::by_command::unlink(work.conn(), account.id).await? {
        return Err(CommandError::NotLinked(account.name));
    }
    work.event(EventKind::AccountUnlinked, "identity", account.id.0, None, json!({ "account": account.id.to_string() })).await?;
    work.commit().await?;
    Ok(account.name)
}
