//! Sealing secrets of connections, so that they can be kept in a database.
//!
//! Sealed with XChaCha20-Poly1305 (`draft-irtf-cfrg-xchacha-03`; the construction of RFC 8439 with a
//! nonce of 24 bytes, long enough to be drawn at random each time). The keys live outside the
//! database, so a copy of the database opens nothing. The connection's id is associated data: a
//! sealed secret that is moved to another row does not open there.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use std::fmt;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of a nonce.
const NONCE: usize = 24;
/// Most keys of a ring: the current one and those that rows may still be sealed with.
const MOST_KEYS: usize = 16;
/// Fewest different bytes in a key. Of 32 random bytes about 30 differ; fewer than 16 practically
/// never do, but in words and repeated characters that somebody typed they do.
const FEWEST_DIFFERENT: usize = 16;
/// Tells this use of a key, and this layout of [`Sealed::bytes`], from any other.
const SEALING: &[u8] = b"countersign connection secret 1";
/// Tells the name of a key from anything else that is worked out from it.
const NAMING: &[u8] = b"countersign key name 1";

/// A sealed secret, as a row keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key opens it ([`KeyRing`]); says nothing about the key.
    pub key_id: String,
    /// 24 bytes of nonce, the ciphertext, 16 bytes of tag.
    pub bytes: Vec<u8>,
}

/// The keys that secrets are sealed with: the current one, and older ones that only open.
#[derive(Clone)]
pub struct KeyRing {
    current: RingKey,
    older: Vec<RingKey>,
}

#[derive(Clone)]
struct RingKey {
    id: String,
    // Wipes its key when it is dropped (feature `zeroize`).
    cipher: XChaCha20Poly1305,
}

/// Why keys cannot be used, or a secret cannot be sealed or opened. Holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingFault {
    /// The setting names no key.
    #[error("there is no key: make one with `openssl rand -base64 32`")]
    NoKey,
    /// More keys than a ring may have.
    #[error("there are more than {MOST_KEYS} keys: leave out those that nothing is sealed with any more")]
    TooManyKeys,
    /// A key that cannot be one.
    #[error("key {position} cannot be used: {why}")]
    BadKey {
        /// Counted from 1.
        position: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key it was sealed with is not in the ring.
    #[error("it was sealed with key {key_id}, which is not among the configured keys: add that key again")]
    KeyMissing {
        /// The name of the key.
        key_id: String,
    },
    /// The bytes are not what was sealed for this connection with this key.
    #[error("it does not open: it was changed, or belongs to another connection; enter the secret again")]
    DoesNotOpen,
    /// Too long to be sealed.
    #[error("the secret is too long to be sealed")]
    TooLong,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes with key {})", self.bytes.len(), self.key_id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyRing({} and {} older)", self.current.id, self.older.len())
    }
}

impl KeyRing {
    /// Reads keys from a setting or from the content of a key file: each 32 random bytes in base64,
    /// with commas, spaces or line ends between them; lines that begin with `#` do not count. The
    /// first key seals; all of them open. To rotate, put a new key in front and seal every row again
    /// that [`KeyRing::is_current`] denies, then leave the old key out.
    ///
    /// # Errors
    /// [`SealingFault::NoKey`], [`SealingFault::TooManyKeys`], [`SealingFault::BadKey`]; none repeats
    /// any of the text.
    pub fn parse(text: &str) -> Result<Self, SealingFault> {
        let words = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| line.split([',', ' ', '\t']))
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let mut keys: Vec<RingKey> = Vec::new();
        for (index, word) in words.enumerate() {
            if index >= MOST_KEYS {
                return Err(SealingFault::TooManyKeys);
            }
            let bad = |why| SealingFault::BadKey { position: index + 1, why };
            let key = RingKey::parse(word).map_err(bad)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(bad("it is there twice"));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(SealingFault::NoKey)?;
        Ok(Self { current, older: keys.collect() })
    }

    /// The name of the key that seals: 16 hexadecimal digits, worked out from the key.
    #[must_use]
    pub fn current_id(&self) -> &str {
        &self.current.id
    }

