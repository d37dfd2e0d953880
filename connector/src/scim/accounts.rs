//! Accounts: finding the one of a person, making, activating and closing it.

use super::ScimConnector;
use super::change::{Change, Changed, TRIES, overtaken};
use super::client::{Endpoint, Question, Write};
use super::path::{field, needs_escaping};
use super::record::Record;
use super::settings::Closing;
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::http::plain_words;
use crate::order::{Account, Subject};
use reqwest::Method;
use scim_v2::filter::{AttrPath, PatchPath};
use scim_v2::models::others::{OperationTarget, PatchOperation};
use scim_v2::schema_urns;
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;

/// Characters of a foreign or own value in a sentence.
const LONGEST_VALUE: usize = 120;

/// An account that was brought to a state.
pub(super) struct Brought {
    /// Its id, unless it is gone.
    pub id: Option<String>,
    /// How it was found, when others made it.
    pub found: Option<Account>,
}

impl ScimConnector {
    /// The account of a person: the one that is known by its id, which never means another one (RFC 7643
    /// section 3.1), otherwise one that we made by the value with which it was asked for before, otherwise by
    /// today's.
    pub(super) async fn find(&self, subject: &Subject, log: &mut Exchanges) -> Result<Option<Record>, Fault> {
        if let Some(id) = &subject.account
            && let Some((record, _)) = self.client.read("read_account", Endpoint::Users, id, log).await?
        {
            if record.id()? != id {
                return Err(Fault::Garbled { why: "asked for one account, it shows another.".to_owned() });
            }
            return Ok(Some(record));
        }
        let today = own_attribute(subject, &self.settings.matching_attribute);
        for wanted in self.wanted(subject)? {
            if let Some(record) = self.find_by(&wanted, log).await?
                // What the person was called before may be what somebody else is called by now.
                && (today.as_ref() == Some(&wanted) || self.is_ours(&record, subject)?)
            {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// A server that reads escaped characters wrongly does not find what is there, so for such a value
    /// all accounts are read when the filter finds none.
    async fn find_by(&self, wanted: &str, log: &mut Exchanges) -> Result<Option<Record>, Fault> {
        match self.search(wanted, true, log).await {
            Ok(None) | Err(Fault::Refused { .. }) if needs_escaping(wanted) => self.search(wanted, false, log).await,
            found => found,
        }
    }

    /// What the server found is looked at again: some servers ignore filters that they do not know
    /// and answer with everybody.
    async fn search(&self, wanted: &str, by_filter: bool, log: &mut Exchanges) -> Result<Option<Record>, Fault> {
        let path = &self.settings.matching;
        let question = Question { filter: by_filter.then(|| path.filter(wanted)), without_members: false };
        let (mut found, mut others, mut silent) = (Vec::new(), 0, 0);
        self.client
            .list("find_account", Endpoint::Users, &question, log, |record| {
                let values = path.read(&record.0);
                if values.iter().any(|value| path.same(value, wanted)) {
                    found.push(record);
                } else if values.is_empty() {
                    silent += 1;
                } else {
                    others += 1;
                }
                if found.len() > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await?;
        let value = plain_words(wanted, LONGEST_VALUE);
        match found.len() {
            0 if by_filter && silent > 0 && others == 0 => Err(Fault::Refused {
                said: format!(
                    "The machine found an account by {path} “{value}” and does not show {path}, so it is not certain whose it is."
                ),
            }),
            0 | 1 => Ok(found.pop()),
            _ => Err(Fault::Refused {
                said: format!("More than one account over there has {path} “{value}”. Somebody has to say which is the right one."),
            }),
        }
    }

    /// Brings the account to a state, whatever it is in now.
    pub(super) async fn bring_account(&self, subject: &Subject, wanted: Account, log: &mut Exchanges) -> Result<Brought, Fault> {
        let mut found = None;
        for _ in 0..TRIES {
            let Some(record) = self.find(subject, log).await? else {
                match wanted {
                    Account::Absent => return Ok(Brought { id: None, found }),
                    Account::Active | Account::Inactive => {
                        match self.create(subject, wanted == Account::Active, log).await? {
                            Some(id) => return Ok(Brought { id: Some(id), found: None }),
                            // Somebody made it in between, or our own earlier call did.
                            None => continue,
                        }
                    }
                }
            };
            let (id, state) = (record.id()?.to_owned(), record.account()?);
            if found.is_none() && !self.is_ours(&record, subject)? {
                found = Some(state);
            }
            if state == wanted {
                return Ok(Brought { id: Some(id), found });
            }
            let changed = match wanted {
                Account::Absent => self.delete(&id, record.version(), log).await?,
                Account::Active => self.set_active(&id, record.version(), true, log).await?,
                Account::Inactive => self.set_active(&id, record.version(), false, log).await?,
            };
            if changed == Changed::Done {
                return Ok(Brought { id: (wanted != Account::Absent).then_some(id), found });
            }
        }
        Err(overtaken())
    }

    /// Whether we made an account: the release says so, or the account has the `externalId` that we give,
    /// which only who makes an account sets (RFC 7643 section 3.1).
    fn is_ours(&self, record: &Record, subject: &Subject) -> Result<bool, Fault> {
        if subject.is_made_for_release(record.id()?) {
            return Ok(true);
        }
        let attribute = self.settings.marked_by();
        let mark = record.text("externalId");
        Ok(mark.is_some()
            && [asked_attribute(subject, attribute), own_attribute(subject, attribute)].iter().any(|ours| ours.as_deref() == mark))
    }

    /// Closes the account as the settings say.
    pub(super) async fn close(&self, subject: &Subject, log: &mut Exchanges) -> Result<(), Fault> {
        match self.settings.closing {
            // Never planned; who asks for it nevertheless is told whether the machine answers.
            Closing::Keep => self.find(subject, log).await.map(|_| ()),
            Closing::Delete => self.bring_account(subject, Account::Absent, log).await.map(|_| ()),
            // What is not there cannot be used either, and is not made for that.
            Closing::Deactivate => self.deactivate(subject, log).await,
        }
    }

    /// Makes the account inactive, when there is one.
    pub(super) async fn deactivate(&self, subject: &Subject, log: &mut Exchanges) -> Result<(), Fault> {
        match self.find(subject, log).await? {
            None => Ok(()),
            Some(_) => self.bring_account(subject, Account::Inactive, log).await.map(|_| ()),
        }
    }

    /// Removes an account that we made, when it holds nothing; otherwise, or where the server does
    /// not let us, makes it inactive. One that others made is left as it is, and its state is given.
    pub(super) async fn unmake(&self, subject: &Subject, log: &mut Exchanges) -> Result<Option<Account>, Fault> {
        let Some(record) = self.find(subject, log).await? else {
            return Ok(None);
        };
        if !self.is_ours(&record, subject)? {
            return record.account().map(Some);
        }
        let holds_nothing = match self.held(&record, None, log).await {
            Ok(held) => held.is_empty(),
            // Who cannot be seen to hold nothing keeps the account.
            Err(Fault::Refused { .. } | Fault::Garbled { .. }) => false,
            Err(fault) => return Err(fault),
        };
        if holds_nothing {
            match self.bring_account(subject, Account::Absent, log).await {
                Err(Fault::Refused { .. } | Fault::Broken { status: 501 }) => {}
                done => return done.map(|_| None),
            }
        }
        self.deactivate(subject, log).await.map(|()| None)
    }

    /// The values by which the person's account is looked for, in order.
    fn wanted(&self, subject: &Subject) -> Result<Vec<String>, Fault> {
        let name = &self.settings.matching_attribute;
        let mut values: Vec<String> = [asked_attribute(subject, name), own_attribute(subject, name)].into_iter().flatten().collect();
        values.dedup();
        if values.is_empty() {
            let said = format!("Our record of this person has no {name}, by which the account over there is found.");
            return Err(Fault::Refused { said });
        }
        Ok(values)
    }

    /// Makes the account. None when the server says that there is one already, and it is found.
    async fn create(&self, subject: &Subject, active: bool, log: &mut Exchanges) -> Result<Option<String>, Fault> {
        let body = self.new_account(subject, active)?;
        let answer = self.client.create("create_account", Endpoint::Users, &body, log).await?;
        if answer.status() == 409 {
            return match self.find(subject, log).await? {
                Some(_) => Ok(None),
                None => {
                    let Fault::Refused { said } = answer.refused() else {
                        return Err(answer.refused());
                    };
                    let path = &self.settings.matching;
                    Err(Fault::Refused { said: format!("{said} (No account is found by {path}, yet something of the new one is taken.)") })
                }
            };
        }
        // 201 without a record that can be read: it is there, and is found by what it was given.
        if let Some(id) = answer.json::<Record>().ok().and_then(|record| record.id().map(str::to_owned).ok()) {
            return Ok(Some(id));
        }
        match self.find(subject, log).await? {
            Some(record) => Ok(Some(record.id()?.to_owned())),
            None => Err(Fault::Garbled { why: "it says that the account was made, and the account is not found.".to_owned() }),
        }
    }

    fn new_account(&self, subject: &Subject, active: bool) -> Result<Value, Fault> {
        let mut record = Map::new();
        let matching = (&self.settings.matching, &self.settings.matching_attribute);
        let mapped = self.settings.attributes.iter().map(|(path, attribute)| (path, attribute));
        for (path, attribute) in mapped.chain([matching]) {
            match own_attribute(subject, attribute) {
                Some(value) => path.write(&mut record, &value),
                None if path.is("userName") => {
                    return Err(Fault::Refused { said: format!("Our record of this person has no {attribute}, which becomes userName.") });
                }
                None => {}
            }
        }
        if self.settings.marked_by() == "identity" && field(&record, "externalId").is_none() {
            record.insert("externalId".to_owned(), json!(subject.identity));
        }
        let extensions = record.keys().filter(|name| name.starts_with("urn:"));
        let schemas: Vec<&str> = std::iter::once(schema_urns::USER).chain(extensions.map(String::as_str)).collect();
        let (schemas, active) = (json!(schemas), json!(active));
        record.insert("schemas".to_owned(), schemas);
        record.insert("active".to_owned(), active);
        Ok(Value::Object(record))
    }

    async fn set_active(&self, id: &str, version: Option<&str>, active: bool, log: &mut Exchanges) -> Result<Changed, Fault> {
        let change = Change {
            purpose: if active { "activate_account" } else { "deactivate_account" },
            endpoint: Endpoint::Users,
            id,
            version,
            whole: false,
            several: None,
            operation: PatchOperation::Replace(OperationTarget::WithPath {
                path: PatchPath::Attr(AttrPath::with_name("active")),
                value: Some(json!(active)),
            }),
            rewrite: &|record| {
                record.set("active", json!(active));
                Ok(())
            },
        };
        self.change(change, log).await
    }

    async fn delete(&self, id: &str, version: Option<&str>, log: &mut Exchanges) -> Result<Changed, Fault> {
        let write = Write {
            purpose: "delete_account",
            method: Method::DELETE,
            endpoint: Endpoint::Users,
            id,
            version,
            body: None,
            also: &[404, 412],
        };
        let answer = self.client.write(write, log).await?;
        Ok(if matches!(answer.status(), 404 | 412) { Changed::Overtaken } else { Changed::Done })
    }
}

/// One of our attributes; what is empty is absent.
fn own_attribute(subject: &Subject, name: &str) -> Option<String> {
    if name == "identity" {
        return Some(subject.identity.to_string());
    }
    text(subject.attribute(name))
}

/// One of our attributes as the account was asked for before.
fn asked_attribute(subject: &Subject, name: &str) -> Option<String> {
    text(subject.asked_as.get(name).map(String::as_str))
}

fn text(value: Option<&str>) -> Option<String> {
    value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}
