//! Looking at whether the settings work. Changes nothing over there.

use super::ScimConnector;
use super::client::{Endpoint, Question};
use super::membership::MemberFilter;
use super::path::{AttributePath, field, same_in_any_case};
use super::record::Record;
use super::settings::{MembershipLookup, Patch, UnderstoodEntitlement};
use crate::connector::Tested;
use crate::exchange::Exchanges;
use crate::fault::Fault;
use reqwest::Method;
use scim_v2::schema_urns;
use serde_json::Value;

/// What no account has.
const NOBODY: &str = "nobody-has-this-00000000-0000-0000";

const NOBODY_SEEN_BY_AUTO: &str = "The machine takes the question about one member. No member was there to see whether it finds one, so a no is checked by reading the group.";
const NOBODY_SEEN_BY_FILTER: &str = "The machine takes the question about one member. No member was there to see whether it finds one, and with this lookup a no is not checked: test again when a group has a member, or set the lookup to auto.";
const NOT_UNDERSTOOD_BY_AUTO: &str = "The machine cannot be asked about one member, so groups are read with all their members.";
const NOT_UNDERSTOOD_BY_FILTER: &str = "The machine cannot be asked about one member; set the lookup to auto.";

impl ScimConnector {
    pub(super) async fn look_at_settings(&self, log: &mut Exchanges) -> Result<Tested, Fault> {
        let mut findings = Vec::new();
        match self.abilities(log).await {
            Ok(Some(abilities)) => {
                findings.push((true, "The machine is a SCIM server and says what it can do.".to_owned()));
                findings.push(match (abilities.says("patch"), self.settings.patch) {
                    (Some(false), Patch::Yes) => (false, "It says that it has no PATCH, and the settings ask for it.".to_owned()),
                    (Some(false), _) | (_, Patch::No) => (true, "Records are changed by replacing them whole (PUT).".to_owned()),
                    _ => (true, "Records are changed with PATCH.".to_owned()),
                });
                if abilities.says("filter") == Some(false) {
                    findings.push((false, "It says that it has no filters: every search reads all accounts.".to_owned()));
                }
                if abilities.says("etag") == Some(false) {
                    findings.push((true, "It has no versions: of two changes at the same moment the later one wins.".to_owned()));
                }
            }
            Ok(None) => findings.push((true, "The machine does not say what it can do; it is taken to know PATCH.".to_owned())),
            // Then the token may still be right and the other questions answered.
            Err(Fault::Refused { said }) => findings.push((false, format!("What the machine can do was not to be had: {said}"))),
            Err(Fault::Garbled { why }) => findings.push((false, format!("What the machine says about itself cannot be read: {why}"))),
            Err(fault) => return Err(fault),
        }
        self.look_at_types(&mut findings, log).await;
        self.look_at_attributes(&mut findings, log).await;
        findings.push(match self.count(Endpoint::Users, log).await {
            Ok(number) => (true, format!("Accounts can be read; there are {number}.")),
            Err(fault) => (false, format!("Accounts cannot be read: {fault}")),
        });
        let path = &self.settings.matching;
        let question = Question { filter: Some(path.filter(NOBODY)), without_members: false };
        findings.push(match self.client.page("find_nobody", Endpoint::Users, &question, 1, 1, &[], log).await {
            Ok(Ok((0, _))) => (true, format!("Accounts are found by {path}.")),
            Ok(_) => (false, format!("The machine ignores searches by {path}: each one reads all accounts.")),
            Err(fault) => (false, format!("Accounts cannot be searched by {path}: {fault}")),
        });
        if let UnderstoodEntitlement::Group { lookup, .. } = &self.settings.entitlement {
            self.look_at_groups(*lookup, &mut findings, log).await;
        }
        Ok(Tested { findings })
    }

    async fn look_at_groups(&self, lookup: MembershipLookup, findings: &mut Vec<(bool, String)>, log: &mut Exchanges) {
        findings.push(match self.count(Endpoint::Groups, log).await {
            Ok(number) => (true, format!("Groups can be read; there are {number}.")),
            Err(fault) => (false, format!("Groups cannot be read: {fault}")),
        });
        if !matches!(lookup, MembershipLookup::Auto | MembershipLookup::Filter) {
            return;
        }
        let auto = lookup == MembershipLookup::Auto;
        let (well, said) = match self.answers_about_members(log).await {
            Ok(MemberFilter::Proven) => (true, "Members are found by a filter.".to_owned()),
            Ok(MemberFilter::NobodySeen) if auto => (true, NOBODY_SEEN_BY_AUTO.to_owned()),
            Ok(MemberFilter::NobodySeen) => (false, NOBODY_SEEN_BY_FILTER.to_owned()),
            Ok(MemberFilter::NotUnderstood) if auto => (true, NOT_UNDERSTOOD_BY_AUTO.to_owned()),
            Ok(MemberFilter::NotUnderstood) => (false, NOT_UNDERSTOOD_BY_FILTER.to_owned()),
            Err(fault) => (false, format!("Members cannot be asked about: {fault}")),
        };
        findings.push((well, said));
    }

