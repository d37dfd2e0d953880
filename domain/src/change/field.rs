//! What a field of a record is: its name, how it is typed, and whether a change of it needs a
//! second person.

use std::collections::BTreeMap;

/// Field names with their canonical texts, or with what was typed.
pub type Typed = BTreeMap<String, String>;

/// How a field is typed.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One line of at most so many characters.
    Line(usize),
    /// Several lines: most characters, lines shown.
    Lines(usize, u32),
    /// A whole number from one to another.
    Number(i64, i64),
    /// One of a list of words with their labels.
    One(fn() -> Vec<(String, String)>),
    /// Any of a list, as words separated by spaces.
    Any(fn() -> Vec<(String, String)>),
    /// The code of a business calendar.
    CalendarCode,
    /// The code of a connection in use.
    ConnectionCode,
}

/// What the text of a field names, so that it can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Nothing: it stands for itself.
    Nothing,
    /// People by their numbers, one a line.
    People,
    /// Entitlements by their ids in the source, one a line.
    Entitlements,
    /// Units by their names, one a line.
    Units,
    /// Applications by their codes, one a line.
    Applications,
}

/// Whether a change of a field needs a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Never.
    Never,
    /// Whenever it changes; in a new record when it has a value.
    Always,
    /// When it makes the record weaker, as its kind says.
    WhenWeaker,
}

/// One field of a kind of record.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Name in the form and in versions.
    pub name: &'static str,
    /// Label.
    pub label: &'static str,
    /// Limits and format, in words.
    pub hint: &'static str,
    /// How it is typed.
    pub shape: Shape,
    /// May not be empty.
    pub required: bool,
    /// Chosen when the record is made and never changed.
    pub fixed: bool,
    /// Whether a change needs a second person.
    pub weight: Weight,
    /// What it names.
    pub names: Names,
    /// Its lines are a set: their order says nothing, and canonical texts have them sorted.
    pub set: bool,
    /// What an empty field means, in words.
    pub empty: &'static str,
}

impl FieldSpec {
    /// A field that may be empty and needs nobody else.
    pub(crate) const fn new(name: &'static str, label: &'static str, shape: Shape, hint: &'static str) -> Self {
        Self {
            name,
            label,
            hint,
            shape,
            required: false,
            fixed: false,
            weight: Weight::Never,
            names: Names::Nothing,
            set: false,
            empty: "none",
        }
    }

    /// It may not be empty.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// It is never changed.
    pub(crate) const fn fixed(self) -> Self {
        Self { fixed: true, ..self }
    }

    /// Each change of it needs a second person.
    pub(crate) const fn always(self) -> Self {
        Self { weight: Weight::Always, ..self }
    }

    /// A change of it that weakens needs a second person.
    pub(crate) const fn when_weaker(self) -> Self {
        Self { weight: Weight::WhenWeaker, ..self }
    }

    /// It names other records.
    pub(crate) const fn naming(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Empty it says something other than "none".
    pub(crate) const fn empty_means(self, empty: &'static str) -> Self {
        Self { empty, ..self }
    }

    /// Its lines are a set.
    pub(crate) const fn a_set(self) -> Self {
        Self { set: true, ..self }
    }

    /// Words with labels to choose from, where it has them.
    #[must_use]
    pub fn options(&self) -> Vec<(String, String)> {
        match self.shape {
            Shape::One(options) | Shape::Any(options) => options(),
            Shape::Line(_) | Shape::Lines(..) | Shape::Number(..) | Shape::CalendarCode | Shape::ConnectionCode => Vec::new(),
        }
    }
}

/// The words of a closed vocabulary as options.
macro_rules! options {
    ($vocabulary:ty) => {
        || <$vocabulary>::ALL.iter().map(|value| (value.word().to_owned(), value.label().to_owned())).collect()
    };
}
pub(super) use options;

/// The same with a first option for "none".
macro_rules! options_or {
    ($none:literal, $vocabulary:ty) => {
        || {
            std::iter::once((String::new(), $none.to_owned()))
                .chain(<$vocabulary>::ALL.iter().map(|value| (value.word().to_owned(), value.label().to_owned())))
                .collect()
        }
    };
}
pub(super) use options_or;

/// Yes or no.
pub(super) fn yes_no() -> Vec<(String, String)> {
    vec![("yes".to_owned(), "Yes".to_owned()), ("no".to_owned(), "No".to_owned())]
}

/// In use or retired.
pub(super) fn states() -> Vec<(String, String)> {
    vec![("active".to_owned(), "In use".to_owned()), ("retired".to_owned(), "Retired".to_owned())]
}
