//! The conversation on a request: an approver's question, the requester's answer.

use super::port::{MessageView, RequestView};
use super::trails::moment;
use crate::inbox::api::AnswerQuestion;
use crate::paths;
use crate::refused::typed;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, TextArea};
use leptos::prelude::*;

/// The thread; nothing while nobody asked anything.
#[component]
pub fn Conversation(messages: Vec<MessageView>) -> impl IntoView {
    if messages.is_empty() {
        return ().into_any();
    }
    let lines = messages
        .into_iter()
        .map(|MessageView { revision, question, by, stood_in_for, body, at }| {
            let (word, class) = if question { ("asked", "message message-question") } else { ("answered", "message message-answer") };
            let stands_in = stood_in_for.map(|from| view! { ", standing in for "<a href=paths::identity(from.id)>{from.name}</a>"," });
            view! {
                <li class=class>
                    <p class="text-ink-2"><a href=paths::identity(by.id)>{by.name}</a>{stands_in}" "{word}" on revision "{revision.to_string()}", "{moment(&at)}</p>
                    <p class="whitespace-pre-line">{body}</p>
                </li>
            }
        })
        .collect_view();
    view! { <Card title="Questions and answers" id="conversation"><ol role="list" class="messages">{lines}</ol></Card> }.into_any()
}

/// The form that answers the question in words.
#[component]
pub fn AnswerForm(view: RequestView) -> impl IntoView {
    let answer = ServerAction::<AnswerQuestion>::new();
    let refusal = failure(move || answer.value().get());
    let error = Signal::derive(move || refusal.with(|refusal| at(refusal.as_ref(), "answer")));
    let typed = typed::<AnswerQuestion>("answer");
    let asked = view.messages.iter().rfind(|message| message.question).map(|question| (question.by.name.clone(), question.body.clone()));
    let question = asked.map(|(name, body)| view! { <p class="whitespace-pre-line"><strong>{name}" asks: "</strong>{body}</p> });
    view! {
        <div class="no-print">
            <Card title="Answer the question" id="answer">
                <ErrorSummary errors=summary(refusal) title="The answer was not sent"/>
                {question}
                <ActionForm action=answer attr:class="form">
                    <input type="hidden" name="request" value=view.id.to_string()/>
                    <input type="hidden" name="version" value=view.version.to_string()/>
                    <TextArea name="answer" label="Your answer" value=typed hint="The request stays as it is; those who were asked go on deciding. At most 2,000 characters." required=true rows=3 maxlength=2000 error=error/>
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Send the answer"</Button></div>
                </ActionForm>
            </Card>
        </div>
    }
    .into_any()
}

/// Leads on: to the request; a refused plain form back to it, with what was typed.
#[cfg(feature = "ssr")]
pub(crate) async fn finish<F: leptos::server_fn::ServerFn<Error = crate::error::AppError>>(
    made: Result<(), crate::error::AppError>,
    request: domain::id::RequestId,
    typed: &str,
) -> Result<(), crate::error::AppError> {
    match &made {
        Ok(()) => leptos_axum::redirect(&paths::request_after(request, "answered_question")),
        Err(error) => crate::way_back::lead_with::<F>(&paths::request(request), &[("answer", typed)], error).await,
    }
    made
}
