//! Putting things into a basket: one entitlement, or everything of a template.

use super::body::{Body, fingerprint};
use super::let_go_of_what_is_not_theirs;
use crate::store;
use crate::store::templates::TemplateRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::facts::{self, Question, wish_of_form};
use crate::usecase::work::Work;
use app::error::AppError;
use app::requests::draft_port::{Addition, TemplateLine};
use domain::actor::Caller;
use domain::basket::{BasketForm, Way};
use domain::gate::{ApprovalFacts, GateFacts, Phase};
use domain::id::{DraftId, EntitlementId, IdempotencyKey, IdentityId, RequestId, TemplateId};
use domain::permission::{Action, permitted};
use domain::request::RequestKind;
use domain::time::today;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

/// Drafts one person may have at a time.
const MOST_DRAFTS: i64 = 50;

/// Templates meant for the caller or for somebody they answer for, as far as anything in them is.
pub(super) async fn templates(work: &mut Work<'_>, caller: &Caller) -> Result<Vec<TemplateLine>, UseCaseError> {
    let mut lines = Vec::new();
    for TemplateRow { id, name, description, entitlements, for_caller, .. } in
        store::templates::for_caller(work.conn(), caller.identity, None).await?
    {
        let open = open(work, caller, None, &entitlements).await?;
        if open.is_empty() {
            continue;
        }
        let closed = entitlements.len().saturating_sub(open.len());
        let entitlements = open.into_iter().map(|(_, name)| name).collect();
        lines.push(TemplateLine { id, name, description, entitlements, closed, for_others: !for_caller });
    }
    Ok(lines)
}

/// What of all this the catalogue shows to the caller, who asks for `subject`: what is meant for others
/// has no name here.
pub(super) async fn open(
    work: &mut Work<'_>,
    caller: &Caller,
    subject: Option<IdentityId>,
    of: &[EntitlementId],
) -> Result<Vec<(EntitlementId, String)>, UseCaseError> {
    let whole = permitted(&caller.roles, Action::ReadClosedCatalogue, &[]);
    Ok(store::catalogue_entry::open_to(work.conn(), of, caller.identity, subject, whole).await?)
}

/// The draft that things are put into: the newest that is no change of a request, or a new one.
struct Basket {
    id: DraftId,
    /// Its version; nothing when it is new.
    version: Option<i32>,
    body: Body,
}

async fn basket(work: &mut Work<'_>, caller: &Caller) -> Result<Basket, UseCaseError> {
    let drafts = store::drafts::of(work.conn(), caller.identity).await?;
    if let Some(newest) = drafts.iter().find(|row| row.request.is_none())
        && let Some(row) = store::drafts::find(work.conn(), newest.id, caller.identity, true).await?
    {
        return Ok(Basket { id: row.id, version: Some(row.version), body: Body::read(row.body)? });
    }
    Ok(Basket { id: work.id(DraftId::new), version: None, body: Body::default() })
}

async fn keep(mut work: Work<'_>, base: &Base, caller: &Caller, basket: Basket) -> Result<DraftId, UseCaseError> {
    let Basket { id, version, mut body } = basket;
    let typed = !body.form.ends_on.is_empty();
    prefill(&mut work, base, caller, &mut body.form).await?;
    if !typed {
        body.proposed_end.clone_from(&body.form.ends_on);
    }
    let (now, body) = (work.now(), body.write()?);
    match version {
        Some(version) => {
            if !store::drafts::save(work.conn(), id, version, &body, now).await? {
                return Err(AppError::Changed.into());
            }
        }
        None => begin(&mut work, caller, id, None, &body).await?,
    }
    work.commit().await?;
    Ok(id)
}

/// Begins a draft, as long as there are not too many. What its owner has of requests that they may not
/// change any more goes. Their drafts are locked before, with [`store::drafts::lock_all`].
///
/// # Errors
/// [`AppError::Invalid`] at `items`.
pub(in crate::usecase) async fn begin(
    work: &mut Work<'_>,
    caller: &Caller,
    id: DraftId,
    request: Option<RequestId>,
    body: &Value,
) -> Result<(), UseCaseError> {
    let_go_of_what_is_not_theirs(work, caller).await?;
    if store::drafts::count(work.conn(), caller.identity).await? >= MOST_DRAFTS {
        return Err(AppError::field("items", "too_many_drafts").into());
    }
    let (key, now) = (work.id(IdempotencyKey::new), work.now());
    store::drafts::insert(work.conn(), id, caller.identity, request, body, key, now).await?;
    Ok(())
}

/// Puts one entitlement in. A basket that is full is not touched.
///
/// # Errors
/// [`AppError::NotFound`] for what is not there, or is meant for others; [`AppError::Invalid`].
pub(super) async fn add(base: &Base, caller: &Caller, addition: Addition) -> Result<DraftId, UseCaseError> {
    let Addition { entitlement, kind, grant, subject } = addition;
    let kind = if kind.is_empty() { RequestKind::Grant } else { kind.parse().map_err(|_| AppError::field("kind", "required"))? };
    let way = Way::of(kind, grant).ok_or(AppError::field("kind", "required"))?;
    let mut work = Work::begin(base, caller.actor()).await?;
    // Two at one moment go into one draft.
    store::drafts::lock_all(work.conn(), caller.identity).await?;
    // What is extended or replaced is its holder's.
    let holder = match grant {
        Some(grant) => store::asking::holder(work.conn(), grant).await?.map(|holder| holder.to_string()),
        None => None,
    };
    let subject = holder.unwrap_or(subject);
    let mut basket = basket(&mut work, caller).await?;
    if !subject.is_empty() && basket.body.form.subject != subject {
        if !basket.body.form.items.is_empty() && who(caller, &basket.body.form.subject) != who(caller, &subject) {
            // A basket is for one subject: something for another begins a new one.
            basket = Basket { id: work.id(DraftId::new), version: None, body: Body::default() };
        }
        basket.body.form.subject = subject;
    }
    // Neither that it exists nor what it is called is for those it is not meant for.
    let subject = super::people::subject(&mut work, caller, &basket.body.form).await?.ok().map(|subject| subject.person.id);
    if open(&mut work, caller, subject, &[entitlement]).await?.is_empty() {
        return Err(AppError::NotFound.into());
    }
    put(&mut work, &mut basket.body, entitlement, way).await?;
    keep(work, base, caller, basket).await
}

