//! Reads a catalogue file: JSON entries become roles, and what cannot be used is named.

use super::super::source::{Source, SourceProblem};
use super::super::{BAD_ROWS_MAX, BadRow, ImportError};
use super::entries::entries;
use domain::feed::role::{self, Role};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::Path;

/// Largest catalogue that is read; the one of a whole cloud has one megabyte.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A catalogue file, read and checked.
pub(super) struct Catalogue {
    pub(super) entries: u64,
    /// Usable roles with their places in the file.
    pub(super) usable: Vec<(u64, Role)>,
    /// Ids of entries that cannot be used, with their places: they are not missing.
    pub(super) set_aside: Vec<(u64, String)>,
    /// Entries without even a readable id.
    pub(super) nameless: u64,
    pub(super) bad: Vec<BadRow>,
    pub(super) sha256: [u8; 32],
}

/// Reads and checks `path`.
pub(super) fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let file = path.display().to_string();
    let unreadable = |source| ImportError::Unreadable { file: file.clone(), source };
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    let bytes = opened.metadata().map_err(unreadable)?.len();
    if bytes > BYTES_MAX {
        return Err(ImportError::TooLarge { file, bytes, most: BYTES_MAX });
    }
    let mut source = Source::new(opened).with_rows_of_any_length();
    let mut text = String::new();
    source.read_to_string(&mut text).map_err(|e| match e.get_ref().and_then(|e| e.downcast_ref::<SourceProblem>()) {
        Some(SourceProblem::NotUtf8 { line, offset, byte }) => {
            ImportError::NotUtf8 { file: file.clone(), line: *line, offset: *offset, byte: *byte }
        }
        _ => unreadable(e),
    })?;
    let found =
        entries(&text).map_err(|w| ImportError::Syntax { file: file.clone(), line: w.line, column: w.column, problem: w.problem })?;
    if found.is_empty() {
        return Err(ImportError::Empty { file, what: "roles" });
    }
    let mut catalogue = check(&found);
    catalogue.sha256 = source.sha256();
    match catalogue.bad.first() {
        Some(first) if catalogue.bad.len() > BAD_ROWS_MAX => {
            Err(ImportError::TooManyBad { file, line: first.line, column: first.column.clone(), problem: first.problem.clone() })
        }
        _ => Ok(catalogue),
    }
}

fn check(found: &[(u64, Value)]) -> Catalogue {
    let mut out =
        Catalogue { entries: found.len() as u64, usable: Vec::new(), set_aside: Vec::new(), nameless: 0, bad: Vec::new(), sha256: [0; 32] };
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (index, (line, value)) in found.iter().enumerate() {
        let place = index as u64;
        let mut entry = Entry { line: *line, index, bad: Vec::new() };
        let role = entry.role(value);
        for p in role::problems(&role) {
            // A field of the wrong type is blank here, and has already been named.
            if !entry.names(p.field) {
                entry.problem(p.field, &p.value, p.problem);
            }
        }
        let id = role.source_id.to_lowercase();
        let readable = !id.is_empty() && !entry.names("name");
        if readable {
            match ids.get(&id) {
                Some(first) => entry.problem("name", &role.source_id, format!("is already the id of [{first}]")),
                None => _ = ids.insert(id, index),
            }
        }
        let name = role.name.to_lowercase();
        if !entry.names("roleName") {
            match names.get(&name) {
                Some(first) => entry.problem("roleName", &role.name, format!("is already the name of [{first}]")),
                None => _ = names.insert(name, index),
            }
        }
        match (entry.bad.is_empty(), readable) {
            (true, _) => out.usable.push((place, role)),
            (false, true) => out.set_aside.push((place, role.source_id)),
            (false, false) => out.nameless += 1,
        }
        out.bad.append(&mut entry.bad);
        if out.bad.len() > BAD_ROWS_MAX {
            break;
        }
    }
    out
}

/// One entry while it is read.
struct Entry {
    line: u64,
    index: usize,
    bad: Vec<BadRow>,
}

impl Entry {
    fn problem(&mut self, field: &str, value: &str, problem: String) {
        self.bad.push(BadRow::new(self.line, &format!("[{}].{field}", self.index), value, problem));
    }

    /// Whether a problem of the field is already named.
    fn names(&self, field: &str) -> bool {
        let path = format!("[{}].{field}", self.index);
        self.bad.iter().any(|b| b.column == path)
    }

    fn role(&mut self, value: &Value) -> Role {
        let source_id = self.text(value, "name", true);
        let name = self.text(value, "roleName", true);
        let description = self.text(value, "description", false);
        let mut role = Role { source_id, name, description, ..Role::default() };
        match value.get("permissions") {
            Some(Value::Array(permissions)) => {
                let (mut actions, mut data_actions) = (HashSet::new(), HashSet::new());
                for (i, permission) in permissions.iter().enumerate() {
                    if !permission.is_object() {
                        self.problem(&format!("permissions[{i}]"), &permission.to_string(), "is not an object".to_owned());
                        continue;
                    }
                    role.actions.extend(self.list(permission, i, "actions").into_iter().filter(|a| actions.insert(a.clone())));
                    role.data_actions
                        .extend(self.list(permission, i, "dataActions").into_iter().filter(|a| data_actions.insert(a.clone())));
                }
            }
            None => self.problem("permissions", "", "is missing".to_owned()),
            Some(other) => self.problem("permissions", &other.to_string(), "is not a list".to_owned()),
        }
        role
    }

    fn text(&mut self, value: &Value, field: &str, required: bool) -> String {
        match value.get(field) {
            Some(Value::String(text)) => text.trim().replace("\r\n", "\n"),
            None | Some(Value::Null) if !required => String::new(),
            None | Some(Value::Null) => {
                self.problem(field, "", "is missing".to_owned());
                String::new()
            }
            Some(other) => {
                self.problem(field, &other.to_string(), "is not text".to_owned());
                String::new()
            }
        }
    }

    fn list(&mut self, permission: &Value, at: usize, field: &str) -> Vec<String> {
        let path = format!("permissions[{at}].{field}");
        let list = match permission.get(field) {
            Some(Value::Array(list)) => list.as_slice(),
            None | Some(Value::Null) => return Vec::new(),
            Some(other) => {
                self.problem(&path, &other.to_string(), "is not a list".to_owned());
                return Vec::new();
            }
        };
        let mut out = Vec::with_capacity(list.len());
        for (i, action) in list.iter().enumerate() {
            match action {
                Value::String(text) => out.push(text.trim().to_owned()),
                other => self.problem(&format!("{path}[{i}]"), &other.to_string(), "is not text".to_owned()),
            }
        }
        out
    }
}
