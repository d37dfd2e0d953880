//! One item of a draft as its page shows it: what it is, the gates and the plan it would meet, and how
//! the subject stands to it already.

use super::adding::open;
use super::items::{Doubled, Judged, Surroundings};
use super::people;
use crate::store;
use crate::store::asking::OpenRow;
use crate::store::request_lists;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::facts::{self, Question, wish_of_form};
use crate::usecase::planning;
use crate::usecase::replacing;
use crate::usecase::work::Work;
use app::error::AppError;
use app::record::EntitlementCard;
use app::requests::draft_port::{ItemView, Standing};
use app::when::When;
use domain::actor::Caller;
use domain::basket::{Way, item_field};
use domain::error::FieldError;
use domain::gate::{ApprovalFacts, Evaluation, Phase};
use domain::id::{EntitlementId, IdentityId, RequestId};
use domain::permission::{Action, Relation, permitted};
use domain::question::QuestionKind;
use std::collections::BTreeMap;

/// Instead of the reason why a plan applies, where none does (law 1).
const NO_PLAN: &str = "No approval plan fits this, so nobody could decide and it cannot be asked for at present. What you typed is kept. Whoever keeps the rules has to put a plan for it on record.";

/// An item whose subject the caller may not ask for: only what the catalogue says to them.
pub(super) async fn unjudged(work: &mut Work<'_>, caller: &Caller, entitlement: &str) -> Result<ItemView, UseCaseError> {
    let card = match entitlement.parse::<EntitlementId>() {
        Ok(id) if !open(work, caller, None, &[id]).await?.is_empty() => store::cards::card(work.conn(), id).await?,
        _ => None,
    };
    Ok(ItemView {
        card,
        ways: vec![],
        questions: vec![],
        evaluation: None,
        plan: vec![],
        why_plan: String::new(),
        standing: Standing::New,
        goes_first: None,
        meant: BTreeMap::new(),
        changed: None,
    })
}

/// One item with its gates and its plan; gives whether the gates want an end.
pub(super) async fn item(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    around: &Surroundings<'_>,
    place: usize,
    judged: Judged,
    errors: &mut Vec<FieldError>,
) -> Result<(ItemView, bool), UseCaseError> {
    let Some(id) = judged.entitlement else {
        return Ok((unjudged(work, caller, "").await?, false));
    };
    let together = around.form.items.iter().filter_map(|item| item.entitlement.trim().parse().ok()).filter(|other| *other != id).collect();
    let question = Question {
        subject: around.subject,
        entitlement: id,
        together,
        replaces: judged.way.grant(),
        wish: wish_of_form(around.form, judged.way.kind(), around.today),
        phase: Phase::Preview,
        request: around.except,
        approval: ApprovalFacts::default(),
    };
    let gathered = facts::gather(work, base, question).await?;
    let evaluation = facts::evaluate_and_store(work, base, &gathered.facts, None).await?;
    let mut endless = gathered.facts.clone();
    (endless.wish.ends_on, endless.wish.duration_days) = (None, None);
    let wants_end = facts::evaluate(work, base, &endless).blockers().any(|gate| gate.field.as_deref() == Some("ends_on"));
    errors.extend(gate_errors(&evaluation, place, &gathered.facts.entitlement.name, around.form.items.len()));
    let requester = requester(work, caller, around.except).await?;
    let plan = planning::preview(work, around.subject, requester, &gathered.entitlement, around.except).await?;
    let (plan, why_plan) = plan.map_or_else(|| (vec![], NO_PLAN.to_owned()), |plan| (plan.stages, plan.why));
    let standing = standing(work, base, caller, judged.doubled).await?;
    let goes_first = match judged.way {
        Way::Change(old) => replacing::why_old_goes_first(work, around.subject, id, old, around.except).await?,
        Way::Grant | Way::Extend(_) => None,
    };
    let mut meant = BTreeMap::new();
    for question in judged.questions.iter().filter(|question| question.kind == QuestionKind::Person) {
        let typed = around.form.items.get(place).and_then(|item| item.answers.get(&question.id)).map_or("", String::as_str);
        meant.insert(question.id.clone(), people::meant(work, typed).await?);
    }
    let view = ItemView {
        // What somebody reads who asks is what is at stake, with what comes inside.
        card: store::cards::card(work.conn(), id).await?.map(|card| {
            let facts = &gathered.facts.entitlement;
            EntitlementCard { tier: facts.tier, classification: facts.classification, ..card }
        }),
        ways: judged.ways,
        questions: judged.questions,
        evaluation: Some(evaluation),
        plan,
        why_plan,
        standing,
        goes_first,
        meant,
        changed: judged.changed,
    };
    Ok((view, wants_end))
}

