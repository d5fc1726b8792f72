//! What makes a change acceptable. A refusal names a field and a code, and never the value.

use crate::records::{Field, Rule, belongs_to_person, fields_of, is_signed};
use crate::{Change, Op, RecordKind};
use serde_json::Value;

/// The largest change in bytes of its JSON text. Twice the longest note in four-byte characters, and room.
pub const MAX_CHANGE_BYTES: usize = 192 * 1024;
const MAX_FIELDS: usize = 64;
const MAX_NAME: usize = 64;
const MAX_SEEN: usize = 256;

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{code} at {field}")]
pub struct Refusal {
    /// A stable code, such as `required` or `too_long`.
    pub code: String,
    /// The field it is about; empty when it is about the whole change.
    pub field: String,
}

impl Refusal {
    /// A refusal about one field.
    pub fn field(code: &str, field: &str) -> Self {
        Self { code: code.to_owned(), field: field.to_owned() }
    }

    /// A refusal about the whole change.
    pub fn whole(code: &str) -> Self {
        Self::field(code, "")
    }
}

/// Checks everything about a change that can be judged from the change alone. Times are never a reason to refuse.
///
/// # Errors
/// The first [`Refusal`] found.
pub fn check(change: &Change) -> Result<(), Refusal> {
    if belongs_to_person(&change.kind) != change.person.is_some()
        && crate::codes::CodeList::is_known(&change.kind)
    {
        return Err(Refusal::whole(if change.person.is_some() {
            "person_not_allowed"
        } else {
            "person_required"
        }));
    }
    if change.kind == RecordKind::Person && change.person.map(Into::into) != Some(change.record) {
        return Err(Refusal::whole("person_not_its_own"));
    }
    match change.op {
        Op::Create if change.fields.is_empty() => return Err(Refusal::whole("nothing_said")),
        Op::Amend if change.fields.is_empty() => return Err(Refusal::whole("nothing_said")),
        Op::Void if !change.fields.is_empty() => return Err(Refusal::whole("void_sets_no_fields")),
        Op::Void if blank(&change.reason) => return Err(Refusal::field("required", "reason")),
        Op::Amend if is_signed(&change.kind) && blank(&change.reason) => {
            return Err(Refusal::field("required", "reason"));
        }
        _ => {}
    }
    if change.reason.as_ref().is_some_and(|reason| reason.chars().count() > 2_000) {
        return Err(Refusal::field("too_long", "reason"));
    }
    check_fields(change)
}

fn check_fields(change: &Change) -> Result<(), Refusal> {
    if change.fields.len() > MAX_FIELDS {
        return Err(Refusal::whole("too_many_fields"));
    }
    let Some(known) = fields_of(&change.kind) else { return Ok(()) };
    for (name, set) in &change.fields {
        if name.is_empty()
            || name.len() > MAX_NAME
            || !name.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b))
        {
            return Err(Refusal::whole("bad_field_name"));
        }
        if set.seen.len() > MAX_SEEN {
            return Err(Refusal::field("too_many_seen", name));
        }
        if let Some(field) = known.iter().find(|field| field.name == name) {
            check_value(field, &set.value)?;
        }
    }
    if change.op == Op::Create {
        for field in known.iter().filter(|field| field.required) {
            if change.fields.get(field.name).is_none_or(|set| empty(&set.value)) {
                return Err(Refusal::field("required", field.name));
            }
        }
        at_least_one(change)?;
    }
    Ok(())
}

/// Kinds of which no single field is required, but one of several is.
fn at_least_one(change: &Change) -> Result<(), Refusal> {
    let choices: &[&str] = match change.kind {
        RecordKind::Person => &["first_name", "last_name", "alias"],
        RecordKind::Place => &["label", "street", "directions", "city", "latitude"],
        _ => return Ok(()),
    };
    let given = |name: &&str| change.fields.get(*name).is_some_and(|set| !empty(&set.value));
    if choices.iter().any(given) {
        Ok(())
    } else {
        Err(Refusal::field("required", choices[choices.len() - 1]))
    }
}

fn check_value(field: &Field, value: &Value) -> Result<(), Refusal> {
    if value.is_null() {
        return if field.required { Err(Refusal::field("required", field.name)) } else { Ok(()) };
    }
    let code = match (field.rule, value) {
        (Rule::Text(max), Value::String(text)) if text.chars().count() > max => "too_long",
        (Rule::Text(_), Value::String(text)) if field.required && text.trim().is_empty() => "required",
        (Rule::Text(_), Value::String(text)) if text.contains('\0') => "bad_character",
        (Rule::Text(_), Value::String(_)) | (Rule::Flag, Value::Bool(_)) => return Ok(()),
        (Rule::Time, Value::Number(n)) if n.as_i64().is_some() => return Ok(()),
        (Rule::Date, Value::String(text)) if date_like(text) => return Ok(()),
        (Rule::Whole(min, max), Value::Number(n)) => match n.as_i64() {
            Some(n) if (min..=max).contains(&n) => return Ok(()),
            Some(_) => "out_of_range",
            None => "wrong_type",
        },
        (Rule::Number(min, max), Value::Number(n)) => match n.as_f64() {
            Some(n) if (min..=max).contains(&n) => return Ok(()),
            _ => "out_of_range",
        },
        (Rule::Code, Value::String(code)) if code_like(code) => return Ok(()),
        (Rule::Codes, Value::Array(list)) if list.len() > 100 => "too_many",
        (Rule::Codes, Value::Array(list)) if list.iter().all(|c| c.as_str().is_some_and(code_like)) => {
            return Ok(());
        }
        (Rule::Ref, Value::String(id)) if uuid::Uuid::parse_str(id).is_ok() => return Ok(()),
        _ => "wrong_type",
    };
    Err(Refusal::field(code, field.name))
}

fn code_like(code: &str) -> bool {
    (1..=MAX_NAME).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Exactly `YYYY-MM-DD`: databases compare days as text.
fn date_like(text: &str) -> bool {
    text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok_and(|day| day.to_string() == text)
}

fn empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn blank(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|text| text.trim().is_empty())
}
