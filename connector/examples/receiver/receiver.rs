//! A receiver of signed messages with accounts of its own: the other side of the webhook connector.
//!
//! To copy: it shares no code with Countersign and needs nothing but `docs/connectors/webhook.md`.
//! Where it keeps its state in memory, use a database, and write what was done and the id of the
//! message in **one transaction**: that is what makes a repeated message harmless.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far a timestamp may lie from our clock, in seconds.
const TOLERANCE: u64 = 300;

/// Shortest secret, in bytes: with an empty one, anybody could sign.
const SHORTEST_SECRET: usize = 24;

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The receiver: knows the secret, the roles that exist here, and whether it answers later.
pub struct Receiver {
    secret: Vec<u8>,
    roles: BTreeSet<String>,
    answers_later: bool,
    clock: Clock,
    state: Mutex<Kept>,
}

/// What a database would keep.
#[derive(Default)]
struct Kept {
    /// By login.
    accounts: BTreeMap<String, Account>,
    /// What was answered to messages that had an effect, by their id.
    answered: HashMap<String, Value>,
    /// What was there before a step, for undoing it.
    before: HashMap<StepName, Wanted>,
    /// Steps taken on and not done yet, by our reference.
    waiting: BTreeMap<String, Message>,
    /// What came of steps that were taken on: the body to send, until it was taken.
    outcomes: BTreeMap<String, Value>,
    references: u64,
    changes: u64,
}

/// An account, by the login that it was made with; not known and absent are the same.
#[derive(Clone, Default, PartialEq, Eq)]
struct Account {
    state: Presence,
    roles: BTreeSet<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Presence {
    #[default]
    Absent,
    Inactive,
    Active,
}

#[derive(Clone, Deserialize)]
struct Message {
    version: u64,
    message: String,
    #[serde(default)]
    operation: String,
    wanted: Option<Wanted>,
    release: Option<Release>,
    subject: Option<Subject>,
    entitlement: Option<Entitlement>,
}

/// What names a step when it is undone. A release is about one person.
#[derive(Clone, PartialEq, Eq, Hash)]
struct StepName {
    release: String,
    operation: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Account(Presence),
    Held(bool),
}

#[derive(Clone, Deserialize)]
struct Release {
    id: String,
}

#[derive(Clone, Deserialize)]
struct Subject {
    attributes: BTreeMap<String, String>,
    account: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Entitlement {
    reference: String,
}

/// A signed message of ours, ready to be posted.
pub struct Completion {
    /// Names and values of its headers.
    pub headers: [(&'static str, String); 3],
    /// Its body.
    pub body: Vec<u8>,
}

/// A status and a sentence.
type Refusal = (StatusCode, String);

/// Takes messages at `/access`.
pub fn router(receiver: Arc<Receiver>) -> Router {
    async fn access(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
        match receiver.take(&headers, &body) {
            Ok((status, answer)) => (status, Json(answer)).into_response(),
            Err((status, detail)) => (status, Json(json!({ "detail": detail }))).into_response(),
        }
    }
    Router::new().route("/access", post(access)).with_state(receiver)
}

impl Receiver {
    /// A receiver without accounts. None when the secret is not written `whsec_…` or is too short.
    pub fn new(secret: &str, roles: &[&str], answers_later: bool, clock: Clock) -> Option<Self> {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_")?).ok().filter(|secret| secret.len() >= SHORTEST_SECRET)?;
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        Some(Self { secret, roles, answers_later, clock, state: Mutex::default() })
    }

    /// Verifies a message and does what it says, once.
    pub fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(StatusCode, Value), Refusal> {
        let id = self.verified(headers, body).map_err(|why| (StatusCode::UNAUTHORIZED, why.to_owned()))?;
        let message: Message =
            serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, format!("The message cannot be read: {error}.")))?;
        if message.version != 1 {
            return Err((StatusCode::UNPROCESSABLE_ENTITY, format!("Version {} is not known here.", message.version)));
        }
        match message.message.as_str() {
            "ping" => Ok((StatusCode::OK, json!({}))),
            "read" => Ok((StatusCode::OK, self.look(&message)?)),
            "apply" | "undo" => self.once(id, message),
            other => Err((StatusCode::UNPROCESSABLE_ENTITY, format!("The message {other} is not known here."))),
        }
    }