    /// Whether it was sealed with the key that seals now; otherwise it should be sealed again.
    #[must_use]
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.key_id == self.current.id
    }

    /// Seals a secret for the connection `id`. `random` must be drawn anew each time.
    ///
    /// # Errors
    /// [`SealingFault::TooLong`] beyond 256 GiB.
    pub fn seal(&self, id: Uuid, secret: &Secret, random: [u8; NONCE]) -> Result<Sealed, SealingFault> {
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &associated(id) };
        let ciphertext = self.current.cipher.encrypt(&XNonce::from(random), payload).map_err(|_| SealingFault::TooLong)?;
        let mut bytes = random.to_vec();
        bytes.extend(ciphertext);
        Ok(Sealed { key_id: self.current.id.clone(), bytes })
    }

    /// Opens what was sealed for the connection `id`.
    ///
    /// # Errors
    /// [`SealingFault::KeyMissing`], [`SealingFault::DoesNotOpen`].
    pub fn open(&self, id: Uuid, sealed: &Sealed) -> Result<Secret, SealingFault> {
        let key = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == sealed.key_id)
            .ok_or_else(|| SealingFault::KeyMissing { key_id: sealed.key_id.clone() })?;
        let (nonce, ciphertext) = sealed.bytes.split_first_chunk::<NONCE>().ok_or(SealingFault::DoesNotOpen)?;
        let payload = Payload { msg: ciphertext, aad: &associated(id) };
        let opened = key.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| SealingFault::DoesNotOpen)?;
        let text = std::str::from_utf8(&opened).map_err(|_| SealingFault::DoesNotOpen)?;
        Ok(Secret::new(text))
    }
}

impl RingKey {
    fn parse(word: &str) -> Result<Self, &'static str> {
        let decoded = STANDARD.decode(word).map(Zeroizing::new).map_err(|_| "it is no base64")?;
        let key = <&Key>::try_from(decoded.as_slice()).map_err(|_| "it must have 32 bytes")?;
        let mut sorted = Zeroizing::new([0; KEY]);
        sorted.copy_from_slice(key);
        sorted.sort_unstable();
        let different = sorted.chunk_by(|a, b| a == b).count();
        sorted.zeroize();
        if different < FEWEST_DIFFERENT {
            return Err("it is not random: make one with `openssl rand -base64 32`");
        }
        let name = Sha256::new().chain_update(NAMING).chain_update(key).finalize();
        let id = name.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, cipher: XChaCha20Poly1305::new(key) })
    }
}

