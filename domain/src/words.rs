//! Closed vocabularies: an enum whose every value has one word for the database and the wire, and
//! one label for the screen.

/// Declares such an enum. `words! { pub enum Tier: "tier" { Standard = "standard", "Standard", } }`
/// gives `word()`, `label()`, `ALL`, `FromStr` (refusing unknown words), `Display` (the label) and
/// serde by word.
macro_rules! words {
    ($(#[$doc:meta])* pub enum $name:ident: $noun:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word stored in the database and sent over the wire.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The label shown on screen.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.label()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::words::UnknownWord { noun: $noun, word: other.to_owned() }),
                }
            }
        }
    };
}
pub(crate) use words;

/// A word outside its vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a {noun}")]
pub struct UnknownWord {
    /// What it should have been.
    pub noun: &'static str,
    /// What it was.
    pub word: String,
}
