//! Settings of other machines: how they may be reached, and the keys that their secrets are sealed with.

use super::{SettingsError, Written, bad};
use crate::machines::Machines;
use crate::system::System;
use base64::Engine as _;
use connector::KeyRing;
use connector::http::{Networks, Reach, Roots};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest a call may take, in seconds: below the lease of a worker, with time to write down what came of it.
const LONGEST_CALL: u32 = 50;
/// Name of the key file that is made where no key is set.
const OWN_KEY_FILE: &str = "connector.key";
/// Everybody but the owner of the file.
const OTHERS: u32 = 0o077;

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum Keys {
    /// From the settings.
    Given(KeyRing),
    /// From a file that is there.
    File(PathBuf),
    /// From a file in the data directory, made when it is needed first.
    OwnFile,
}

/// How other machines are reached.
#[derive(Clone, Debug)]
pub struct MachineSettings {
    /// What secrets are sealed with.
    pub keys: Keys,
    /// Networks that may be reached although they are not public.
    pub networks: Networks,
    /// Whether addresses may begin with `http`.
    pub plain_http: bool,
    /// Authorities of the house, in PEM, besides those that this machine trusts.
    pub roots: Option<PathBuf>,
    /// Longest a call may take.
    pub call_within: Duration,
}

impl MachineSettings {
    pub(super) fn check(written: &Written) -> Result<Self, SettingsError> {
        let keys = match (&written.connector_keys, &written.connector_key_file) {
            (Some(_), Some(_)) => {
                return Err(bad("connector_key_file", "there is connector_keys as well: set one of the two".to_owned()));
            }
            (Some(keys), None) => Keys::Given(KeyRing::parse(keys.expose()).map_err(|fault| bad("connector_keys", fault.to_string()))?),
            (None, Some(file)) => Keys::File(file.clone()),
            (None, None) => Keys::OwnFile,
        };
        if !(1..=LONGEST_CALL).contains(&written.connector_call_seconds) {
            return Err(bad("connector_call_seconds", format!("it must lie between 1 and {LONGEST_CALL}")));
        }
        let networks = Networks::parse(&written.connector_networks).map_err(|_| {
            bad("connector_networks", "it lists networks such as 10.20.0.0/16, or addresses, with commas between".to_owned())
        })?;
        Ok(Self {
            keys,
            networks,
            plain_http: written.connector_plain_http,
            roots: written.connector_roots.clone(),
            call_within: Duration::from_secs(u64::from(written.connector_call_seconds)),
        })
    }

    /// The way to other machines, and a line that says where the keys are. Reads files, and makes the key
    /// file where none is set.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn open(&self, data_dir: &Path, system: &System) -> Result<(Machines, String), String> {
        let (ring, said) = match &self.keys {
            Keys::Given(ring) => (ring.clone(), "keys from the settings".to_owned()),
            Keys::File(path) => (read_ring("connector_key_file", path)?, format!("keys from {}", path.display())),
            Keys::OwnFile => {
                let path = data_dir.join(OWN_KEY_FILE);
                let made = make_key_file(data_dir, &path, system)?;
                let ring = read_ring("connector_key_file", &path)?;
                let what = if made { "a new key, made in" } else { "key from" };
                (ring, format!("{what} {}: keep it with the backups, and apart from those of the database", path.display()))
            }
        };
        let roots = match &self.roots {
            None => Roots::of_the_machine(),
            Some(path) => {
                let pem = std::fs::read_to_string(path)
                    .map_err(|error| format!("The setting connector_roots cannot be used: {} cannot be read: {error}.", path.display()))?;
                Roots::of_the_machine()
                    .and_pem(&pem)
                    .map_err(|_| format!("The setting connector_roots cannot be used: {} holds no certificate in PEM.", path.display()))?
            }
        };
        let reach = Reach { networks: self.networks.clone(), plain_http: self.plain_http, roots };
        Ok((Machines::new(Some(ring), reach, self.call_within, system), said))
    }
}

