//! Optional words as a prop: a page may have them or not and should not have to unwrap either way.

/// Takes `&str`, `String`, `Option<String>` and `Option<&str>`. An empty text counts as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Option<String>);

impl Text {
    pub(super) fn map<T>(self, show: impl FnOnce(String) -> T) -> Option<T> {
        self.0.map(show)
    }

    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn into_inner(self) -> Option<String> {
        self.0
    }
}

impl From<Option<String>> for Text {
    fn from(text: Option<String>) -> Self {
        Self(text.filter(|text| !text.is_empty()))
    }
}

impl From<Option<&str>> for Text {
    fn from(text: Option<&str>) -> Self {
        text.map(str::to_owned).into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Some(text).into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Some(text).into()
    }
}
