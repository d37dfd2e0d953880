//! Signatures: who has to prove a password for a decision, and what the signature says.

use super::checking::Standing;
use crate::store;
use crate::store::pending_decisions::Signed;
use crate::usecase::Base;
use crate::usecase::accounts::{AccountService, IssuedToken, Proof};
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::error::AppError;
use app::inbox::port::DecisionForm;
use domain::actor::Caller;
use domain::approval::Verdict;
use domain::catalogue::RiskTier;
use domain::decision::{SignatureMethod, is_signed, meaning};
use domain::permission::Action;
use jiff::Timestamp;
use jiff::civil::Date;

/// How a signature is proven.
#[derive(Clone)]
pub enum Proofs {
    /// By the password of the account.
    Accounts(Box<AccountService>),
    /// Not at all: the history of the demonstration, whose people never sat at a screen. Its
    /// signatures say so.
    Demonstration,
}

impl Proofs {
    /// Proofs by the accounts of the installation.
    #[must_use]
    pub fn by(accounts: AccountService) -> Self {
        Self::Accounts(Box::new(accounts))
    }
}

/// What the page says about signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Until when no password is asked for.
    pub proven_until: Option<Timestamp>,
    /// What to type in the demonstration.
    pub hint: Option<&'static str>,
}

/// Whether decisions on something of this tier are signed, and how it stands with the password.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn needed(proofs: &Proofs, caller: &Caller, tier: RiskTier) -> Result<Option<Needed>, UseCaseError> {
    match proofs {
        _ if !is_signed(tier, Verdict::Approve) => Ok(None),
        Proofs::Accounts(accounts) => {
            Ok(Some(Needed { proven_until: accounts.proven_until(caller).await?, hint: accounts.password_to_show() }))
        }
        Proofs::Demonstration => Ok(Some(Needed { proven_until: None, hint: None })),
    }
}

/// Proves the password for a decision that is signed; nothing for one that is not. Only for those
/// who may decide: to anyone else a password says nothing.
pub(super) async fn prove(
    base: &Base,
    proofs: &Proofs,
    caller: &Caller,
    form: &DecisionForm,
    verdict: Verdict,
) -> Result<Option<Proof>, UseCaseError> {
    let Proofs::Accounts(accounts) = proofs else { return Ok(None) };
    let mut work = Work::read(base).await?;
    let id = store::approvals::request_of_stage(work.conn(), form.stage).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::Decide, Action::ReadRequest, &relations)?;
    let row = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let at_stake = store::decisions::at_stake(work.conn(), id, row.revision).await?;
    let made_before = store::pending_decisions::by_key(work.conn(), caller.identity, form.key).await?.is_some();
    work.commit().await?;
    if made_before || !is_signed(at_stake.tier, verdict) {
        return Ok(None);
    }
    Ok(Some(accounts.prove(caller, &form.password).await?))
}

/// The signature that goes with a decision, where it needs one.
///
/// # Errors
/// [`AppError::Changed`] when the tier rose to one that is signed after the proof was asked for.
pub(super) fn signature(
    proofs: &Proofs,
    proof: Option<&Proof>,
    standing: &Standing,
    caller: &Caller,
    verdict: Verdict,
    revision: i32,
    ends_on: Option<Date>,
) -> Result<Option<Signed>, UseCaseError> {
    if !is_signed(standing.at_stake.tier, verdict) {
        return Ok(None);
    }
    let method = match (proofs, proof) {
        (Proofs::Accounts(_), Some(_)) => SignatureMethod::Password,
        (Proofs::Accounts(_), None) => return Err(AppError::Changed.into()),
        (Proofs::Demonstration, _) => SignatureMethod::Demonstration,
    };
    Ok(Some(Signed { name: caller.name.clone(), meaning: meaning(verdict, revision, ends_on), method }))
}

/// Keeps a proof with the session, in the unit of work of the decision.
pub(super) async fn keep(
    proofs: &Proofs,
    work: &mut Work<'_>,
    caller: &Caller,
    proof: Option<&Proof>,
) -> Result<Option<IssuedToken>, UseCaseError> {
    match (proofs, proof) {
        (Proofs::Accounts(accounts), Some(proof)) => accounts.keep_proof(work, caller, proof).await,
        _ => Ok(None),
    }
}

/// Passes a new token on, once the unit of work is committed.
pub(super) fn hand_over(proofs: &Proofs, token: Option<IssuedToken>) {
    if let (Proofs::Accounts(accounts), Some(token)) = (proofs, token) {
        accounts.hand_over(token);
    }
}
