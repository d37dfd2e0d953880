//! Passwords: which ones are accepted, and how they are kept.
//!
//! Length and the block list decide (NIST SP 800-63B: no composition rules, no periodic change);
//! hashes are argon2id. Hashing is slow on purpose, so it runs off the async threads, a few at a
//! time, with a queue that ends: whoever comes after that is told to try later.

use crate::config::{Argon2Cost, Config};
use crate::system::System;
use app::error::AppError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Most characters of a password.
pub const LONGEST: usize = 128;
/// How many may wait for each slot.
const QUEUE_PER_SLOT: usize = 16;

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("password/common.txt").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Checks a new password. `own` are the words it must not be made of: sign-in name, names.
///
/// # Errors
/// [`AppError::Invalid`] at the field `password`, or at `password_again` when the two differ.
pub fn check(password: &str, again: &str, shortest: usize, own: &[&str]) -> Result<(), AppError> {
    let length = password.chars().count();
    if length < shortest {
        return Err(AppError::field("password", "too_short"));
    }
    if length > LONGEST {
        return Err(AppError::field("password", "too_long"));
    }
    if is_common(password, own) {
        return Err(AppError::field("password", "common"));
    }
    if password != again {
        return Err(AppError::field("password_again", "different"));
    }
    Ok(())
}

/// Whether somebody guessing would try this early: on the list, one short piece over and over, or
/// only words that everyone knows of this person and product.
fn is_common(password: &str, own: &[&str]) -> bool {
    let lower = password.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    if COMMON.contains(lower.as_str()) || COMMON.contains(letters.as_str()) || repeats(&letters) {
        return true;
    }
    let mut rest = letters;
    for word in own.iter().copied().chain(["countersign"]) {
        let word: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        if word.chars().count() >= 3 {
            rest = rest.replace(&word, "");
        }
    }
    // What is left besides known words has to carry the secret.
    rest.chars().filter(|c| !c.is_numeric()).count() < 6 && rest.chars().count() < 8
}

/// Whether the text is one piece of at most half its length, again and again: `abcabcabcabc`.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 2).any(|size| {
        let piece = &letters[..size];
        letters.chunks(size).all(|chunk| piece.starts_with(chunk))
            && (size <= 6 || COMMON.contains(piece.iter().collect::<String>().as_str()))
    })
}

/// No room in the queue for another hash.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being hashed")]
pub struct Busy;

/// What verifying a password found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password.
    Wrong,
    /// The password.
    Right {
        /// A hash with today's cost, where the stored one was made with another.
        fresh_hash: Option<String>,
    },
}

/// Hashes and verifies, a few at a time.
#[derive(Clone)]
pub struct Hashing {
    hasher: Hasher,
    slots: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

#[derive(Clone)]
struct Hasher {
    argon2: Argon2<'static>,
    system: System,
    /// Verified in place of the hash that an unknown name does not have, so that the answer takes
    /// as long as for a known one.
    dummy: Arc<str>,
}

impl Hashing {
    /// Hashing at the cost and with the slots that the settings name.
    ///
    /// # Errors
    /// A sentence when argon2 does not accept the cost.
    pub fn new(system: &System, config: &Config) -> Result<Self, String> {
        let Argon2Cost { memory_kib, passes, lanes } = config.argon2;
        let params = Params::new(memory_kib, passes, lanes, None)
            .map_err(|e| format!("The settings argon2_memory_kib, argon2_passes and argon2_lanes cannot be used together: {e}."))?;
        let mut hasher =
            Hasher { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), system: system.clone(), dummy: "".into() };
        hasher.dummy = hasher.hash("no such person").map_err(|e| format!("Passwords cannot be hashed: {e}."))?.into();
        Ok(Self {
            hasher,
            slots: Arc::new(Semaphore::new(config.hashing_slots)),
            queue: Arc::new(Semaphore::new(config.hashing_slots * (1 + QUEUE_PER_SLOT))),
        })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn hash(&self, password: String) -> Result<String, Busy> {
        self.run(move |hasher| hasher.hash(&password)).await?.map_err(|error| {
            tracing::error!(%error, "a password was not hashed");
            Busy
        })
    }

    /// Compares a password with a stored hash; without one it takes as long and is wrong.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict, Busy> {
        self.run(move |hasher| hasher.verify(&password, stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T, Busy> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_| Busy)?;
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| Busy)?;
        let hasher = self.hasher.clone();
        let done = tokio::task::spawn_blocking(move || {
            let answer = work(&hasher);
            // Held until the work is done, also when nobody waits for it any more.
            drop((slot, place));
            answer
        });
        done.await.map_err(|_| Busy)
    }
}

