//! Files as people see them: on a draft with a form to add more, on a request as downloads.

use super::api::RemoveAttachment;
use super::port::AttachmentLine;
use crate::error::Problem;
use crate::paths;
use crate::status::{failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary};
use domain::attachment::{FIELD, LARGEST_FILE, MOST_FILES, endings, kinds};
use domain::id::DraftId;
use leptos::prelude::*;

/// Id of the card, for links back to it.
pub const CARD: &str = "files";
/// The parameter of a draft's address that carries the code of a refused file.
pub const REFUSED: &str = "file";

/// The files of a draft, each with a button that takes it away, and the form that adds one.
///
/// `<AttachmentsOfDraft draft=view.id files=view.files refused=paths::parameter(search, files::REFUSED)/>`.
/// It has forms of its own, so it stands beside the draft's form, not inside of it.
#[component]
pub fn AttachmentsOfDraft(
    draft: DraftId,
    files: Vec<AttachmentLine>,
    /// Code of the refusal in the address; empty when there was none.
    #[prop(optional, into)]
    refused: String,
) -> impl IntoView {
    let remove = ServerAction::<RemoveAttachment>::new();
    let error = failure(move || remove.value().get());
    let full = files.len() >= MOST_FILES;
    let count = format!("{} of {MOST_FILES}", files.len());
    let lines = files.into_iter().map(|file| draft_line(draft, file, remove)).collect::<Vec<_>>();
    let list = (!lines.is_empty()).then(|| view! { <ul class="divide-y divide-line" role="list">{lines}</ul> });
    let add = if full {
        view! { <p class="text-ink-2">{format!("These are {MOST_FILES} files, and no more fit: remove one to add another.")}</p> }
            .into_any()
    } else {
        upload(draft, refused)
    };
    view! {
        <Card title="Files" id=CARD aside=move || count>
            <ErrorSummary errors=summary(error) title="Nothing was removed"/>
            {list}
            {add}
        </Card>
    }
    .into_any()
}

fn draft_line(draft: DraftId, file: AttachmentLine, remove: ServerAction<RemoveAttachment>) -> AnyView {
    let id = file.id.to_string();
    let unseen = view! { <span class="sr-only">{format!(" {}", file.name)}</span> };
    view! {
        <li class="flex flex-wrap items-center gap-2 py-1.5">
            <span class="grow min-w-0">{name(&file)}</span>
            <ActionForm action=remove>
                <input type="hidden" name="draft" value=draft.to_string()/>
                <input type="hidden" name="attachment" value=id/>
                <Button kind=ButtonKind::Quiet submit=true>"Remove"{unseen}</Button>
            </ActionForm>
        </li>
    }
    .into_any()
}

fn upload(draft: DraftId, refused: String) -> AnyView {
    let said = (!refused.is_empty()).then(|| Problem { field: FIELD.to_owned(), code: refused }.sentence());
    let invalid = said.is_some().then_some("true");
    let described = if said.is_some() { "field-file-hint field-file-error" } else { "field-file-hint" };
    let hint = format!("{}. At most {} MiB each. Files stay on the record with the request.", kinds(), LARGEST_FILE / 1024 / 1024);
    view! {
        <form method="post" action=paths::upload(draft) enctype="multipart/form-data" class="form">
            <div class="field">
                <label class="field-label" for="field-file">"Add a file"</label>
                <p class="field-hint" id="field-file-hint">{hint}</p>
                <input class="input" type="file" id="field-file" name=FIELD accept=endings() required aria-describedby=described aria-invalid=invalid/>
                {said.map(|said| view! { <p class="field-error" id="field-file-error"><span class="sr-only">"Error: "</span>{said}</p> })}
            </div>
            <div class="form-actions"><Button submit=true>"Add the file"</Button></div>
        </form>
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
