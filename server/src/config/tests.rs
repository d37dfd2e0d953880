//! Settings that hold, and settings that are refused by name.

use super::*;

fn read(environment: &[(&str, &str)], flags: &[Flag]) -> Result<Config, SettingsError> {
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::read(None, environment, flags)
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let config = read(&[], &[]).unwrap();
    assert_eq!(config.public_url, "http://127.0.0.1:3000");
    assert_eq!(config.session_idle, SignedDuration::from_mins(30));
    assert_eq!(config.password_min_length, 15);
    assert!(!config.demonstration);
}

#[test]
fn flags_win_over_variables() {
    let config =
        read(&[("COUNTERSIGN_BIND", "127.0.0.1:4000"), ("COUNTERSIGN_HASHING_SLOTS", "3")], &[("bind", Some("127.0.0.1:5000".to_owned()))])
            .unwrap();
    assert_eq!(config.bind.port(), 5000);
    assert_eq!(config.public_url, "http://127.0.0.1:5000");
    assert_eq!(config.hashing_slots, 3);
}

#[test]
fn a_name_that_is_no_setting_is_refused_by_name() {
    let said = read(&[("COUNTERSIGN_SESION_IDLE_MINUTES", "5")], &[]).unwrap_err().to_string();
    assert!(said.contains("sesion_idle_minutes"), "{said}");
    assert!(read(&[("COUNTERSIGN_TARGET_DIR", "x"), ("HOME", "y")], &[]).is_ok());
    assert!(read(&[("COUNTERSIGN_DEMONSTRATION", "true")], &[]).is_err());
}

#[test]
fn mail_is_off_without_a_host_and_needs_an_address_with_one() {
    assert!(read(&[], &[]).unwrap().smtp.is_none());
    let host = ("COUNTERSIGN_SMTP_HOST", "mail.example");
    let from = ("COUNTERSIGN_SMTP_FROM", "Countersign <id@example.org>");
    let smtp = read(&[host, from], &[]).unwrap().smtp.unwrap();
    assert_eq!((smtp.port, smtp.tls, smtp.credentials), (587, SmtpTls::Starttls, None));
    let user = [("COUNTERSIGN_SMTP_USER", "id"), ("COUNTERSIGN_SMTP_PASSWORD", "blue tram")];
    for refused in [
        vec![host],
        vec![from],
        vec![host, ("COUNTERSIGN_SMTP_FROM", "nobody")],
        vec![host, from, user[0]],
        vec![host, from, user[1]],
        vec![host, from, user[0], user[1], ("COUNTERSIGN_SMTP_TLS", "none")],
        vec![host, from, ("COUNTERSIGN_SMTP_TLS", "perhaps")],
        vec![host, from, ("COUNTERSIGN_SMTP_TIMEOUT_SECONDS", "0")],
    ] {
        assert!(read(&refused, &[]).is_err(), "{refused:?}");
    }
    let config = read(&[host, from, user[0], user[1], ("COUNTERSIGN_SMTP_TLS", "tls")], &[]).unwrap();
    assert_eq!(config.smtp.as_ref().unwrap().port, 465);
    assert!(!format!("{config:?}").contains("blue tram"));
    let digits = read(&[host, from, ("COUNTERSIGN_SMTP_USER", "007"), ("COUNTERSIGN_SMTP_PASSWORD", "0120")], &[]).unwrap();
    let (user, password) = digits.smtp.unwrap().credentials.unwrap();
    assert_eq!((user.as_str(), password.expose()), ("007", "0120"));
}

#[test]
fn a_token_for_monitoring_is_long_kept_as_written_and_not_logged() {
    let token = ("COUNTERSIGN_METRICS_TOKEN", "0123456789012345");
    let config = read(&[token], &[]).unwrap();
    assert_eq!(config.metrics_token.as_ref().unwrap().expose(), token.1);
    assert!(!format!("{config:?}").contains(token.1));
    assert!(read(&[("COUNTERSIGN_METRICS_TOKEN", "012345678901234")], &[]).is_err());
    assert!(read(&[], &[]).unwrap().metrics_token.is_none());
}

#[test]
fn other_machines_are_reached_as_it_is_set_and_bad_settings_are_refused_by_name() {
    let usual = read(&[], &[]).unwrap().machines;
    assert!(matches!(usual.keys, Keys::OwnFile) && !usual.plain_http && usual.roots.is_none());
    assert_eq!((usual.networks, usual.call_within.as_secs()), (connector::http::Networks::default(), 50));
    let key = "hWbCYZ1p2Jh0D8wmyRzGVZ0bqXn1vsGmPjLeT4CjF1o=";
    let set = read(
        &[
            ("COUNTERSIGN_CONNECTOR_KEYS", key),
            ("COUNTERSIGN_CONNECTOR_NETWORKS", "10.20.0.0/16,fd00:1::/64"),
            ("COUNTERSIGN_CONNECTOR_PLAIN_HTTP", "true"),
            ("COUNTERSIGN_CONNECTOR_CALL_SECONDS", "30"),
        ],
        &[],
    )
    .unwrap();
    assert!(matches!(set.machines.keys, Keys::Given(_)) && set.machines.plain_http);
    assert!(set.machines.networks.contain("10.20.7.7".parse().unwrap()) && !set.machines.networks.contain("10.21.0.1".parse().unwrap()));
    assert!(!format!("{set:?}").contains(&key[..8]));
    for (name, value, said) in [
        ("CONNECTOR_KEYS", "blue-tram-at-noon", "connector_keys"),
        ("CONNECTOR_NETWORKS", "10.20.0.0/16,everywhere", "connector_networks"),
        ("CONNECTOR_CALL_SECONDS", "0", "connector_call_seconds"),
        ("CONNECTOR_CALL_SECONDS", "55", "connector_call_seconds"),
        ("CONNECTOR_PLAIN_HTTP", "perhaps", "connector_plain_http"),
    ] {
        let refused = read(&[(&format!("COUNTERSIGN_{name}"), value)], &[]).unwrap_err().to_string();
        assert!(refused.contains(said) && !refused.contains("blue-tram"), "{name}: {refused}");
    }
    let both = [("COUNTERSIGN_CONNECTOR_KEYS", key), ("COUNTERSIGN_CONNECTOR_KEY_FILE", "/nowhere")];
    assert!(read(&both, &[]).unwrap_err().to_string().contains("connector_key_file"));
}

#[test]
fn an_unknown_zone_or_a_limit_of_nothing_is_refused() {
    assert!(read(&[("COUNTERSIGN_TIME_ZONE", "Mars/Olympus")], &[]).is_err());
    assert!(read(&[("COUNTERSIGN_SESSION_IDLE_MINUTES", "0")], &[]).is_err());
    assert!(read(&[("COUNTERSIGN_PUBLIC_URL", "https://id.example/path")], &[]).is_err());
}

#[test]
fn the_public_address_is_kept_as_browsers_write_origins() {
    let config =
        read(&[("COUNTERSIGN_PUBLIC_URL", "https://Id.Example:443/"), ("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2")], &[]).unwrap();
    assert_eq!(config.public_url, "https://id.example");
    assert_eq!(config.trusted_proxies.len(), 2);
    assert!(config.is_https());
}
