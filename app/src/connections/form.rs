//! The form of a connection. It goes to the page's own address; refused, it comes back as it was typed,
//! but for the secret, with a sentence at each field.

use super::port::{ConnectionView, SecretView};
use super::refused::RefusedConnection;
use crate::changes::form::with_limit;
use crate::changes::port::{EditField, FieldShape};
use crate::changes::refused::input_name;
use crate::error::AppError;
use crate::paths;
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, Notice, PasswordField, SelectField, SeveralField, TextArea, TextField, Tone};
use domain::connection::ConnectorKind;
use leptos::prelude::*;

/// The card with the form.
pub(super) fn form(view: &ConnectionView, refused: Option<&RefusedConnection>) -> AnyView {
    let new = view.line.is_none();
    let action = match &view.line {
        Some(line) => paths::connection(line.id),
        None => paths::new_connection(view.kind.word()),
    };
    let in_use = view.line.as_ref().is_some_and(|line| line.in_use);
    let fields = view.fields.iter().filter(|field| new || !field.fixed).map(|field| control(field, refused)).collect_view();
    let second = in_use.then(|| {
        view! { <Notice tone=Tone::Info title="A second person confirms." text="Applications use this connection, or access was given through it. Until another administrator, or compliance, confirms a change, releases use the settings in force."/> }
    });
    let (title, word) = if new { ("New connection", "Make the connection") } else { ("Settings", "Save") };
    let reason = refused.map(|refused| refused.form.reason.clone()).unwrap_or_default();
    let (errors, why) = (summary(view, refused), at(refused, "reason"));
    let (kind, version, secret) = (view.kind.word(), view.version.to_string(), secret(view, refused));
    view! {
        <Card title=title id="settings">
            <div class="stack">
                <ErrorSummary errors=errors title="Nothing was changed"/>
                {second}
                <form method="post" action=action novalidate>
                    <div class="form">
                        <input type="hidden" name="step" value="save"/>
                        <input type="hidden" name="kind" value=kind/>
                        <input type="hidden" name="base_version" value=version/>
                        <div class="form-fields">{fields}{secret}</div>
                        <TextArea name="reason" label="Why" hint="It stands beside the version for ever. At most 2,000 characters." required=true rows=2 maxlength=2000 value=reason error=why/>
                        <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>{word}</Button></div>
                    </div>
                </form>
            </div>
        </Card>
    }
    .into_any()
}

/// The field for the secret, which is never filled in.
fn secret(view: &ConnectionView, refused: Option<&RefusedConnection>) -> Option<AnyView> {
    let (state, required) = match &view.secret {
        SecretView::None => return None,
        SecretView::Missing => (String::new(), true),
        SecretView::Set(since) => {
            let since = since.as_ref().map(|since| format!(" on {}", since.text)).unwrap_or_default();
            (format!("Set{since}. Empty keeps it. "), false)
        }
        SecretView::Sealed(_) => ("The one that is there cannot be opened. ".to_owned(), true),
    };
    let what = match view.kind {
        ConnectorKind::Webhook => {
            "whsec_ and 24 to 64 random bytes in base64; while it is replaced, the new one, a space, the old one. Up to 4,000 characters."
        }
        ConnectorKind::Scim | ConnectorKind::Manual | ConnectorKind::Memory => "The token or the password. Up to 4,000 characters.",
    };
    let hint = format!("{state}{what} It is sealed and never shown again.");
    Some(
        view! { <div class="form-wide"><PasswordField name="secret" label="Secret" autocomplete="off" hint=hint required=required maxlength=4000 error=at(refused, "secret")/></div> }
            .into_any(),
    )
}

fn at(refused: Option<&RefusedConnection>, field: &str) -> Option<String> {
    refused?.refused.problems.iter().find(|(name, _)| name == field).map(|(_, sentence)| sentence.clone())
}

fn summary(view: &ConnectionView, refused: Option<&RefusedConnection>) -> Signal<Vec<(String, String)>> {
    let labelled = |name: &str, sentence: &str| {
        let label = view.fields.iter().find(|field| field.name == name).map(|field| field.label.as_str());
        let label = label.or_else(|| (name == "secret").then_some("Secret")).or_else(|| (name == "reason").then_some("Why"));
        label.map_or_else(|| sentence.to_owned(), |label| format!("{label}: {sentence}"))
    };
    let lines = match refused.map(|refused| &refused.refused) {
        None => vec![],
        Some(refused) if refused.problems.is_empty() => vec![(String::new(), said(&refused.error))],
        Some(refused) => refused.problems.iter().map(|(name, sentence)| (name.clone(), labelled(name, sentence))).collect(),
    };
    Signal::stored(lines)
}

fn said(error: &AppError) -> String {
    match error {
        AppError::Changed => "Somebody else changed this connection meanwhile. What you typed is kept, and the version in force is taken as its base now: save again when you have read it.".to_owned(),
        other => other.sentence().to_owned(),
    }
}

fn control(field: &EditField, refused: Option<&RefusedConnection>) -> AnyView {
    let EditField { name, label, hint, shape, value, required, .. } = field.clone();
    let error = at(refused, &name);
    let hint = with_limit(hint, &shape);
    let value = refused.and_then(|refused| refused.form.fields.get(&name).cloned()).unwrap_or(value);
    let (id, name) = (format!("field-{name}"), input_name(&name));
    match shape {
        FieldShape::Line { most } => {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            line(most > 200, view! { <TextField name=name label=label id=id value=value hint=hint error=error required=required maxlength=most/> }.into_any())
        }
        FieldShape::Lines { most, rows } => {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            line(true, view! { <TextArea name=name label=label id=id value=value hint=hint error=error required=required rows=rows maxlength=most/> }.into_any())
        }
        FieldShape::Number { .. } => {
            line(false, view! { <TextField name=name label=label id=id value=value hint=hint error=error required=required inputmode="numeric" maxlength=20/> }.into_any())
        }
        FieldShape::Choice { options } => {
            line(false, view! { <SelectField name=name label=label id=id options=options value=value hint=hint error=error required=required/> }.into_any())
        }
        FieldShape::Several { options } => {
            let values: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            line(true, view! { <SeveralField name=name label=label id=id options=options values=values hint=hint error=error required=required/> }.into_any())
        }
    }
}

fn line(wide: bool, control: AnyView) -> AnyView {
    view! { <div class=if wide { "form-wide" } else { "" }>{control}</div> }.into_any()
}