    /// The id of a message that somebody signed who knows the secret, not long ago.
    fn verified(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, &'static str> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or("A header is missing.");
        let (id, sent_at, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        let time: i64 = sent_at.parse().map_err(|_| "The timestamp is no number.")?;
        if id.contains('.') || (self.clock)().abs_diff(time) > TOLERANCE {
            return Err("The message is too old, or one of our clocks is wrong.");
        }
        let mac = self.mac(id, sent_at, body).ok_or("The secret is empty.")?;
        let fits = signatures
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            // `verify_slice` compares in constant time.
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if fits { Ok(id.to_owned()) } else { Err("The signature does not fit.") }
    }

    fn mac(&self, id: &str, sent_at: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(format!("{id}.{sent_at}.").as_bytes());
        mac.update(body);
        Some(mac)
    }

    /// Does a step, or says again what was said when it was done. Refusals are not kept: what was
    /// refused may be possible the next time.
    fn once(&self, id: String, message: Message) -> Result<(StatusCode, Value), Refusal> {
        let mut kept = self.kept();
        let answer = match kept.answered.get(&id) {
            Some(answer) => answer.clone(),
            None => {
                let answer = if self.answers_later && message.message == "apply" {
                    kept.take_on(message)
                } else {
                    let login = kept.account_of(&message)?;
                    let found = self.carry_out(&mut kept, &message)?;
                    json!({ "account": login, "found": found })
                };
                kept.answered.insert(id, answer.clone());
                answer
            }
        };
        let status = if answer.get("reference").is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
        Ok((status, answer))
    }

    /// Does a step, or undoes it. Gives the state in which it found an account that it did not make.
    fn carry_out(&self, kept: &mut Kept, message: &Message) -> Result<Option<Presence>, Refusal> {
        let (step, role, undoing) = (message.step()?, message.role()?, message.message == "undo");
        let login = kept.account_of(message)?;
        if undoing {
            // A step that still waits must not be done after it was undone.
            kept.waiting.retain(|_, waiting| waiting.step().ok().as_ref() != Some(&step));
        }
        let wanted = match message.wanted {
            Some(wanted) => wanted,
            // Nobody looked before the step; what we found then is what has to come back.
            None if undoing => match kept.before.get(&step) {
                Some(before) => *before,
                None => return Ok(None),
            },
            None => return Err((StatusCode::UNPROCESSABLE_ENTITY, "The message does not say what is wanted.".to_owned())),
        };
        let found = kept.accounts.get(&login).cloned().unwrap_or_default();
        let mut account = found.clone();
        // What we found before the step is not ours to remove, and what we never made is neither.
        let of_others = match kept.before.get(&step) {
            Some(Wanted::Account(state)) => (*state != Presence::Absent).then_some(*state),
            Some(Wanted::Held(_)) => None,
            None => (step.operation == "ready_account" && found.state != Presence::Absent).then_some(found.state),
        };
        if undoing && matches!(wanted, Wanted::Account(Presence::Absent)) && of_others.is_some() {
            return Ok(Some(found.state));
        }
        let before = match wanted {
            // Who has no account needs none that is inactive.
            Wanted::Account(Presence::Inactive) if found.state == Presence::Absent => Wanted::Account(found.state),
            Wanted::Account(state) => {
                account.state = state;
                if state == Presence::Absent {
                    account.roles.clear();
                }
                Wanted::Account(found.state)
            }
            Wanted::Held(true) if !self.roles.contains(&role) => {
                return Err((StatusCode::UNPROCESSABLE_ENTITY, format!("There is no role {role} here.")));
            }
            Wanted::Held(true) if found.state == Presence::Absent => {
                return Err((StatusCode::CONFLICT, format!("There is no account {login} that could hold a role.")));
            }
            Wanted::Held(true) => Wanted::Held(!account.roles.insert(role)),
            Wanted::Held(false) => Wanted::Held(account.roles.remove(&role)),
        };
        if account != found {
            kept.changes += 1;
            kept.accounts.insert(login, account);
        }
        if undoing {
            kept.before.remove(&step);
        } else {
            kept.before.entry(step).or_insert(before);
        }
        Ok(of_others.filter(|_| message.operation == "ready_account"))
    }

    /// What is there now.
    fn look(&self, message: &Message) -> Result<Value, Refusal> {
        let kept = self.kept();
        let login = kept.account_of(message)?;
        let account = kept.accounts.get(&login).cloned().unwrap_or_default();
        Ok(match account.state {
            Presence::Absent => json!({ "account": "absent", "entitlements": [] }),
            Presence::Inactive => json!({ "account": "inactive", "account_id": login, "entitlements": account.roles }),
            Presence::Active => json!({ "account": "active", "account_id": login, "entitlements": account.roles }),
        })
    }

    /// Does the steps that were taken on, and gives the references of all outcomes that Countersign
    /// has not taken yet.
    pub fn work(&self) -> Vec<String> {
        let mut kept = self.kept();
        while let Some((reference, message)) = kept.waiting.pop_first() {
            let release = message.release.as_ref().map(|release| &release.id);
            let mut outcome = json!({ "version": 1, "reference": reference, "release": release, "operation": message.operation });
            match self.carry_out(&mut kept, &message) {
                Ok(found) => {
                    outcome["outcome"] = "done".into();
                    outcome["found"] = json!(found);
                }
                Err((_, detail)) => {
                    outcome["outcome"] = "failed".into();
                    outcome["detail"] = detail.into();
                }
            }
            kept.outcomes.insert(reference, outcome);
        }
        kept.outcomes.keys().cloned().collect()
    }

    /// The signed message about an outcome: the same id each time, a new time and signature.
    pub fn completion(&self, reference: &str) -> Option<Completion> {
        let body = self.kept().outcomes.get(reference)?.to_string().into_bytes();
        let (id, sent_at) = (format!("completion_{reference}"), (self.clock)().to_string());
        let signature = format!("v1,{}", STANDARD.encode(self.mac(&id, &sent_at, &body)?.finalize().into_bytes()));
        Some(Completion { headers: [("webhook-id", id), ("webhook-timestamp", sent_at), ("webhook-signature", signature)], body })
    }

    /// Countersign has taken the outcome, or refused it for good.
    pub fn taken(&self, reference: &str) {
        self.kept().outcomes.remove(reference);
    }

    /// How often something has changed here.
    pub fn changes(&self) -> u64 {
        self.kept().changes
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The account of the person: the one that Countersign knows, as long as it is here, otherwise the
    /// one of their login.
    fn account_of(&self, message: &Message) -> Result<String, Refusal> {
        let known = message.subject.as_ref().and_then(|subject| subject.account.clone());
        match known.filter(|account| self.accounts.get(account).is_some_and(|account| account.state != Presence::Absent)) {
            Some(account) => Ok(account),
            None => message.login(),
        }
    }

    fn take_on(&mut self, message: Message) -> Value {
        self.references += 1;
        let reference = format!("JOB-{}", self.references);
        self.waiting.insert(reference.clone(), message);
        json!({ "reference": reference })
    }
}

impl Message {
    fn login(&self) -> Result<String, Refusal> {
        self.subject
            .as_ref()
            .and_then(|subject| subject.attributes.get("login").cloned())
            .ok_or_else(|| (StatusCode::UNPROCESSABLE_ENTITY, "The person has no login.".to_owned()))
    }

    fn role(&self) -> Result<String, Refusal> {
        self.entitlement
            .as_ref()
            .map(|entitlement| entitlement.reference.clone())
            .ok_or_else(|| (StatusCode::UNPROCESSABLE_ENTITY, "The message names no entitlement.".to_owned()))
    }

    fn step(&self) -> Result<StepName, Refusal> {
        let release = self.release.as_ref().map(|release| release.id.clone());
        let release = release.ok_or_else(|| (StatusCode::UNPROCESSABLE_ENTITY, "The message names no release.".to_owned()))?;
        Ok(StepName { release, operation: self.operation.clone() })
    }
}
