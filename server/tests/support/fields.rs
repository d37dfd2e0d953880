//! What a form sends, and what it is told.

use super::Reply;
use serde_json::{Value, json};

/// Fields with changes: another value where the field is there already, one more where it is not.
pub fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        match fields.iter_mut().find(|(field, _)| field == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

/// An id that no other call of this process gives, for example the key of a form.
pub fn uuid() -> String {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("01930000-0000-7000-8000-{n:012x}")
}

/// The code of a refusal, and for fields the pairs of field and code.
pub fn refusal(reply: &Reply) -> Value {
    let body = reply.json();
    match body.get("problems").and_then(Value::as_array) {
        Some(problems) => {
            json!(problems.iter().map(|p| format!("{}:{}", p["field"].as_str().unwrap(), p["code"].as_str().unwrap())).collect::<Vec<_>>())
        }
        None => body["code"].clone(),
    }
}
