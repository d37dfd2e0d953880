//! What shows that work by hand was done: everything that was given, and the field that adds a file.

use super::port::{EvidenceLine, ReleaseView};
use crate::error::Problem;
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Button, Card};
use domain::attachment::{FIELD, LARGEST_FILE, endings, kinds};
use domain::manual::Piece;
use domain::release::ReleaseState;
use leptos::prelude::*;

/// Id of the card, for links back to it.
pub const CARD: &str = "evidence";
/// Id of the form of the confirmation. The field that adds a file and its button belong to it, so that what
/// was typed there comes along.
pub const CONFIRMATION: &str = "confirmation";
/// Id of the sentence of the confirmation that a file is missing. It describes the field that adds one.
pub const MISSING: &str = "confirmation-file-error";
/// The parameter of a release's address that carries the code of a refused file.
pub const REFUSED: &str = "file";

/// The card with what was given, and for whoever may confirm the field that adds a file. Nothing while
/// there is neither. `refused` is the code in the address, empty without one; `missing` is what the
/// confirmation says about the file.
#[component]
pub fn EvidenceCard(release: ReleaseView, #[prop(into)] refused: String, missing: Signal<Option<String>>) -> impl IntoView {
    let open = matches!(release.line.state, ReleaseState::Planned | ReleaseState::Held { .. }) && release.obstacle.is_none();
    let by_hand = release.by_hand.as_ref().filter(|_| open);
    if by_hand.is_none() && release.evidence.is_empty() {
        return ().into_any();
    }
    let lines = release.evidence.iter().map(line).collect::<Vec<_>>();
    let list = (!lines.is_empty()).then(|| view! { <ul class="divide-y divide-line" role="list">{lines}</ul> });
    let add = by_hand.map(|by_hand| {
        if by_hand.room_for_files == 0 {
            view! { <p class="text-ink-2">"No more files fit. What was added stays on the record."</p> }.into_any()
        } else {
            upload(&release, refused, missing)
        }
    });
    view! { <Card title="What shows it" id=CARD>{list}{add}</Card> }.into_any()
}

fn line(line: &EvidenceLine) -> AnyView {
    let said = match line.kind {
        Piece::File => {
            let what = line.size.clone().map(|size| format!(" {size}"));
            let hash = line.sha256.clone().map(|hash| view! { <p class="code text-ink-3 text-xs break-all">"SHA-256 "{hash}</p> });
            view! {
                <p><a href=paths::release_file(line.id) rel="external" download="" class="break-all">{line.said.clone()}</a><span class="text-ink-2">{what}</span></p>
                {hash}
            }
            .into_any()
        }
        Piece::Link => {
            // Somebody else's page: it is not told where the reader came from.
            view! { <p><a href=line.said.clone() rel="external noopener noreferrer nofollow" class="break-all">{line.said.clone()}</a></p> }
                .into_any()
        }
        Piece::Check => view! { <p>"Ticked: "{line.said.clone()}</p> }.into_any(),
        Piece::Text => view! { <p class="whitespace-pre-line break-words">{line.said.clone()}</p> }.into_any(),
    };
    let waits = (!line.confirmed).then_some(", waits for the confirmation");
    view! { <li class="py-1.5">{said}<p class="text-ink-3 text-xs">{line.by.name.clone()}", "{moment(&line.at)}{waits}</p></li> }.into_any()
}

fn upload(release: &ReleaseView, refused: String, missing: Signal<Option<String>>) -> AnyView {
    let said = (!refused.is_empty()).then(|| Problem { field: FIELD.to_owned(), code: refused }.sentence());
    let upload_refused = said.is_some();
    let invalid = move || (upload_refused || missing.with(Option::is_some)).then_some("true");
    let described = move || {
        let of_upload = upload_refused.then_some("field-file-error");
        let of_confirmation = missing.with(Option::is_some).then_some(MISSING);
        ["field-file-hint"].into_iter().chain(of_upload).chain(of_confirmation).collect::<Vec<_>>().join(" ")
    };
    let hint = format!("{}. At most {} MiB each. What is added stays on the record.", kinds(), LARGEST_FILE / 1024 / 1024);
    view! {
        <div class="form">
            <div class="field">
                <label class="field-label" for="field-file">"Add a file that shows it"</label>
                <p class="field-hint" id="field-file-hint">{hint}</p>
                <input class="input" type="file" id="field-file" name=FIELD form=CONFIRMATION accept=endings() aria-describedby=described aria-invalid=invalid/>
                {said.map(|said| view! { <p class="field-error" id="field-file-error"><span class="sr-only">"Error: "</span>{said}</p> })}
            </div>
            <div class="form-actions">
                <Button submit=true form=CONFIRMATION formaction=paths::release_upload(release.line.id) formenctype="multipart/form-data" formnovalidate=true>"Add the file"</Button>
            </div>
        </div>
    }
    .into_any()
}