impl Hasher {
    fn hash(&self, password: &str) -> Result<String, argon2::password_hash::Error> {
        let salt: [u8; 16] = self.system.random();
        let hash: PasswordHash = self.argon2.hash_password_with_salt(password.as_bytes(), &salt)?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &str, stored: Option<&str>) -> Verdict {
        let parsed = stored.and_then(|stored| PasswordHash::new(stored).ok());
        let Some(hash) = parsed else {
            let _ = PasswordHash::new(&self.dummy).map(|dummy| self.argon2.verify_password(password.as_bytes(), &dummy));
            return Verdict::Wrong;
        };
        if self.argon2.verify_password(password.as_bytes(), &hash).is_err() {
            return Verdict::Wrong;
        }
        let now = self.argon2.params();
        let same_cost = Params::try_from(&hash)
            .is_ok_and(|then| (then.m_cost(), then.t_cost(), then.p_cost()) == (now.m_cost(), now.t_cost(), now.p_cost()));
        Verdict::Right { fresh_hash: if same_cost { None } else { self.hash(password).ok() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn hashing(memory: &str) -> Hashing {
        let environment = [("COUNTERSIGN_ARGON2_MEMORY_KIB", memory), ("COUNTERSIGN_HASHING_SLOTS", "1")];
        let environment: HashMap<_, _> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Hashing::new(&System::real(), &Config::read(None, environment, &[]).unwrap()).unwrap()
    }

    fn code(password: &str) -> Option<String> {
        check(password, password, 15, &["anna.keller", "Anna", "Keller"]).err().map(|e| e.problems()[0].code.clone())
    }

    #[test]
    fn length_counts_and_composition_does_not() {
        assert_eq!(code("blue tram to wo").as_deref(), None);
        assert_eq!(code("zurich tramlin").as_deref(), Some("too_short"));
        assert_eq!(code(&"x1".repeat(65)).as_deref(), Some("too_long"));
        assert_eq!(code("öäüöäü èéàèéà kleiner Bär").as_deref(), None);
    }

    #[test]
    fn what_everyone_would_try_is_refused() {
        for password in [
            "passwordpassword",
            "CorrectHorseBatteryStaple",
            "correct horse battery staple",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "countersign2026!!",
            "anna.keller 2026",
            "KellerAnnaKeller1",
            "qwertyuiopasdfghjkl",
            "123456789012345678",
        ] {
            assert_eq!(code(password).as_deref(), Some("common"), "{password}");
        }
    }

    #[test]
    fn the_second_entry_has_to_be_the_same() {
        let refused = check("blue tram to work", "blue tram to Work", 15, &[]).unwrap_err();
        assert_eq!(refused.problems()[0].field, "password_again");
    }

    #[test]
    fn the_list_is_lower_case_and_holds_no_word_twice() {
        let lines: Vec<_> = include_str!("password/common.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
        assert_eq!(lines.len(), COMMON.len());
        assert!(lines.iter().all(|line| line.to_lowercase() == **line));
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_of_todays_cost_and_an_older_one_is_replaced() {
        let old = hashing("64").hash("blue tram to work".to_owned()).await.unwrap();
        assert!(old.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{old}");
        let today = hashing("128");
        let Verdict::Right { fresh_hash: Some(fresh) } = today.verify("blue tram to work".to_owned(), Some(old)).await.unwrap() else {
            panic!("not replaced")
        };
        assert!(fresh.starts_with("$argon2id$v=19$m=128,"));
        assert_eq!(today.verify("blue tram to work".to_owned(), Some(fresh)).await.unwrap(), Verdict::Right { fresh_hash: None });
    }

    #[tokio::test]
    async fn nothing_is_the_password_of_an_unknown_person_or_of_one_without_a_hash() {
        let hashing = hashing("64");
        for stored in [None, Some("no hash".to_owned()), Some(String::new())] {
            assert_eq!(hashing.verify("no such person".to_owned(), stored).await.unwrap(), Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn the_queue_ends() {
        let hashing = hashing("64");
        let held = hashing.slots.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..17)
            .map(|_| {
                tokio::spawn({
                    let hashing = hashing.clone();
                    async move { hashing.hash("x".to_owned()).await.is_ok() }
                })
            })
            .collect();
        while hashing.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(hashing.hash("one too many".to_owned()).await.is_err());
        drop(held);
        for hash in waiting {
            assert!(hash.await.unwrap());
        }
    }
}
