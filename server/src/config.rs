//! Settings: defaults, then `countersign.toml`, then `COUNTERSIGN_*` variables, then flags; the
//! later wins. A name that is not a setting is refused, because a misspelt limit is no limit.
//!
//! To add a setting: a field with its default here, a line in `docs/operating.md`.

mod machines;
mod smtp;

pub use machines::{Keys, MachineSettings};
pub use smtp::{Secret, Smtp, SmtpTls};

use config::{Environment, File, FileFormat};
use domain::feed::limit::Share;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Variables with our prefix that others read: the build recipes and the `cluster` crate.
const OF_OTHERS: [&str; 4] = ["target_dir", "wasm_compiler", "browser", "postgres_bin"];

/// Fewest characters of a token: nobody guesses sixteen random ones.
const SHORTEST_TOKEN: usize = 16;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings as they are written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    bind: SocketAddr,
    data_dir: PathBuf,
    site_root: PathBuf,
    database_url: Option<String>,
    public_url: Option<String>,
    trusted_proxies: Vec<IpAddr>,
    time_zone: String,
    session_idle_minutes: u32,
    session_absolute_hours: u32,
    password_min_length: usize,
    argon2_memory_kib: u32,
    argon2_passes: u32,
    argon2_lanes: u32,
    hashing_slots: usize,
    sign_ins_per_address: u32,
    sign_ins_per_login: u32,
    changes_per_minute: u32,
    completions_per_minute: u32,
    pool_connections: u32,
    log_format: LogFormat,
    import_removal_limit: String,
    metrics_token: Option<Secret>,
    smtp_host: Option<String>,
    smtp_port: Option<u16>,
    smtp_tls: SmtpTls,
    smtp_user: Option<String>,
    smtp_password: Option<Secret>,
    smtp_from: Option<String>,
    smtp_timeout_seconds: u32,
    connector_keys: Option<Secret>,
    connector_key_file: Option<PathBuf>,
    connector_networks: Vec<String>,
    connector_plain_http: bool,
    connector_roots: Option<PathBuf>,
    connector_call_seconds: u32,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: "./.countersign".into(),
            site_root: "target/site".into(),
            database_url: None,
            public_url: None,
            trusted_proxies: vec![],
            time_zone: "UTC".to_owned(),
            session_idle_minutes: 30,
            session_absolute_hours: 8,
            password_min_length: 15,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_lanes: 1,
            hashing_slots: 2,
            sign_ins_per_address: 10,
            sign_ins_per_login: 5,
            changes_per_minute: 120,
            completions_per_minute: 240,
            pool_connections: 10,
            log_format: LogFormat::Text,
            import_removal_limit: "10%".to_owned(),
            metrics_token: None,
            smtp_host: None,
            smtp_port: None,
            smtp_tls: SmtpTls::Starttls,
            smtp_user: None,
            smtp_password: None,
            smtp_from: None,
            smtp_timeout_seconds: 20,
            connector_keys: None,
            connector_key_file: None,
            connector_networks: vec![],
            connector_plain_http: false,
            connector_roots: None,
            connector_call_seconds: 50,
        }
    }
}

/// Strength of a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub bind: SocketAddr,
    /// Where the embedded database keeps its data.
    pub data_dir: PathBuf,
    /// Where the built site lies.
    pub site_root: PathBuf,
    /// A database of one's own; without it the embedded one is started.
    pub database_url: Option<String>,
    /// The address people type, without a path: it decides the cookie's name and the origin that
    /// changes are accepted from.
    pub public_url: String,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where a day begins and ends.
    pub zone: TimeZone,
    /// A session ends after this long without a request.
    pub session_idle: SignedDuration,
    /// A session ends after this long, whatever happens.
    pub session_absolute: SignedDuration,
    /// Fewest characters of a password.
    pub password_min_length: usize,
    /// Strength of password hashes.
    pub argon2: Argon2Cost,
    /// How many passwords are hashed at once.
    pub hashing_slots: usize,
    /// Attempts to sign in, per client address and minute.
    pub sign_ins_per_address: u32,
    /// Attempts to sign in, per sign-in name from one address and minute.
    pub sign_ins_per_login: u32,
    /// Changes, per session or address and minute.
    pub changes_per_minute: u32,
    /// Completions of receivers, per connection, client address and minute.
    pub completions_per_minute: u32,
    /// Most connections to the database.
    pub pool_connections: u32,
    /// How log lines look.
    pub log_format: LogFormat,
    /// An import that removes a larger share of the records asks for confirmation.
    pub import_removal_limit: Share,
    /// Who brings it may read `/metrics`; without one only this machine may.
    pub metrics_token: Option<Secret>,
    /// The mail server; without one people are told in the application only.
    pub smtp: Option<Smtp>,
    /// How other machines are reached, and what their secrets are sealed with.
    pub machines: MachineSettings,
    /// Demonstration mode: the sign-in page offers people without passwords. No setting, so that
    /// nothing but the command `demo` can turn it on.
    pub demonstration: bool,
}

/// What is wrong with the settings, in sentences.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name or a value that cannot be used.
    #[error("The settings cannot be used: {0}. docs/operating.md lists every setting.")]
    Unusable(#[from] config::ConfigError),
    /// A value outside what it may be.
    #[error("The setting {name} cannot be used: {what}.")]
    Value {
        /// Which.
        name: &'static str,
        /// Why.
        what: String,
    },
}

