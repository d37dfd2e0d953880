//! Changing one record: with PATCH, or by replacing it whole where the server cannot do that.

use super::ScimConnector;
use super::client::{Endpoint, Question, Write};
use super::membership::{FIRST_GROUPS, NO_SUCH_FILTER, NOBODY};
use super::path::{equals, needs_escaping};
use super::record::Record;
use super::settings::Patch;
use crate::exchange::Exchanges;
use crate::fault::Fault;
use reqwest::Method;
use scim_v2::filter::{AttrExp, AttrPath, Filter};
use scim_v2::models::others::{PatchOp, PatchOperation};
use scim_v2::schema_urns;
use serde_json::{Map, Value};

/// How often a record is read again because others changed it in between.
pub(super) const TRIES: usize = 5;

/// What is changed, said in both ways.
pub(super) struct Change<'a> {
    pub purpose: &'static str,
    pub endpoint: Endpoint,
    pub id: &'a str,
    /// The version that was read, when the server has versions.
    pub version: Option<&'a str>,
    /// The server may misread the operation, so the record is replaced whole.
    pub whole: bool,
    /// What may not be lost when the record is replaced whole.
    pub several: Option<Several>,
    /// For PATCH.
    pub operation: PatchOperation,
    /// For PUT: does the same to the whole record, unless the record is of another shape.
    pub rewrite: &'a (dyn Fn(&mut Record) -> Result<(), Fault> + Send + Sync),
}

/// An attribute with many values that a server may leave out of what it shows.
#[derive(Clone, Copy)]
pub(super) struct Several {
    pub name: &'static str,
    /// The settings say that it is read: where none is shown, there is none.
    pub read: bool,
    /// One at least is there, because it is to be removed.
    pub some: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// The server says it is done.
    Done,
    /// Others changed or removed the record since it was read; nothing was changed.
    Overtaken,
}

/// When others were quicker every time.
pub(super) fn overtaken() -> Fault {
    Fault::Refused {
        said: format!("The record over there was changed by others each time, {TRIES} times in a row. Nothing was changed by us."),
    }
}

impl ScimConnector {
    /// Changes a record once. Both answers to a PATCH are well: 200 with the record and 204 without
    /// (RFC 7644 section 3.5.2).
    pub(super) async fn change(&self, change: Change<'_>, log: &mut Exchanges) -> Result<Changed, Fault> {
        if !change.whole && self.patches(log).await? {
            let body = PatchOp { schemas: vec![schema_urns::PATCH_OP.to_owned()], operations: vec![change.operation.clone()] };
            let body =
                serde_json::to_value(body).map_err(|_| Fault::Garbled { why: "our own request cannot be written as JSON.".to_owned() })?;
            let write = Write {
                purpose: change.purpose,
                method: Method::PATCH,
                endpoint: change.endpoint,
                id: change.id,
                version: change.version,
                body: Some(body),
                also: &[404, 405, 412, 501],
            };
            let answer = self.client.write(write, log).await?;
            match answer.status() {
                404 | 412 => return Ok(Changed::Overtaken),
                // It said nothing about PATCH, or what it said is not so.
                405 | 501 if self.settings.patch == Patch::Auto => {}
                405 | 501 => return Err(answer.refused()),
                _ => return Ok(Changed::Done),
            }
        }
        self.replace(change, log).await
    }

    async fn replace(&self, change: Change<'_>, log: &mut Exchanges) -> Result<Changed, Fault> {
        let Some((mut record, version)) = self.client.read("read_whole", change.endpoint, change.id, log).await? else {
            return Ok(Changed::Overtaken);
        };
        if let Some(several) = change.several
            && record.objects(several.name).next().is_none()
            && self.has_hidden(several, &change, log).await?
        {
            let name = several.name;
            let said = format!(
                "The machine takes only whole records here and does not show the {name} of this one: those who are there would be lost. Set it up to take PATCH, or to show the {name}; where it does show them and there are none, set the lookup of members to members."
            );
            return Err(Fault::Refused { said });
        }
        (change.rewrite)(&mut record)?;
        let write = Write {
            purpose: change.purpose,
            method: Method::PUT,
            endpoint: change.endpoint,
            id: change.id,
            version: version.as_deref(),
            body: Some(Value::Object(record.without_read_only())),
            also: &[404, 412],
        };
        let answer = self.client.write(write, log).await?;
        Ok(if matches!(answer.status(), 404 | 412) { Changed::Overtaken } else { Changed::Done })
    }

