//! Filters as links: the address says what is shown, with or without JavaScript.

use leptos::prelude::*;

/// A row of [`Chip`]s.
///
/// `<Chips label="Filter"><Chip href="?" label="Mine" count=7 current=true/></Chips>`
#[component]
pub fn Chips(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <nav aria-label=label><ul class="chips" role="list">{children()}</ul></nav> }.into_any()
}

/// One filter with its count.
#[component]
pub fn Chip(
    #[prop(into)] href: String,
    #[prop(into)] label: String,
    #[prop(optional)] count: Option<u32>,
    #[prop(optional)] current: bool,
) -> impl IntoView {
    view! {
        <li>
            <a class="chip" href=href aria-current=current.then_some("true")>
                {label}
                {count.map(|count| view! { <span class="chip-count">" "{count.to_string()}</span> })}
            </a>
        </li>
    }
    .into_any()
}

/// One value of a filter: as it stands in the address, in words, and how many lines it shows.
pub type FilterValue = (String, String, i64);

/// The values of one filter as links, after one that takes the filter away (`any`, and how many lines
/// there are without it). What is chosen and shows nothing is there all the same, or it could not be
/// taken away. `link` makes the address of a value; of the empty one, without the filter. Nothing where
/// there is nothing to choose.
pub fn facets(
    label: &'static str,
    (any, whole): (&str, Option<i64>),
    values: Vec<FilterValue>,
    chosen: &str,
    link: impl Fn(&str) -> String,
) -> Option<AnyView> {
    if values.is_empty() && chosen.is_empty() {
        return None;
    }
    let chip = |value: &str, label: String, count: Option<i64>| {
        let (href, current) = (link(value), value == chosen);
        match count.map(|count| u32::try_from(count).unwrap_or(0)) {
            Some(count) => view! { <Chip href=href label=label count=count current=current/> }.into_any(),
            None => view! { <Chip href=href label=label current=current/> }.into_any(),
        }
    };
    let lone = !chosen.is_empty() && !values.iter().any(|(value, ..)| value == chosen);
    let first = chip("", any.to_owned(), whole);
    let lone = lone.then(|| chip(chosen, chosen.to_owned(), Some(0)));
    let list = values.into_iter().map(|(value, label, count)| chip(&value, label, Some(count))).collect_view();
    Some(view! { <Chips label=label>{first}{lone}{list}</Chips> }.into_any())
}

/// What is chosen, if it is one of the values: for filters that know all of theirs and take anything else
/// for nothing.
#[must_use]
pub fn known<'a>(values: &[FilterValue], chosen: &'a str) -> &'a str {
    if values.iter().any(|(value, ..)| value == chosen) { chosen } else { "" }
}

/// What is chosen of a filter, in words: as it stands in the address where no value is known for it.
/// Nothing where nothing is chosen.
#[must_use]
pub fn chosen_in_words(values: &[FilterValue], chosen: &str) -> Option<String> {
    let known = values.iter().find(|(value, ..)| value == chosen).map(|(_, label, _)| label.clone());
    (!chosen.is_empty()).then(|| known.unwrap_or_else(|| chosen.to_owned()))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn values() -> Vec<FilterValue> {
        vec![("active".into(), "Active".into(), 3), ("ended".into(), "Ended".into(), 0)]
    }

    fn html(chosen: &str) -> String {
        let link = |value: &str| format!("?state={value}");
        Owner::new()
            .with(|| facets("State", ("Any state", Some(3)), values(), chosen, link).map(|chips| chips.to_html()).unwrap_or_default())
    }

    #[test]
    fn what_is_chosen_stays_among_the_filters_and_in_their_words_even_if_it_shows_nothing() {
        // (what is chosen, which chip is marked, in words)
        for (chosen, marked, words) in [
            ("", "Any state", None),
            ("active", "Active", Some("Active")),
            ("ended", "Ended", Some("Ended")),
            ("held", "held", Some("held")),
        ] {
            let html = html(chosen);
            let marks: Vec<&str> = html.split("<a ").filter(|chip| chip.contains("aria-current")).collect();
            assert!(marks.len() == 1 && marks[0].contains(marked), "{chosen}: {html}");
            assert_eq!(chosen_in_words(&values(), chosen).as_deref(), words, "{chosen}");
        }
        assert_eq!((known(&values(), "ended"), known(&values(), "held"), known(&[], "")), ("ended", "", ""));
        assert!(facets("State", ("Any state", None), vec![], "", str::to_owned).is_none());
        assert!(facets("State", ("Any state", None), vec![], "held", str::to_owned).is_some());
    }
}