/// What a command-line flag sets; `None` where the flag was not given.
pub type Flag = (&'static str, Option<String>);

impl Config {
    /// Reads the settings from the file (needed when named, optional at its usual place), from
    /// `environment`, and from flags.
    ///
    /// # Errors
    /// [`SettingsError`] naming the setting and what is wrong with it.
    pub fn read(file: Option<&Path>, environment: HashMap<String, String>, flags: &[Flag]) -> Result<Self, SettingsError> {
        let path = file.unwrap_or(Path::new("countersign.toml"));
        let own: config::Map<String, String> = environment.into_iter().filter(|(name, _)| !of_others(name)).collect();
        let database = own.get("DATABASE_URL").cloned();
        // As they were written: what looks like a number would lose its zeros.
        let as_written = |name: &str| own.get(name).filter(|value| !value.is_empty()).cloned();
        let (user, password) = (as_written("COUNTERSIGN_SMTP_USER"), as_written("COUNTERSIGN_SMTP_PASSWORD"));
        let token = as_written("COUNTERSIGN_METRICS_TOKEN");
        let keys = as_written("COUNTERSIGN_CONNECTOR_KEYS");
        let lists = Environment::with_prefix("COUNTERSIGN")
            .try_parsing(true)
            .ignore_empty(true)
            .list_separator(",")
            .with_list_parse_key("trusted_proxies")
            .with_list_parse_key("connector_networks");
        let mut builder = config::Config::builder()
            .add_source(File::from(path).format(FileFormat::Toml).required(file.is_some()))
            .set_override_option("database_url", database)?
            .set_override_option("smtp_user", user)?
            .set_override_option("smtp_password", password)?
            .set_override_option("metrics_token", token)?
            .set_override_option("connector_keys", keys)?
            .add_source(lists.source(Some(own)));
        for (name, value) in flags {
            builder = builder.set_override_option(*name, value.clone())?;
        }
        Self::check(builder.build()?.try_deserialize()?)
    }

    fn check(written: Written) -> Result<Self, SettingsError> {
        let smtp = Smtp::check(&written)?;
        let machines = MachineSettings::check(&written)?;
        let zone = TimeZone::get(&written.time_zone)
            .map_err(|_| bad("time_zone", format!("{:?} is not a zone of the IANA list, for example Europe/Zurich", written.time_zone)))?;
        let public_url = match written.public_url {
            Some(url) => origin_of(&url)
                .ok_or_else(|| bad("public_url", format!("{url:?} is not http:// or https:// with a host and nothing after it")))?,
            None => own_address(written.bind),
        };
        positive("session_idle_minutes", written.session_idle_minutes)?;
        positive("session_absolute_hours", written.session_absolute_hours)?;
        for (name, value) in [
            ("sign_ins_per_address", written.sign_ins_per_address),
            ("sign_ins_per_login", written.sign_ins_per_login),
            ("changes_per_minute", written.changes_per_minute),
            ("completions_per_minute", written.completions_per_minute),
            ("pool_connections", written.pool_connections),
        ] {
            positive(name, value)?;
        }
        if !(8..=128).contains(&written.password_min_length) {
            return Err(bad("password_min_length", "it must lie between 8 and 128".to_owned()));
        }
        if !(1..=64).contains(&written.hashing_slots) {
            return Err(bad("hashing_slots", "it must lie between 1 and 64".to_owned()));
        }
        if written.metrics_token.as_ref().is_some_and(|token| token.expose().len() < SHORTEST_TOKEN) {
            return Err(bad("metrics_token", format!("it must have at least {SHORTEST_TOKEN} characters")));
        }
        let import_removal_limit =
            written.import_removal_limit.parse().map_err(|e: domain::feed::limit::NotAShare| bad("import_removal_limit", e.to_string()))?;
        Ok(Self {
            bind: written.bind,
            data_dir: written.data_dir,
            site_root: written.site_root,
            database_url: written.database_url,
            public_url,
            trusted_proxies: written.trusted_proxies,
            zone,
            session_idle: SignedDuration::from_mins(i64::from(written.session_idle_minutes)),
            session_absolute: SignedDuration::from_hours(i64::from(written.session_absolute_hours)),
            password_min_length: written.password_min_length,
            argon2: Argon2Cost { memory_kib: written.argon2_memory_kib, passes: written.argon2_passes, lanes: written.argon2_lanes },
            hashing_slots: written.hashing_slots,
            sign_ins_per_address: written.sign_ins_per_address,
            sign_ins_per_login: written.sign_ins_per_login,
            changes_per_minute: written.changes_per_minute,
            completions_per_minute: written.completions_per_minute,
            pool_connections: written.pool_connections,
            log_format: written.log_format,
            import_removal_limit,
            metrics_token: written.metrics_token,
            smtp,
            machines,
            demonstration: false,
        })
    }

    /// Whether people reach the server over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn of_others(name: &str) -> bool {
    name.strip_prefix("COUNTERSIGN_").is_some_and(|rest| OF_OTHERS.contains(&rest.to_ascii_lowercase().as_str()))
}

fn bad(name: &'static str, what: String) -> SettingsError {
    SettingsError::Value { name, what }
}

fn positive(name: &'static str, value: u32) -> Result<(), SettingsError> {
    if value == 0 { Err(bad(name, "it must be at least 1".to_owned())) } else { Ok(()) }
}

/// The address of a server that nobody gave another name to.
fn own_address(bind: SocketAddr) -> String {
    if bind.ip().is_unspecified() { format!("http://127.0.0.1:{}", bind.port()) } else { format!("http://{bind}") }
}

/// Scheme and authority as a browser writes them in `Origin`, or nothing.
fn origin_of(url: &str) -> Option<String> {
    let lower = url.trim_end_matches('/').to_ascii_lowercase();
    let (scheme, authority) = lower.split_once("://")?;
    let known = matches!(scheme, "http" | "https");
    let plain =
        !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    (known && plain).then(|| format!("{scheme}://{}", authority.strip_suffix(default_port).unwrap_or(authority)))
}

#[cfg(test)]
mod tests;