    /// Whether a record that shows no values of an attribute may have some. A server that cannot say is
    /// believed to show them when it shows those of any other record.
    async fn has_hidden(&self, several: Several, change: &Change<'_>, log: &mut Exchanges) -> Result<bool, Fault> {
        if let Some(has) = self.says_that_it_has(several.name, change, log).await? {
            return Ok(has);
        }
        if several.some || several.read {
            return Ok(several.some);
        }
        match self.client.page("look_for_any", change.endpoint, &Question::default(), 1, FIRST_GROUPS, NO_SUCH_FILTER, log).await {
            Ok(Ok((_, others))) => Ok(others.iter().all(|other| other.objects(several.name).next().is_none())),
            Ok(Err(_)) | Err(Fault::Garbled { .. } | Fault::Refused { .. }) => Ok(true),
            Err(fault) => Err(fault),
        }
    }

    /// Whether a record has values of an attribute, by a filter; none when the server cannot answer it. It
    /// is believed to look at it when it says no about a record that is not there.
    async fn says_that_it_has(&self, name: &str, change: &Change<'_>, log: &mut Exchanges) -> Result<Option<bool>, Fault> {
        let id = change.id;
        let asked = |id: &str| {
            let present = Filter::Attr(AttrExp::Present(AttrPath::with_name(name)));
            Question { filter: Some(Filter::and(equals(AttrPath::with_name("id"), id), present)), without_members: true }
        };
        if needs_escaping(id) {
            return Ok(None);
        }
        let found = match self.client.page("ask_for_any", change.endpoint, &asked(id), 1, 1, NO_SUCH_FILTER, log).await? {
            Ok((0, _)) => return Ok(Some(false)),
            Ok((1, records)) if records.iter().all(|record| record.id() == Ok(id)) => Some(true),
            Ok(_) | Err(_) => None,
        };
        let control = self.client.page("ask_for_any", change.endpoint, &asked(NOBODY), 1, 1, NO_SUCH_FILTER, log).await?;
        Ok(found.filter(|_| matches!(control, Ok((0, _)))))
    }

    /// Whether records are changed with PATCH here.
    async fn patches(&self, log: &mut Exchanges) -> Result<bool, Fault> {
        match self.settings.patch {
            Patch::Yes => Ok(true),
            Patch::No => Ok(false),
            Patch::Auto => Ok(self.abilities(log).await?.and_then(|abilities| abilities.says("patch")).unwrap_or(true)),
        }
    }

    /// What the server says about itself (RFC 7643 section 5); none when it says nothing.
    pub(super) async fn abilities(&self, log: &mut Exchanges) -> Result<Option<Abilities>, Fault> {
        let url = self.client.address(&["ServiceProviderConfig"])?;
        let ask = self.client.ask("read_abilities", Method::GET, url)?.also(&[403, 404, 405, 501]);
        let answer = self.client.send(ask, log).await?;
        if answer.status() >= 400 {
            return Ok(None);
        }
        Ok(answer.json::<Map<String, Value>>().ok().map(|abilities| Abilities(Record(abilities))))
    }
}

/// What a server says about itself. Not the strict type of `scim_v2`: servers leave parts out.
pub(super) struct Abilities(Record);

impl Abilities {
    /// Whether it says that it can do this, or that it cannot.
    pub fn says(&self, ability: &str) -> Option<bool> {
        let said = super::path::field(&self.0.0, ability)?.as_object()?;
        match super::path::field(said, "supported")? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}