fn associated(id: Uuid) -> Vec<u8> {
    [SEALING, id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "hWbCYZ1p2Jh0D8wmyRzGVZ0bqXn1vsGmPjLeT4CjF1o=";
    const NEW: &str = "q0Pz3mZ0yVJt6Xc9sB1kLwUe7NfRdG2aHxOiC5vTnMk=";
    const CONNECTION: Uuid = Uuid::from_u128(7);
    const RANDOM: [u8; 24] = [9; 24];

    fn sealed_with(keys: &str) -> Sealed {
        KeyRing::parse(keys).unwrap().seal(CONNECTION, &Secret::new("token-8412"), RANDOM).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_again() {
        let ring = KeyRing::parse(OLD).unwrap();
        let sealed = sealed_with(OLD);
        assert_eq!(ring.open(CONNECTION, &sealed).unwrap().expose(), "token-8412");
        assert!(!sealed.bytes.windows(5).any(|part| part == b"token"));
        assert_eq!(sealed.bytes.len(), 24 + "token-8412".len() + 16);
    }

    /// The example of draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_is_the_published_one() {
        let key: Vec<u8> = (0x80..=0x9f).collect();
        let nonce: Vec<u8> = (0x40..=0x57).collect();
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let ring = RingKey::parse(&STANDARD.encode(key)).unwrap();
        let nonce = XNonce::try_from(nonce.as_slice()).unwrap();
        let out = ring.cipher.encrypt(&nonce, Payload { msg: text, aad: &aad }).unwrap();
        assert_eq!(out[..16], [0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b, 0x95, 0x76, 0x57, 0x94, 0x93, 0xc0, 0xe9, 0x39]);
        let tag = [0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49];
        assert_eq!(out[text.len()..], tag);
    }

    #[test]
    fn another_key_does_not_open_it() {
        let sealed = sealed_with(OLD);
        let other = KeyRing::parse(NEW).unwrap();
        assert_eq!(other.open(CONNECTION, &sealed).unwrap_err(), SealingFault::KeyMissing { key_id: sealed.key_id.clone() });
        // Claiming that it was sealed with the key that is there does not help.
        let renamed = Sealed { key_id: other.current_id().to_owned(), ..sealed };
        assert_eq!(other.open(CONNECTION, &renamed).unwrap_err(), SealingFault::DoesNotOpen);
    }

    #[test]
    fn it_does_not_open_in_the_row_of_another_connection() {
        let ring = KeyRing::parse(OLD).unwrap();
        assert_eq!(ring.open(Uuid::from_u128(8), &sealed_with(OLD)).unwrap_err(), SealingFault::DoesNotOpen);
    }

    #[test]
    fn no_byte_can_be_changed_or_cut_off() {
        let ring = KeyRing::parse(OLD).unwrap();
        let sealed = sealed_with(OLD);
        for position in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[position] ^= 1;
            assert_eq!(ring.open(CONNECTION, &changed).unwrap_err(), SealingFault::DoesNotOpen, "byte {position}");
            let cut = Sealed { bytes: sealed.bytes[..position].to_vec(), ..sealed.clone() };
            assert_eq!(ring.open(CONNECTION, &cut).unwrap_err(), SealingFault::DoesNotOpen, "cut at {position}");
        }
    }

    #[test]
    fn a_key_is_replaced_without_losing_what_it_sealed() {
        let sealed = sealed_with(OLD);
        let both = KeyRing::parse(&format!("# new in November\n{NEW}\n\n  # until every row is sealed again\n{OLD}\n")).unwrap();
        assert!(!both.is_current(&sealed));
        let again = both.seal(CONNECTION, &both.open(CONNECTION, &sealed).unwrap(), [3; 24]).unwrap();
        assert!(both.is_current(&again));
        let only_new = KeyRing::parse(NEW).unwrap();
        assert_eq!(only_new.open(CONNECTION, &again).unwrap().expose(), "token-8412");
        assert!(only_new.open(CONNECTION, &sealed).is_err());
    }

    #[test]
    fn printing_shows_names_of_keys_and_nothing_else() {
        let ring = KeyRing::parse(&format!("{NEW},{OLD}")).unwrap();
        let sealed = ring.seal(CONNECTION, &Secret::new("token-8412"), RANDOM).unwrap();
        assert_eq!(format!("{sealed:?}"), format!("Sealed(50 bytes with key {})", ring.current_id()));
        assert_eq!(format!("{ring:?}"), format!("KeyRing({} and 1 older)", ring.current_id()));
        assert!(ring.current_id().len() == 16 && ring.current_id().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused_without_being_repeated() {
        let short = STANDARD.encode([7; 31]);
        let same = STANDARD.encode([7; 32]);
        let words = STANDARD.encode("passwordpasswordpasswordpassword");
        for (word, why) in [
            ("no-base64!", "it is no base64"),
            (short.as_str(), "it must have 32 bytes"),
            (same.as_str(), "it is not random: make one with `openssl rand -base64 32`"),
            (words.as_str(), "it is not random: make one with `openssl rand -base64 32`"),
            (OLD, "it is there twice"),
        ] {
            let fault = KeyRing::parse(&format!("{OLD},{word}")).unwrap_err();
            assert_eq!(fault, SealingFault::BadKey { position: 2, why });
            assert!(!fault.to_string().contains(word));
        }
        assert_eq!(KeyRing::parse(" \n# only a comment").unwrap_err(), SealingFault::NoKey);
        let many: Vec<String> = (0..=16_u8).map(|n| STANDARD.encode((0..32).map(|i| i * 7 + n).collect::<Vec<u8>>())).collect();
        assert_eq!(KeyRing::parse(&many.join(" ")).unwrap_err(), SealingFault::TooManyKeys);
        assert!(KeyRing::parse(&many[..16].join(" ")).is_ok());
    }
}
