//! Signed messages to an address: for machines that have no SCIM, and a few lines of code in front.
//!
//! The protocol is documented in `docs/connectors/webhook.md`; `examples/receiver` is the other side,
//! to copy. In short: each step is one POST, signed ([`signing`]), with an id that stays the same
//! when it is sent again. 200 or 204 means done, 202 that the outcome follows ([`completion`]).

mod answer;
pub mod completion;
pub mod message;
mod plan;
mod settings;
pub mod signing;

pub use settings::WebhookSettings;

use crate::connector::{Applied, Capabilities, Connector, Surroundings, Tested, Undone};
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::http::{Answer, Ask, HttpOut, plain_words};
use crate::order::{Actual, Order, Plan, Step};
use crate::secret::Secret;
use async_trait::async_trait;
use message::Message;
use reqwest::Method;
use signing::{ID, SIGNATURE, SigningSecrets, TIMESTAMP, sign};
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

/// The version of messages, answers and completions.
pub const VERSION: u8 = 1;
/// Longest reference and account id, in characters.
pub const LONGEST_NAME: usize = 200;
/// Longest sentence of a receiver that is kept, in characters.
pub const LONGEST_DETAIL: usize = 500;

/// A receiver of signed messages.
pub struct Webhook {
    settings: WebhookSettings,
    url: Url,
    read_url: Url,
    secrets: SigningSecrets,
    http: HttpOut,
    surroundings: Arc<dyn Surroundings>,
}

impl Webhook {
    /// Takes checked settings, the secrets as they are written ([`SigningSecrets::parse`]) and a way
    /// out made with [`WebhookSettings::limits`]. Sends nothing.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] with the field; [`Fault::NotAllowed`] for an address.
    pub fn new(settings: WebhookSettings, secrets: &Secret, http: HttpOut, surroundings: Arc<dyn Surroundings>) -> Result<Self, Fault> {
        settings.check()?;
        let url = address(&http, "url", &settings.url)?;
        let read_url = match &settings.read_url {
            Some(read_url) => address(&http, "read_url", read_url)?,
            None => url.clone(),
        };
        let secrets = SigningSecrets::parse(secrets).map_err(|bad| Fault::Misconfigured { field: "secret", why: format!("{bad}.") })?;
        Ok(Self { settings, url, read_url, secrets, http, surroundings })
    }

    /// Sends a message, signed now. A receiver's own words for 409 and 410 come with what they mean.
    async fn say(
        &self,
        purpose: &'static str,
        to: &Url,
        message: &Message<'_>,
        by: &SigningSecrets,
        log: &mut Exchanges,
    ) -> Result<Answer, Fault> {
        let body = message.to_bytes()?;
        let sent_at = self.surroundings.unix_seconds();
        let signatures = sign(by, message.id(), sent_at, &body);
        let ask = Ask::new(purpose, Method::POST, to.clone())
            .header(ID, message.id())?
            .header(TIMESTAMP, &sent_at.to_string())?
            .header(SIGNATURE, &signatures)?
            .bytes("application/json", body)
            .also(answer::WITH_A_MEANING);
        let answer = self.http.send(ask, log).await?;
        match answer::refusal(&answer) {
            Some(refused) => Err(refused),
            None => Ok(answer),
        }
    }

    /// Ids of messages that change nothing need no key: a repeated one is a new question.
    fn passing_id(&self, what: &str) -> String {
        format!("{what}_{}_{}", self.surroundings.unix_seconds(), self.surroundings.micros())
    }

    async fn read(&self, order: &Order, log: &mut Exchanges) -> Result<Actual, Fault> {
        let id = self.passing_id("read");
        let answer = self.say("read_state", &self.read_url, &Message::read(order, &id), &self.secrets, log).await?;
        answer::actual(&answer)
    }
}

/// An address of the settings; what is wrong with it is told under the field's name.
fn address(http: &HttpOut, field: &'static str, text: &str) -> Result<Url, Fault> {
    http.address(text).map_err(|fault| match fault {
        Fault::Misconfigured { why, .. } => Fault::Misconfigured { field, why },
        other => other,
    })
}

#[async_trait]
impl Connector for Webhook {
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }

    async fn test(&self, log: &mut Exchanges) -> Result<Tested, Fault> {
        let mut findings = Vec::new();
        let mut addresses = vec![("messages", &self.url)];
        if self.settings.reads_back && self.read_url != self.url {
            addresses.push(("questions", &self.read_url));
        }
        for (what, url) in addresses {
            let id = self.passing_id("ping");
            match self.say("ping", url, &Message::ping(&id), &self.secrets, log).await {
                Ok(answer) if matches!(answer.status(), 200 | 204) => {
                    findings.push((true, format!("The receiver of {what} took a signed test message.")));
                }
                Ok(answer) => {
                    findings.push((
                        false,
                        format!("The receiver of {what} answered the test message with status {}, not with 200 or 204.", answer.status()),
                    ));
                    continue;
                }
                Err(Fault::Refused { said }) => {
                    findings.push((
                        false,
                        format!("The receiver of {what} refused a signed test message: {}", plain_words(&said, LONGEST_DETAIL)),
                    ));
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            let id = self.passing_id("ping");
            findings.push(match self.say("ping_badly_signed", url, &Message::ping(&id), &SigningSecrets::wrong(), log).await {
                Err(Fault::Refused { .. }) => (true, format!("The receiver of {what} refuses a message with a wrong signature.")),
                Ok(_) => {
                    (false, format!("The receiver of {what} takes a message with a wrong signature, so anybody could give orders to it."))
                }
                Err(fault) => (false, format!("Whether the receiver of {what} refuses a wrong signature could not be found out. {fault}")),
            });
        }
        Ok(Tested { findings })
    }

    async fn plan(&self, order: &Order, log: &mut Exchanges) -> Result<Plan, Fault> {
        let found = if self.settings.reads_back { Some(self.read(order, log).await?) } else { None };
        Ok(plan::planned(order, self.settings.accounts, found))
    }

    async fn apply(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Applied, Fault> {
        let id = key.to_string();
        let message = Message::apply(order, step.operation, &id);
        let answer = self.say(step.operation.word(), &self.url, &message, &self.secrets, log).await?;
        answer::applied(&answer, self.settings.answers_later)
    }

    async fn read_back(&self, order: &Order, log: &mut Exchanges) -> Result<Actual, Fault> {
        self.capabilities().leave_to_read()?;
        self.read(order, log).await
    }

    async fn undo(&self, order: &Order, step: &Step, key: Uuid, log: &mut Exchanges) -> Result<Undone, Fault> {
        self.capabilities().leave_to_undo()?;
        // Another id than that of the step, should the caller use one key for both.
        let id = format!("undo_{key}");
        let message = Message::undo(order, step, &id);
        let answer = self.say(step.operation.undo_word(), &self.url, &message, &self.secrets, log).await?;
        answer::done(&answer).map(|told| Undone { left: told.found })
    }
}
