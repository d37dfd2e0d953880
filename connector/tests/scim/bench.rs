//! A connector with a server at its other end, and a second way to the server for the test itself.

use crate::servers::{Kind, TOKEN, tenant};
use crate::support::RuntimeTime;
use connector::http::{Ask, Gate, HttpOut, MachineNames, Networks, Reach, Roots, Throughput};
use connector::scim::{ScimConnector, ScimSettings};
use connector::{Actual, Applied, Change, Connector, Entitlement, Exchanges, Fault, Order, Plan, Secret, Step, Subject};
use reqwest::Method;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Both servers as they usually are.
pub const BOTH: [Kind; 2] = [Kind::Scim2, Kind::Scimmy];

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A tenant of a server.
pub struct Bench {
    pub base: String,
    out: Arc<HttpOut>,
}

impl Bench {
    pub fn new(kind: Kind) -> Self {
        Self { base: tenant(kind), out: out(&settings("http://127.0.0.1")) }
    }

    /// A connector with the usual settings, changed.
    pub fn connector(&self, change: impl FnOnce(&mut Value)) -> ScimConnector {
        connector_at(&self.base, change)
    }

    /// Asks the server directly.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut ask = Ask::new("test", method, Url::parse(&format!("{}/{path}", self.base)).unwrap()).bearer(&Secret::new(TOKEN)).unwrap();
        if let Some(body) = body {
            ask = ask.json("application/scim+json", &body).unwrap();
        }
        let answer = self.out.send(ask, &mut Exchanges::default()).await.unwrap();
        if answer.is_empty() { Value::Null } else { answer.json().unwrap() }
    }

    /// Makes a user; gives the id.
    pub async fn user(&self, body: Value) -> String {
        let mut body = body;
        body["schemas"] = json!([USER]);
        self.ask(Method::POST, "Users", Some(body)).await["id"].as_str().unwrap().to_owned()
    }

    /// Makes a group with members; gives the id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|member| json!({ "value": member })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.ask(Method::POST, "Groups", Some(body)).await["id"].as_str().unwrap().to_owned()
    }

    /// Makes many records at once.
    pub async fn many(&self, path: &str, bodies: impl Iterator<Item = Value>) {
        let operations: Vec<Value> = bodies
            .enumerate()
            .map(|(number, data)| json!({ "method": "POST", "path": path, "bulkId": format!("b{number}"), "data": data }))
            .collect();
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
        let answer = self.ask(Method::POST, "Bulk", Some(body)).await;
        let done = answer["Operations"].as_array().unwrap();
        assert!(done.iter().all(|one| one["status"] == "201"), "{answer}");
    }

    /// All users there, whole.
    pub async fn users(&self) -> Vec<Value> {
        self.ask(Method::GET, "Users?count=1000", None).await["Resources"].as_array().cloned().unwrap_or_default()
    }

    /// The ids of a group's members, with repetitions.
    pub async fn members(&self, group: &str) -> Vec<String> {
        let group = self.ask(Method::GET, &format!("Groups/{group}"), None).await;
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }
}

/// A connector for any address.
pub fn connector_at(base: &str, change: impl FnOnce(&mut Value)) -> ScimConnector {
    let mut settings = settings(base);
    change(&mut settings);
    let out = out(&settings);
    let settings: ScimSettings = serde_json::from_value(settings).unwrap();
    ScimConnector::new(&settings, Secret::new(TOKEN), out).unwrap()
}

fn settings(base: &str) -> Value {
    json!({
        "base_url": base,
        "matching": { "path": "userName", "attribute": "login" },
        "attributes": {
            "externalId": "number",
            "displayName": "display_name",
            "name.formatted": "display_name",
            "emails[type eq \"work\"].value": "mail",
            format!("{ENTERPRISE}:department"): "unit",
        },
        "entitlement": { "as": "group" },
        "timeout_seconds": 20,
    })
}

fn out(settings: &Value) -> Arc<HttpOut> {
    let settings: ScimSettings = serde_json::from_value(settings.clone()).unwrap();
    out_to(&settings, &["127.0.0.1"])
}

/// A way out to these networks, with a gate that is in nobody's way.
pub fn out_to(settings: &ScimSettings, networks: &[&str]) -> Arc<HttpOut> {
    let many = NonZeroU32::new(1000).unwrap();
    let throughput = Throughput { at_once: many, per_second: many, burst: many, longest_wait: Duration::from_secs(60) };
    let reach = Reach { networks: Networks::parse(networks).unwrap(), plain_http: true, roots: Roots::none() };
    let gate = Arc::new(Gate::new(throughput, RuntimeTime::new()));
    Arc::new(HttpOut::new(settings.limits(), reach, gate, RuntimeTime::new(), Arc::new(MachineNames)).unwrap())
}

/// Somebody.
pub fn subject(login: &str) -> Subject {
    let attributes =
        [("number", "P-0007"), ("login", login), ("display_name", "Ada Lovelace"), ("mail", "ada@example.test"), ("unit", "Engines")];
    Subject::new(Uuid::from_u128(7), attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

/// One change of the access `reference` of the person `login`.
pub fn order(change: Change, login: &str, reference: &str) -> Order {
    Order {
        release: Uuid::from_u128(0x2e1ea5e),
        number: "REL-2026-000001".to_owned(),
        change,
        subject: subject(login),
        entitlement: Entitlement { id: Uuid::from_u128(1), reference: reference.to_owned(), name: "Ledger".to_owned() },
        last: false,
    }
}

/// Plans and does all that is needed. Gives the plan and what was said.
pub async fn carry_out(connector: &ScimConnector, order: &Order) -> Result<(Plan, Exchanges), Fault> {
    let mut log = Exchanges::default();
    let plan = connector.plan(order, &mut log).await?;
    for step in plan.steps.iter().filter(|step| step.needed) {
        apply(connector, order, step, &mut log).await?;
    }
    assert!(!serde_json::to_string(&log.0).unwrap().contains(TOKEN), "the token was written down");
    Ok((plan, log))
}

pub async fn apply(connector: &ScimConnector, order: &Order, step: &Step, log: &mut Exchanges) -> Result<Applied, Fault> {
    connector.apply(order, step, Uuid::from_u128(9), log).await
}

pub async fn read_back(connector: &ScimConnector, order: &Order) -> Actual {
    connector.read_back(order, &mut Exchanges::default()).await.unwrap()
}

/// Statuses of the exchanges with one method.
pub fn statuses(log: &Exchanges, method: &str) -> Vec<u16> {
    log.0.iter().filter(|exchange| exchange.method == method).map(|exchange| exchange.status.unwrap_or(0)).collect()
}

/// The sentence of a refusal.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    match result {
        Err(Fault::Refused { said }) => said,
        other => panic!("not refused: {other:?}"),
    }
}