fn read_ring(setting: &str, path: &Path) -> Result<KeyRing, String> {
    let wrong = |what: String| format!("The setting {setting} cannot be used: {} {what}.", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    KeyRing::parse(&text).map_err(|fault| wrong(format!("holds no usable keys: {fault}")))
}

/// Makes the key file unless it is there, and refuses one that others can read. Two servers that start
/// at the same time in one directory use the file of the first.
fn make_key_file(data_dir: &Path, path: &Path, system: &System) -> Result<bool, String> {
    let wrong = |error: std::io::Error| {
        format!("The key file {} cannot be made or read: {error}. Set connector_keys or connector_key_file.", path.display())
    };
    std::fs::create_dir_all(data_dir).map_err(wrong)?;
    let key = base64::engine::general_purpose::STANDARD.encode(system.random::<32>());
    // Written beside its place and linked there when it is whole: nobody ever reads half a key.
    let whole = data_dir.join(format!(".{OWN_KEY_FILE}.{}", std::process::id()));
    let made = if path.exists() {
        false
    } else {
        match std::fs::remove_file(&whole) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(wrong(error)),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&whole).map_err(wrong)?;
        writeln!(file, "# Seals the secrets of connections. Whoever has it and the database has the secrets.\n{key}").map_err(wrong)?;
        file.sync_all().map_err(wrong)?;
        let linked = std::fs::hard_link(&whole, path);
        std::fs::remove_file(&whole).map_err(wrong)?;
        match linked {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(wrong(error)),
        }
    };
    let mode = File::open(path).and_then(|file| file.metadata()).map_err(wrong)?.mode();
    if mode & OTHERS != 0 {
        return Err(format!("The key file {} can be read by others: take that away with `chmod 600`.", path.display()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{CountingStopwatch, SeededEntropy, SetClock};
    use connector::Secret;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;
    use uuid::Uuid;

    fn system(seed: u64) -> System {
        let clock = SetClock::at("2026-11-22T09:00:00Z".parse().unwrap());
        System::new(Arc::new(clock), Arc::new(SeededEntropy::new(seed)), Arc::new(CountingStopwatch::default()))
    }

    fn usual() -> MachineSettings {
        MachineSettings::check(&Written::default()).unwrap()
    }

    /// A directory of its own that is gone afterwards.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("countersign-{name}-{}", std::process::id()));
            drop(std::fs::remove_dir_all(&path));
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_key_is_made_once_kept_from_others_and_used_again() {
        let directory = Directory::new("own-key");
        let (first, said) = usual().open(&directory.0, &system(1)).unwrap();
        assert!(said.contains("a new key") && said.contains("connector.key"), "{said}");
        let file = directory.0.join(OWN_KEY_FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let key = std::fs::read_to_string(&file).unwrap().lines().last().unwrap().to_owned();
        assert!(!said.contains(&key));
        let sealed = first.ring().unwrap().seal(Uuid::from_u128(7), &Secret::new("token-8412"), [9; 24]).unwrap();
        let (second, said) = usual().open(&directory.0, &system(2)).unwrap();
        assert!(!said.contains("a new key"), "{said}");
        assert_eq!(second.ring().unwrap().open(Uuid::from_u128(7), &sealed).unwrap().expose(), "token-8412");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = usual().open(&directory.0, &system(3)).err().unwrap();
        assert!(refused.contains("chmod 600") && !refused.contains(&key), "{refused}");
    }

    #[test]
    fn files_that_cannot_be_used_are_refused_with_the_name_of_their_setting() {
        let directory = Directory::new("bad-files");
        std::fs::create_dir_all(&directory.0).unwrap();
        let text = directory.0.join("text");
        std::fs::write(&text, "blue tram at noon").unwrap();
        for path in [text.clone(), directory.0.join("nowhere")] {
            let keys = MachineSettings { keys: Keys::File(path.clone()), ..usual() };
            let refused = keys.open(&directory.0, &system(1)).err().unwrap();
            assert!(refused.contains("connector_key_file") && !refused.contains("blue"), "{refused}");
            let roots = MachineSettings { roots: Some(path), ..usual() };
            assert!(roots.open(&directory.0, &system(1)).err().unwrap().contains("connector_roots"));
        }
    }
}
