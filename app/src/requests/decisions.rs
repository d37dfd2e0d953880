//! One decision as it stands on pages and in print: who, what, until when, with which words, and the
//! signature. What no longer counts is struck through and says so.

use super::port::{DecisionView, DelegationNote, SignatureView};
use super::trails::moment;
use crate::paths;
use crate::when::day;
use domain::approval::Verdict;
use domain::decision::SignatureMethod;
use leptos::prelude::*;

/// A decision. `void=true` for one on an earlier revision, `stage` names where it was made.
#[component]
pub fn Decision(
    decision: DecisionView,
    #[prop(default = String::new(), into)] stage: String,
    #[prop(optional)] void: bool,
) -> impl IntoView {
    let DecisionView { by, stood_in_for, delegation, verdict, comment, ends_on, bulk, at, shown_hash, signature } = decision;
    let word = match verdict {
        Verdict::Approve => " approved",
        Verdict::Return => " returned it with a question",
        Verdict::Reject => " rejected",
    };
    let stands_in = stood_in_for.map(|from| view! { ", standing in for "<a href=paths::identity(from.id)>{from.name}</a>"," });
    let until = ends_on.map(|end| format!(" until {}", day(end)));
    let stage = (!stage.is_empty()).then(|| format!("{stage}: "));
    let who = view! { {stage}<a href=paths::identity(by.id)>{by.name}</a>{stands_in}{word}{until} };
    let line = if void { view! { <s>{who}</s>" (no longer counts)" }.into_any() } else { who.into_any() };
    let delegation = delegation.map(|DelegationNote { scope, starts, ends, .. }| {
        view! { <p class="text-ink-3">"By a delegation of "{scope}", from "{moment(&starts)}" to "{moment(&ends)}</p> }
    });
    let bulk = bulk.map(|seconds| view! { <p class="text-ink-3">{format!("Decided in bulk, after {seconds} s on the list")}</p> });
    view! {
        <div class="decision">
            <p>{line}", "{moment(&at)}</p>
            {delegation}
            {comment.map(|comment| view! { <blockquote class="border-l-2 border-line-strong pl-2 whitespace-pre-line">{comment}</blockquote> })}
            {bulk}
            {match signature {
                Some(signature) => view! { <Signature signature=signature/> }.into_any(),
                None => view! { <p class="text-ink-3 text-xs">"What was on the screen: "<span class="code">{short(&shown_hash)}</span></p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// A signature: printed name, time, meaning, hash of what was shown. Struck through, and said to be,
/// when the record moved on.
#[component]
pub fn Signature(signature: SignatureView) -> impl IntoView {
    let SignatureView { name, at, meaning, hash, method, overtaken } = signature;
    let how = match method {
        SignatureMethod::Password => "with a password".to_owned(),
        SignatureMethod::Demonstration => "by the demonstration's history, without a password".to_owned(),
    };
    let printed = view! { <span class="signature-name">{name}</span>": “"{meaning}"”" };
    let printed = if overtaken.is_some() { view! { <s>{printed}</s> }.into_any() } else { printed.into_any() };
    view! {
        <div class=if overtaken.is_some() { "signature signature-past" } else { "signature" }>
            <p>{printed}</p>
            {overtaken.map(|why| view! { <p><strong>"No longer counts: "</strong>{why.label()}"."</p> })}
            <p class="text-ink-3 text-xs">"Signed "{moment(&at)}" "{how}", over "<span class="code break-all">{hash}</span></p>
        </div>
    }
    .into_any()
}

fn short(hash: &str) -> String {
    hash.get(..16).unwrap_or_default().to_owned()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::when::When;
    use domain::decision::Overtaken;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    fn printed(overtaken: Option<Overtaken>) -> String {
        let signature = SignatureView {
            name: "Olga Example".into(),
            at: When::new(Timestamp::UNIX_EPOCH, &TimeZone::UTC),
            meaning: "I approve this access in revision 1 as shown.".into(),
            hash: "ab".repeat(32),
            method: SignatureMethod::Password,
            overtaken,
        };
        Owner::new().with(|| view! { <Signature signature=signature/> }.to_html())
    }

    #[test]
    fn a_signature_prints_name_time_meaning_and_the_whole_hash() {
        let html = printed(None);
        for part in ["Olga Example", "I approve this access in revision 1 as shown.", "1 Jan 1970 00:00", &"ab".repeat(32)] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<s>") && !html.contains("No longer counts"), "{html}");
    }

    #[test]
    fn a_signature_on_what_has_moved_on_is_struck_through_and_says_why_in_words() {
        for why in Overtaken::ALL {
            let html = printed(Some(*why)).replace("<!>", "");
            assert!(html.contains("<s>") && html.contains("No longer counts: ") && html.contains(why.label()), "{html}");
        }
    }
}
