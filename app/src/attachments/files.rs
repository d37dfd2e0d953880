//! Files as people see them: on a draft with a form to add more, on a request as downloads.

use super::api::RemoveAttachment;
use super::port::AttachmentLine;
use crate::error::Problem;
use crate::paths;
use crate::ui::{Button, ButtonKind, Card};
use domain::attachment::{FIELD, LARGEST_FILE, MOST_FILES, endings, kinds};
use domain::id::DraftId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Id of the card, for links back to it.
pub const CARD: &str = "files";
/// The parameter of a draft's address that carries the code of a refused file.
pub const REFUSED: &str = "file";

/// The files of a draft, each with a button that takes it away, and the field that adds one.
///
/// `<AttachmentsOfDraft draft=view.id form=FORM_ID files=view.files refused=paths::parameter(search, files::REFUSED)/>`.
/// It stands beside the draft's form, and behind it in the page. The field and the buttons belong to that
/// form all the same, so that what was typed there comes along; what is typed comes before the file, and
/// the Enter key presses another button.
#[component]
pub fn AttachmentsOfDraft(
    draft: DraftId,
    /// The id of the draft's form.
    form: &'static str,
    files: Vec<AttachmentLine>,
    /// Code of the refusal in the address; empty when there was none.
    #[prop(optional, into)]
    refused: String,
) -> impl IntoView {
    let full = files.len() >= MOST_FILES;
    let count = format!("{} of {MOST_FILES}", files.len());
    let lines = files.into_iter().map(|file| draft_line(form, file)).collect::<Vec<_>>();
    let list = (!lines.is_empty()).then(|| view! { <ul class="divide-y divide-line" role="list">{lines}</ul> });
    let add = if full {
        view! { <p class="text-ink-2">{format!("These are {MOST_FILES} files, and no more fit: remove one to add another.")}</p> }
            .into_any()
    } else {
        upload(draft, form, refused)
    };
    view! {
        <Card title="Files" id=CARD aside=move || count>
            {list}
            {add}
        </Card>
    }
    .into_any()
}

fn draft_line(form: &'static str, file: AttachmentLine) -> AnyView {
    let id = file.id.to_string();
    let unseen = view! { <span class="sr-only">{format!(" {}", file.name)}</span> };
    view! {
        <li class="flex flex-wrap items-center gap-2 py-1.5">
            <span class="grow min-w-0">{name(&file)}</span>
            <span class="no-print">
                <Button kind=ButtonKind::Quiet submit=true form=form formaction=RemoveAttachment::PATH formnovalidate=true name="attachment" value=id>
                    "Remove"{unseen}
                </Button>
            </span>
        </li>
    }
    .into_any()
}

fn upload(draft: DraftId, form: &'static str, refused: String) -> AnyView {
    let said = (!refused.is_empty()).then(|| Problem { field: FIELD.to_owned(), code: refused }.sentence());
    let invalid = said.is_some().then_some("true");
    let described = if said.is_some() { "field-file-hint field-file-error" } else { "field-file-hint" };
    let hint = format!("{}. At most {} MiB each. Files stay on the record with the request.", kinds(), LARGEST_FILE / 1024 / 1024);
    view! {
        <div class="form">
            <div class="field">
                <label class="field-label" for="field-file">"Add a file"</label>
                <p class="field-hint" id="field-file-hint">{hint}</p>
                <input class="input" type="file" id="field-file" name=FIELD form=form accept=endings() aria-describedby=described aria-invalid=invalid/>
                {said.map(|said| view! { <p class="field-error" id="field-file-error"><span class="sr-only">"Error: "</span>{said}</p> })}
            </div>
            <div class="form-actions">
                <Button submit=true form=form formaction=paths::upload(draft) formenctype="multipart/form-data" formnovalidate=true>"Add the file"</Button>
            </div>
        </div>
    }
    .into_any()
}

/// The files of a request as downloads; nothing when there are none.
///
/// `<AttachmentsOfRequest files=view.attachments/>`
#[component]
pub fn AttachmentsOfRequest(files: Vec<AttachmentLine>) -> impl IntoView {
    if files.is_empty() {
        return ().into_any();
    }
    let count = files.len().to_string();
    let lines = files
        .into_iter()
        .map(|file| {
            let hash = file.sha256.clone();
            view! {
                <li class="py-1.5">
                    {name(&file)}
                    <p class="code text-ink-3 text-xs break-all">"SHA-256 "{hash}</p>
                </li>
            }
        })
        .collect_view();
    view! { <Card title="Files" id=CARD aside=move || count><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}

fn name(file: &AttachmentLine) -> AnyView {
    let what = format!(" {}, {}", file.kind.label(), file.size);
    view! { <a href=paths::attachment(file.id) rel="external" download="" class="break-all">{file.name.clone()}</a><span class="text-ink-2">{what}</span> }.into_any()
}
