//! Other machines as this server reaches them: from a connection on record to a connector that can be
//! called. Keeps what is shared by all calls of one connection (open connections, its pace).
//!
//! Belongs here: putting connectors together. Does not belong here: what they are asked (`usecase`).

use crate::store::connections::ConnectionRow;
use crate::system::System;
use connector::http::{Gate, HttpOut, Limits, MachineNames, Networks, Reach, Roots, Throughput};
use connector::memory::{Directory, MemoryConnector, MemorySettings};
use connector::scim::{ScimConnector, ScimSettings};
use connector::webhook::{Webhook, WebhookSettings};
use connector::{Connector, Fault, KeyRing, Sealed, Secret, Surroundings};
use domain::connection::ConnectorKind;
use domain::id::ConnectionId;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a call may take, unless it is set otherwise: well within the lease of a worker.
pub const CALL_WITHIN: Duration = Duration::from_secs(50);

/// The way to all connectors.
pub struct Machines {
    ring: Option<KeyRing>,
    reach: Reach,
    within: Duration,
    memory: bool,
    surroundings: Arc<dyn Surroundings>,
    /// By connection, with the newest version of its settings that it was set by.
    gates: Mutex<HashMap<ConnectionId, (i32, Arc<Gate>)>>,
    directories: Arc<Mutex<HashMap<String, Directory>>>,
}

impl Machines {
    /// Calls nobody yet. Without a key ring no secret can be opened, so no connection with one works.
    #[must_use]
    pub fn new(ring: Option<KeyRing>, reach: Reach, within: Duration, system: &System) -> Self {
        let surroundings = Arc::new(Measured(system.clone()));
        Self { ring, reach, within, memory: false, surroundings, gates: Mutex::default(), directories: Arc::default() }
    }

    /// The same, and directories in memory can be chosen: for the demonstration.
    #[must_use]
    pub fn with_memory(self) -> Self {
        Self { memory: true, ..self }
    }

    /// The same with the directories of another server in this process: each calls them by itself, as two
    /// servers call one machine.
    #[must_use]
    pub fn with_directories_of(self, other: &Self) -> Self {
        Self { memory: other.memory, directories: Arc::clone(&other.directories), ..self }
    }

    /// Whether directories in memory can be chosen.
    #[must_use]
    pub fn offers_memory(&self) -> bool {
        self.memory
    }

    /// Only what needs no other machine: no key, and no network that is not public.
    #[must_use]
    pub fn none(system: &System) -> Self {
        let reach = Reach { networks: Networks::default(), plain_http: false, roots: Roots::none() };
        Self::new(None, reach, CALL_WITHIN, system)
    }

    /// How long a call may take before it is given up.
    #[must_use]
    pub fn call_within(&self) -> Duration {
        self.within
    }

    /// The keys that secrets are sealed with.
    #[must_use]
    pub fn ring(&self) -> Option<&KeyRing> {
        self.ring.as_ref()
    }

    /// The directory behind the memory connections of this name; made when it is asked for first.
    #[must_use]
    pub fn directory(&self, name: &str) -> Directory {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }

    /// A connector for a connection in one version of its settings.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] or [`Fault::NotAllowed`]: nobody was called.
    pub fn connector(&self, connection: &ConnectionRow) -> Result<Arc<dyn Connector>, Fault> {
        let gate = |throughput| self.gate(connection, throughput);
        self.put_together(&connection.connector, &connection.code, &connection.settings, || self.secret(connection), gate)
    }

    /// Whether settings and a secret that are not in force could be: their addresses are allowed, and the
    /// secret is one.
    ///
    /// # Errors
    /// As [`Machines::connector`].
    pub fn check(&self, connector: &str, settings: &Value, secret: &Secret) -> Result<(), Fault> {
        let gate = |throughput| Arc::new(Gate::new(throughput, self.surroundings.clone()));
        self.put_together(connector, "", settings, || Ok(secret.clone()), gate).map(drop)
    }

    fn put_together(
        &self,
        connector: &str,
        code: &str,
        settings: &Value,
        secret: impl FnOnce() -> Result<Secret, Fault>,
        gate: impl FnOnce(Throughput) -> Arc<Gate>,
    ) -> Result<Arc<dyn Connector>, Fault> {
        match connector {
            // What is in memory is no machine: outside of the demonstration nothing is carried out there.
            "memory" if !self.memory => {
                let why = "directories in memory are for the demonstration alone: choose another connection.".to_owned();
                Err(Fault::Misconfigured { field: "connector", why })
            }
            "memory" => {
                let settings: MemorySettings = read(settings)?;
                Ok(Arc::new(MemoryConnector::new(self.directory(code), settings, self.surroundings.clone())))
            }
            "scim" => {
                let settings: ScimSettings = read(settings)?;
                let out = self.way_out(settings.limits(), gate(settings.throughput()))?;
                Ok(Arc::new(ScimConnector::new(&settings, secret()?, Arc::new(out))?))
            }
            "webhook" => {
                let settings: WebhookSettings = read(settings)?;
                let out = self.way_out(settings.limits(), gate(settings.throughput()))?;
                Ok(Arc::new(Webhook::new(settings, &secret()?, out, self.surroundings.clone())?))
            }
            other => Err(Fault::Misconfigured { field: "connector", why: format!("{other} is carried out by people.") }),
        }
    }