/// Puts everything of a template in, with the reason and the period that it proposes for what nobody
/// typed.
pub(super) async fn add_template(base: &Base, caller: &Caller, id: TemplateId) -> Result<DraftId, UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    store::drafts::lock_all(work.conn(), caller.identity).await?;
    let template = store::templates::for_caller(work.conn(), caller.identity, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    let open = open(&mut work, caller, None, &template.entitlements).await?;
    if open.is_empty() {
        return Err(AppError::NotFound.into());
    }
    let mut basket = basket(&mut work, caller).await?;
    let today = today(work.now(), &base.zone);
    let body = &mut basket.body;
    let form = &mut body.form;
    if form.reason_code.is_empty() {
        form.reason_code = template.reason.map(|reason| reason.word().to_owned()).unwrap_or_default();
    }
    if (form.ends_on.is_empty() || form.ends_on == body.proposed_end)
        && let Some(days) = template.days
    {
        if form.starts_on.is_empty() {
            form.starts_on = today.to_string();
        }
        form.ends_on = begins(form, today).saturating_add(i64::from(days).days()).to_string();
        body.proposed_end.clone_from(&form.ends_on);
    }
    let brought = open.iter().map(|(entitlement, _)| entitlement.to_string()).collect();
    for (entitlement, _) in open {
        put(&mut work, &mut basket.body, entitlement, Way::Grant).await?;
    }
    // What came before it stays what everything is said to come from, for as long as it does.
    if basket.body.came_from().is_none() {
        basket.body.template = Some((template.id, template.version));
        basket.body.of_template = brought;
    }
    keep(work, base, caller, basket).await
}

fn who(caller: &Caller, subject: &str) -> Option<IdentityId> {
    if subject.is_empty() { Some(caller.identity) } else { subject.parse().ok() }
}

async fn put(work: &mut Work<'_>, body: &mut Body, entitlement: EntitlementId, way: Way) -> Result<(), UseCaseError> {
    let row = store::asking::entitlement(work.conn(), entitlement).await?.ok_or(AppError::NotFound)?;
    let seen = fingerprint(row.tier.word(), row.owner.map(|owner| owner.id));
    let kind = if way == Way::Grant { String::new() } else { way.to_string() };
    if body.add(entitlement, &kind, seen) { Ok(()) } else { Err(AppError::field("items", "too_many").into()) }
}

/// The day from which a period is proposed: the typed start, unless it cannot be read or lies in the past.
fn begins(form: &BasketForm, today: Date) -> Date {
    form.starts_on.trim().parse::<Date>().map_or(today, |typed| typed.max(today))
}

/// A period that was not touched begins today and ends at the shortest limit of what is in the
/// basket, counted from its start. For a subject of whom nothing may be known, nothing is proposed.
async fn prefill(work: &mut Work<'_>, base: &Base, caller: &Caller, form: &mut BasketForm) -> Result<(), UseCaseError> {
    let today = today(work.now(), &base.zone);
    if form.starts_on.is_empty() {
        form.starts_on = today.to_string();
    }
    let Ok(subject) = super::people::subject(work, caller, form).await? else { return Ok(()) };
    if !form.ends_on.is_empty() {
        return Ok(());
    }
    let begins = begins(form, today);
    let mut ends = Vec::new();
    for item in form.items.clone() {
        let Ok(entitlement) = item.entitlement.parse() else { continue };
        let kind = Way::parse(&item.kind).map_or(RequestKind::Grant, Way::kind);
        let question = Question {
            subject: subject.person.id,
            entitlement,
            together: vec![],
            replaces: None,
            wish: wish_of_form(form, kind, today),
            phase: Phase::Preview,
            request: None,
            approval: ApprovalFacts::default(),
        };
        match facts::gather(work, base, question).await {
            Ok(gathered) => ends.extend(last_day(&gathered.facts, gathered.facts.wish.starts_on.unwrap_or(begins))),
            // Without a specification there is no limit to propose; the page says what is missing.
            Err(UseCaseError::Answer(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    if let Some(end) = ends.into_iter().min() {
        form.ends_on = end.to_string();
    }
    Ok(())
}

/// The last day of access that begins on a day, by the shortest limit that applies.
fn last_day(facts: &GateFacts, begins: Date) -> Option<Date> {
    let longest = [facts.entitlement.longest_days, facts.specification.longest_days].into_iter().flatten();
    let leaves = facts.subject.ends_on.filter(|end| *end >= begins);
    longest.map(|days| begins.saturating_add(i64::from(days).days())).chain(leaves).min()
}
