//! The versions of a record, each readable in full, with what it changed and whose change it was.

use super::port::{Proposer, VersionLine};
use crate::paths;
use crate::record::PersonRef;
use crate::ui::{Card, Disclosure, Fact, FactsList, NextPage, Tag, Tone};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The card with a page of them, newest first. `older` is the first of the next page, `address` the
/// record's; `below`: the page does not begin with the newest.
pub fn history(versions: Vec<VersionLine>, older: Option<VersionLine>, address: &str, below: bool) -> AnyView {
    if versions.is_empty() && !below {
        return view! { <Card title="Versions" id="versions"><p class="text-ink-2">"The first version begins when the record is in force."</p></Card> }.into_any();
    }
    let shown = match (versions.first(), versions.last()) {
        (Some(first), Some(last)) if below || older.is_some() => format!("{} to {}", last.version, first.version),
        _ => format!("{} kept", versions.len()),
    };
    let next = older.as_ref().map(|older| older.version.saturating_add(1));
    let before =
        versions.iter().skip(1).map(|version| Some(version.fields.clone())).chain([older.map(|older| older.fields)]).collect::<Vec<_>>();
    let lines = versions.into_iter().zip(before).map(|(version, before)| line(version, before)).collect::<Vec<_>>();
    pages(address, lines, shown, next, below)
}

/// The card with a page of versions, each a line: `shown` says which, `next` is the version below which
/// the next page begins, `below`: the page does not begin with the newest.
pub fn pages(address: &str, lines: Vec<AnyView>, shown: String, next: Option<i32>, below: bool) -> AnyView {
    let newest = below.then(|| view! { <p class="next-page"><a href=format!("{address}#versions")>"Show the newest versions"</a></p> });
    if lines.is_empty() {
        return view! { <Card title="Versions" id="versions"><p class="text-ink-2">"There are no versions before this."</p>{newest}</Card> }.into_any();
    }
    let next = next.map(|before| format!("{}#versions", paths::with(address, &[(paths::VERSIONS_BEFORE, &before.to_string())])));
    view! {
        <Card title="Versions" id="versions" flush=true aside=move || shown>
            <div>{lines}</div>
            <NextPage href=next what="versions"/>
            {newest}
        </Card>
    }
    .into_any()
}

fn line(version: VersionLine, before: Option<Vec<(String, String)>>) -> AnyView {
    let VersionLine { version, effective, change, proposed_by, confirmed_by, fields } = version;
    let changed = before.map(|before| differing(&before, &fields));
    let what = match &changed {
        None => "the first".to_owned(),
        Some(labels) if labels.is_empty() => "nothing that is shown here changed".to_owned(),
        Some(labels) => format!("changed: {}", labels.join(", ")),
    };
    let summary = format!("Version {version} · from {} · {what}", effective.text);
    let facts = fields
        .into_iter()
        .map(|(label, value)| {
            let new = changed.as_ref().is_some_and(|changed| changed.contains(&label));
            let mark = new.then(|| view! { " "<Tag tone=Tone::Info text="Changed"/> });
            view! { <Fact term=label><span class="whitespace-pre-line wrap-anywhere">{value_or_none(value)}</span>{mark}</Fact> }
        })
        .collect_view();
    let by = change.map(|(id, number)| {
        let confirmed = |PersonRef { id, name }| view! { " · confirmed by "<a href=paths::identity(id)>{name}</a> };
        view! {
            <p class="text-ink-2">
                <a class="code" href=paths::change(id)>{number}</a>
                {proposed_by.map(|by| view! { " · proposed by "{proposer(by)} })}
                {confirmed_by.map(confirmed)}
            </p>
        }
    });
    let by = match by {
        Some(by) => by.into_any(),
        None => view! { <p class="text-ink-2">"Recorded by set-up or an import, not by a change."</p> }.into_any(),
    };
    view! { <Disclosure summary=summary id=format!("version-{version}")>{by}<FactsList>{facts}</FactsList></Disclosure> }.into_any()
}

/// Who proposed a change: a person with their page, or a command.
pub fn proposer(Proposer { id, name }: Proposer) -> AnyView {
    match id {
        Some(id) => view! { <a href=paths::identity(id)>{name}</a> }.into_any(),
        None => view! { "the command "<span class="code">{name}</span> }.into_any(),
    }
}

/// A value in words; empty ones are said.
pub fn value_or_none(value: String) -> AnyView {
    if value.is_empty() { view! { <span class="text-ink-3">"None"</span> }.into_any() } else { value.into_any() }
}

/// Labels whose value differs, in the order of the newer version; then those that are gone. What the
/// older version does not say at all was not kept then, and is no difference.
fn differing(before: &[(String, String)], after: &[(String, String)]) -> Vec<String> {
    let old: BTreeMap<&str, &str> = before.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
    let changed = after.iter().filter(|(label, value)| old.get(label.as_str()).is_some_and(|old| old != value));
    let gone = before.iter().filter(|(label, value)| !value.is_empty() && !after.iter().any(|(other, _)| other == label));
    changed.chain(gone).map(|(label, _)| label.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_version_names_what_it_changed() {
        let before = fields(&[("Name", "Reader"), ("Tier", "Standard"), ("Old", "x")]);
        let after = fields(&[("Name", "Reader"), ("Tier", "Elevated"), ("New", "y"), ("Empty", "")]);
        assert_eq!(differing(&before, &after), ["Tier", "Old"]);
        assert!(differing(&before, &before).is_empty());
    }
}