    fn way_out(&self, limits: Limits, gate: Arc<Gate>) -> Result<HttpOut, Fault> {
        HttpOut::new(limits, self.reach.clone(), gate, self.surroundings.clone(), Arc::new(MachineNames))
    }

    /// The secret that is sent with a connection's calls; empty where it has none.
    fn secret(&self, connection: &ConnectionRow) -> Result<Secret, Fault> {
        let Some((key_id, bytes)) = &connection.secret else { return Ok(Secret::new(String::new())) };
        let kind = connection.connector.parse::<ConnectorKind>().ok();
        let entered_for = connection.secret_entered_for.as_ref();
        if entered_for.zip(kind).is_some_and(|(settings, kind)| leads_elsewhere(kind, settings, &connection.settings)) {
            let version = connection.version;
            let why = format!(
                "the present one was entered for another address or authentication than version {version} of these settings has. \
                 What is tried again by hand takes the newest version."
            );
            return Err(Fault::Misconfigured { field: "secret", why });
        }
        self.open(connection.id, &Sealed { key_id: key_id.clone(), bytes: bytes.clone() })
    }

    /// Opens a secret that was sealed for a connection.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] with what to do; nothing of the secret is in it.
    pub fn open(&self, connection: ConnectionId, sealed: &Sealed) -> Result<Secret, Fault> {
        let wrong = |why: String| Fault::Misconfigured { field: "secret", why };
        let ring = self.ring.as_ref().ok_or_else(|| wrong("this server has no key to open it with.".to_owned()))?;
        ring.open(connection.0, sealed).map_err(|fault| wrong(format!("{fault}.")))
    }

    /// The pace of a connection, shared by all of its calls from this server, whatever version of the
    /// settings each of them is made with: it is one machine. The newest version that was used says how
    /// fast.
    fn gate(&self, connection: &ConnectionRow, throughput: Throughput) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (connection.version, Arc::new(Gate::new(throughput, self.surroundings.clone())));
        let (version, gate) = gates.entry(connection.id).or_insert_with(fresh);
        if connection.version > *version {
            gate.change(throughput);
            *version = connection.version;
        }
        Arc::clone(gate)
    }
}

/// Whether the secret would go to another place, or would prove something else, than it was entered
/// for: then it is not taken along.
pub(crate) fn leads_elsewhere(kind: ConnectorKind, before: &Value, after: &Value) -> bool {
    let names: &[&str] = match kind {
        ConnectorKind::Scim => &["base_url", "authentication"],
        ConnectorKind::Webhook => &["url", "read_url"],
        ConnectorKind::Manual | ConnectorKind::Memory => &[],
    };
    names.iter().any(|name| before.get(name) != after.get(name))
}

fn read<T: serde::de::DeserializeOwned>(settings: &Value) -> Result<T, Fault> {
    serde_json::from_value(settings.clone()).map_err(|error| Fault::Misconfigured { field: "settings", why: format!("{error}.") })
}

/// The server's own clock and stopwatch, for connectors.
struct Measured(System);

impl Surroundings for Measured {
    fn micros(&self) -> u64 {
        self.0.micros()
    }

    fn unix_seconds(&self) -> i64 {
        self.0.now().as_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{SeededEntropy, SetClock, Stopwatch};
    use connector::http::Pass;

    struct Still;

    impl Stopwatch for Still {
        fn micros(&self) -> u64 {
            0
        }
    }

    fn connection(version: i32) -> ConnectionRow {
        ConnectionRow {
            id: ConnectionId(uuid::Uuid::from_u128(7)),
            version,
            code: "ledger".to_owned(),
            name: "Ledger".to_owned(),
            connector: "scim".to_owned(),
            settings: Value::Null,
            secret: None,
            secret_entered_for: None,
        }
    }

    fn pace(calls_at_once: u16) -> Throughput {
        connector::http::Pace { timeout_seconds: 20, calls_at_once, calls_per_second: 100 }.throughput(Duration::ZERO)
    }

    /// As many passes as there are at once.
    async fn passes(gate: &Gate) -> Vec<Pass> {
        let mut passes = Vec::new();
        while let Ok(pass) = gate.pass().await {
            passes.push(pass);
        }
        passes
    }

    #[tokio::test]
    async fn calls_by_several_versions_of_the_settings_share_the_pace_of_the_newest() {
        let clock = SetClock::at("2026-11-22T09:00:00Z".parse().unwrap());
        let system = System::new(Arc::new(clock), Arc::new(SeededEntropy::new(1)), Arc::new(Still));
        let machines = Machines::none(&system);
        let first = passes(&machines.gate(&connection(1), pace(3))).await;
        assert_eq!(first.len(), 3);
        assert_eq!(passes(&machines.gate(&connection(2), pace(4))).await.len(), 1, "three of four are taken by version 1");
        drop(first);
        assert_eq!(passes(&machines.gate(&connection(1), pace(3))).await.len(), 4, "what was begun before goes at the pace of today");
        assert_eq!(passes(&machines.gate(&connection(3), pace(2))).await.len(), 2);
    }
}