/// Who counts as asking, and so does not decide: for the next revision of a request whoever asked for
/// it, also when somebody else writes the revision.
async fn requester(work: &mut Work<'_>, caller: &Caller, revised: Option<RequestId>) -> Result<IdentityId, UseCaseError> {
    Ok(match revised {
        Some(request) => store::requests::find(work.conn(), request, false).await?.ok_or(AppError::NotFound)?.requester.id,
        None => caller.identity,
    })
}

/// What stops an item, at the field that would clear it. With several items it says which.
#[must_use]
pub fn gate_errors(evaluation: &Evaluation, place: usize, name: &str, items: usize) -> Vec<FieldError> {
    evaluation
        .blockers()
        .map(|gate| {
            let words = format!("{} {}", gate.reason, gate.remedy).trim().to_owned();
            let words = if items > 1 { format!("{name}: {words}") } else { words };
            FieldError::new(&gate_field(gate.field.as_deref(), place), &gate.control, words)
        })
        .collect()
}

/// Fields that all items share keep their name; the rest belongs to the item.
fn gate_field(field: Option<&str>, place: usize) -> String {
    match field {
        Some(common @ ("reason_code" | "justification" | "starts_on" | "ends_on")) => common.to_owned(),
        Some(own) => item_field(place, own),
        None => item_field(place, "gates"),
    }
}

async fn standing(work: &mut Work<'_>, base: &Base, caller: &Caller, doubled: Doubled) -> Result<Standing, UseCaseError> {
    Ok(match doubled {
        Doubled::No => Standing::New,
        Doubled::Held(held) => Standing::Held {
            grant: held.active.then_some(held.grant),
            since: When::new(held.since, &base.zone),
            ends: held.ends_at.map(|end| When::new(end, &base.zone)),
        },
        Doubled::Asked(open) => asked(work, base, caller, open).await?,
    })
}

/// Who asked, when and where it stands: for those who may read that request, and all who may ask
/// for its subject may.
async fn asked(work: &mut Work<'_>, base: &Base, caller: &Caller, open: OpenRow) -> Result<Standing, UseCaseError> {
    let relations = store::requests::relations(work.conn(), open.id, caller.identity).await?;
    let concerned = relations.iter().any(|relation| matches!(relation, Relation::Subject | Relation::Requester | Relation::Watcher));
    let readable = permitted(&caller.roles, Action::ReadRequest, &relations);
    let sponsor = open.sponsor.as_ref().map(|sponsor| (sponsor.id, sponsor.name.as_str()));
    let answers = request_lists::who_answers((open.requester.id, &open.requester.name), sponsor, caller.identity);
    Ok(Standing::Asked {
        request: open.id,
        holder: if readable { request_lists::holder(&open.state, &open.asked, &answers) } else { String::new() },
        number: open.number,
        submitted: When::new(open.submitted_at, &base.zone),
        state: open.state.label().to_owned(),
        readable,
        joinable: readable && !concerned && permitted(&caller.roles, Action::JoinRequest, &relations),
        requester: open.requester,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_names_the_field_of_the_form_or_of_the_item() {
        assert_eq!(gate_field(Some("ends_on"), 3), "ends_on");
        assert_eq!(gate_field(Some("entitlement"), 3), "items.3.entitlement");
        assert_eq!(gate_field(None, 0), "items.0.gates");
    }
}
