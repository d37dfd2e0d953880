//! The first administrator. A new installation has no account and no default password; whoever has
//! a shell on the machine gets a link that works once.

use super::sign_in::{Client, normal};
use super::token::{self, IssuedToken};
use super::{AccountService, UseCaseError, Work};
use crate::password;
use crate::store;
use crate::store::accounts::LocalPerson;
use crate::store::error::StoreError;
use app::error::AppError;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::{AssignmentId, IdentityId};
use domain::permission::Role;
use domain::text::Name;
use jiff::SignedDuration;
use serde_json::json;

/// How long a set-up link works.
pub const SETUP_LINK_HOURS: i64 = 24;
const LONGEST_NAME: usize = 100;
const LONGEST_LOGIN: usize = 254;

/// The form of the set-up page. No `Debug`: a password is in it.
#[derive(Clone)]
pub struct NewAdministrator {
    /// Token of the link.
    pub token: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Sign-in name.
    pub login: String,
    /// Password.
    pub password: String,
    /// The same once more.
    pub password_again: String,
}

impl AccountService {
    /// Whether there is an administrator: then no link opens the set-up page.
    pub(super) async fn has_administrator(&self) -> Result<bool, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        Ok(store::accounts::administrator_exists(work.conn()).await?)
    }

    /// A new one-time token for the set-up page; earlier ones stop working. Nothing when there is
    /// an administrator already.
    ///
    /// # Errors
    /// [`AppError`] when the database fails.
    pub async fn setup_token(&self) -> Result<Option<String>, AppError> {
        Ok(self.new_setup_token().await?)
    }

    async fn new_setup_token(&self) -> Result<Option<String>, UseCaseError> {
        let mut work = Work::begin(&self.base, by_link()).await?;
        if store::accounts::administrator_exists(work.conn()).await? {
            return Ok(None);
        }
        let (token, hash) = token::fresh(&self.base.system);
        let now = work.now();
        let expires_at = now.saturating_add(SignedDuration::from_hours(SETUP_LINK_HOURS)).unwrap_or(now);
        store::accounts::replace_setup_link(work.conn(), &hash, now, expires_at).await?;
        work.commit().await?;
        Ok(Some(token))
    }

    /// Makes the first administrator and signs them in.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the link does not work (any more), [`AppError::Invalid`] at
    /// fields, [`AppError::TooMany`] when too many passwords are being hashed.
    pub async fn set_up(&self, form: NewAdministrator, client: &Client) -> Result<IssuedToken, AppError> {
        Ok(self.make_first_administrator(form, client).await?)
    }

    async fn make_first_administrator(&self, form: NewAdministrator, client: &Client) -> Result<IssuedToken, UseCaseError> {
        if !self.limits.sign_in(client.address, "") {
            return Err(AppError::TooMany.into());
        }
        let link = token::hash(&form.token).ok_or(AppError::NotFound)?;
        // Before anything is hashed: strangers must not make the server work.
        self.check_link(&link).await?;
        let given = name("given_name", &form.given_name)?;
        let family = name("family_name", &form.family_name)?;
        let login = login(&form.login)?;
        password::check(&form.password, &form.password_again, self.shortest_password, &[&login, &given, &family])?;
        let hash = self.hashing.hash(form.password).await.map_err(|_| AppError::TooMany)?;

        let mut work = Work::begin(&self.base, by_link()).await?;
        let now = work.now();
        if !store::accounts::hold_setup_link(work.conn(), &link, now).await? || store::accounts::administrator_exists(work.conn()).await? {
            return Err(AppError::NotFound.into());
        }
        let identity = work.id(IdentityId::new);
        let person = LocalPerson { id: identity, source_id: &format!("local:{identity}"), given_name: &given, family_name: &family };
        store::accounts::insert_local_person(work.conn(), &person, now).await?;
        store::accounts::insert(work.conn(), identity, &login, Some(&hash), now).await.map_err(taken)?;
        let assignment = work.id(AssignmentId::new);
        store::accounts::make_administrator(work.conn(), assignment, identity, now).await?;
        store::accounts::use_setup_link(work.conn(), &link, now).await?;
        work.event(EventKind::AccountCreated, "account", identity.0, None, json!({ "login": login })).await?;
        work.event(EventKind::RoleGranted, "identity", identity.0, None, json!({ "role": Role::Administrator })).await?;
        work.commit().await?;
        // From here on it is this person who acts, so the session is a unit of its own.
        self.admit(identity, Some(&hash), None, client).await
    }

    async fn check_link(&self, link: &[u8; 32]) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, by_link()).await?;
        let now = work.now();
        let usable =
            store::accounts::hold_setup_link(work.conn(), link, now).await? && !store::accounts::administrator_exists(work.conn()).await?;
        if usable { Ok(()) } else { Err(AppError::NotFound.into()) }
    }
}

fn by_link() -> Actor {
    Actor::Operator { command: "set-up link".to_owned() }
}

fn name(field: &'static str, text: &str) -> Result<String, UseCaseError> {
    Ok(Name::parse(field, text, LONGEST_NAME)?.into_string())
}

fn login(text: &str) -> Result<String, UseCaseError> {
    let login = normal(text);
    let plain = login.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b'+'));
    if login.is_empty() {
        Err(AppError::field("login", "required").into())
    } else if !plain || login.len() > LONGEST_LOGIN {
        Err(AppError::field("login", "not_a_name").into())
    } else {
        Ok(login)
    }
}

fn taken(error: StoreError) -> UseCaseError {
    if error.constraint() == Some("account_login_unique") { AppError::field("login", "taken").into() } else { error.into() }
}
