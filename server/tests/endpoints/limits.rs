//! What a page says at its text fields about how much they take.

/// The text fields of a page, by name, and what is missing at them.
pub struct Fields {
    pub names: Vec<String>,
    pub missing: Vec<String>,
}

/// Looks at every field that somebody types words into. A number is limited by its range, so that
/// has to be said; everything else by its number of characters.
pub fn of(page: &str) -> Fields {
    let mut found = Fields { names: vec![], missing: vec![] };
    for tag in page.split('<').skip(1) {
        let head = tag.split('>').next().unwrap_or_default();
        let typed_into = match head.split_whitespace().next() {
            Some("textarea") => true,
            Some("input") => {
                let kind = attribute(head, "type").unwrap_or_else(|| "text".to_owned());
                ["text", "search", "email", "tel", "url", "password"].contains(&kind.as_str()) && !head.contains(" readonly")
            }
            _ => false,
        };
        if !typed_into {
            continue;
        }
        let name = attribute(head, "name").unwrap_or_default();
        let said = described(page, &attribute(head, "aria-describedby").unwrap_or_default());
        let said = said.replace(',', "");
        let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        match attribute(head, "maxlength") {
            None => found.missing.push(format!("{name} has no limit")),
            Some(_) if attribute(head, "inputmode").as_deref() == Some("numeric") => {
                if numbers.next().is_none() {
                    found.missing.push(format!("{name} does not say its range, but: {said}"));
                }
            }
            Some(most) => {
                if !numbers.any(|number| number == most) {
                    found.missing.push(format!("{name} does not say that it takes {most} characters, but: {said}"));
                }
            }
        }
        found.names.push(name);
    }
    found
}

/// The words of the elements with these ids.
fn described(page: &str, ids: &str) -> String {
    let words = |id: &str| {
        let (_, rest) = page.split_once(&format!(" id=\"{id}\""))?;
        let (_, text) = rest.split_once('>')?;
        text.split("</p>").next()?.split("</span>").next().map(str::to_owned)
    };
    ids.split_whitespace().filter_map(words).collect::<Vec<_>>().join(" ")
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

#[test]
fn a_field_without_a_limit_or_that_keeps_it_to_itself_is_found() {
    let page = r#"<input type="text" name="a"><input type="search" name="b" maxlength="200" aria-describedby="b-hint">
        <p id="b-hint">Up to 20 characters.</p><textarea name="c" maxlength="2000" aria-describedby="c-error c-hint"></textarea>
        <p class="x" id="c-hint">Why. At most 2,000 characters.</p><input type="date" name="d"><input type="text" name="e" readonly>
        <input type="text" name="f" inputmode="numeric" maxlength="16">"#;
    let Fields { names, missing } = of(page);
    assert_eq!(names, ["a", "b", "c", "f"]);
    assert_eq!(missing.iter().map(|what| what.split(' ').next().unwrap()).collect::<Vec<_>>(), ["a", "b", "f"]);
}