    async fn look_at_types(&self, findings: &mut Vec<(bool, String)>, log: &mut Exchanges) {
        let types = match self.describes("ResourceTypes", log).await {
            Ok(Some(types)) => types,
            Ok(None) => return findings.push((true, "The machine does not list its kinds of records.".to_owned())),
            Err(fault) => return findings.push((false, format!("The kinds of records cannot be read: {fault}"))),
        };
        let has =
            |name: &str| types.iter().any(|kind| kind.text("name").or(kind.text("id")).is_some_and(|there| same_in_any_case(there, name)));
        let needed: &[&str] = match self.settings.entitlement {
            UnderstoodEntitlement::Group { .. } => &["User", "Group"],
            UnderstoodEntitlement::Attribute(_) => &["User"],
        };
        for kind in needed.iter().copied().filter(|kind| !has(kind)) {
            findings.push((false, format!("The machine has no records of the kind {kind}.")));
        }
    }

    /// Whether the attributes that the settings name are there, where the server describes them.
    async fn look_at_attributes(&self, findings: &mut Vec<(bool, String)>, log: &mut Exchanges) {
        let schemas = match self.describes("Schemas", log).await {
            Ok(Some(schemas)) => schemas,
            Ok(None) => return findings.push((true, "The machine does not describe its attributes.".to_owned())),
            Err(fault) => return findings.push((false, format!("The attributes cannot be read: {fault}"))),
        };
        let filled = self.settings.attributes.iter().map(|(path, _)| path).chain([&self.settings.matching]);
        let entitlement = match &self.settings.entitlement {
            UnderstoodEntitlement::Attribute(path) => Some(path),
            UnderstoodEntitlement::Group { .. } => None,
        };
        let mut well = true;
        for path in filled.chain(entitlement) {
            // Common attributes stand in no schema (RFC 7643 section 3.1).
            if path.is("externalId") || path.is("id") {
                continue;
            }
            if let Some(wrong) = wrong_with(path, &schemas) {
                well = false;
                findings.push((false, format!("{path}: {wrong}")));
            }
        }
        if well {
            findings.push((true, "The machine knows every attribute that the settings name.".to_owned()));
        }
    }

    async fn count(&self, endpoint: Endpoint, log: &mut Exchanges) -> Result<usize, Fault> {
        let question = Question { filter: None, without_members: endpoint == Endpoint::Groups };
        let page = self.client.page("count", endpoint, &question, 1, 1, &[], log).await?;
        page.map(|(total, _)| total).map_err(|answer| answer.refused())
    }

    /// A list in which the server describes itself; none when it does not.
    async fn describes(&self, what: &'static str, log: &mut Exchanges) -> Result<Option<Vec<Record>>, Fault> {
        let url = self.client.address(&[what])?;
        let ask = self.client.ask("read_description", Method::GET, url)?.also(&[403, 404, 405, 501]);
        let answer = self.client.send(ask, log).await?;
        if answer.status() >= 400 {
            return Ok(None);
        }
        let list: Record = answer.json()?;
        Ok(Some(list.objects("Resources").cloned().map(Record).collect()))
    }
}

fn wrong_with(path: &AttributePath, schemas: &[Record]) -> Option<&'static str> {
    let schema = path.extension().unwrap_or(schema_urns::USER);
    let Some(schema) = schemas.iter().find(|there| there.text("id").is_some_and(|id| same_in_any_case(id, schema))) else {
        return Some("the machine does not know its schema.");
    };
    let named = |name: &Value| name.as_str().is_some_and(|name| same_in_any_case(name, path.name()));
    let Some(attribute) = schema.objects("attributes").find(|attribute| field(attribute, "name").is_some_and(named)) else {
        return Some("the machine does not know it.");
    };
    let read_only = field(attribute, "mutability").and_then(Value::as_str).is_some_and(|kind| same_in_any_case(kind, "readOnly"));
    read_only.then_some("it is only for reading.")
}
