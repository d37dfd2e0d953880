//! What a cluster is for, and what that means to Postgres.

/// What a cluster is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether committed data must survive a power failure. Only tests may say no.
    pub durable: bool,
    /// How many connections it accepts.
    pub connections: u16,
}

impl Settings {
    /// For data that matters: `fsync=on`.
    pub const DURABLE: Self = Self { durable: true, connections: 100 };
    /// For tests: fast, many connections, lost in a power failure.
    pub const THROW_AWAY: Self = Self { durable: false, connections: 200 };

    pub(crate) fn options(self) -> Vec<String> {
        let on = if self.durable { "on" } else { "off" };
        let mut options = vec![
            format!("fsync={on}"),
            format!("full_page_writes={on}"),
            format!("synchronous_commit={on}"),
            format!("max_connections={}", self.connections),
            "listen_addresses=".to_owned(),
            "port=5432".to_owned(),
            "unix_socket_permissions=0700".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
        ];
        if !self.durable {
            options.push("max_wal_size=4GB".to_owned());
            options.push("autovacuum_naptime=1h".to_owned());
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_throw_away_cluster_goes_without_fsync() {
        assert!(Settings::DURABLE.options().contains(&"fsync=on".to_owned()));
        assert!(Settings::THROW_AWAY.options().contains(&"fsync=off".to_owned()));
    }
}
