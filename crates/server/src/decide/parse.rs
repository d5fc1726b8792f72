//! Reads one pushed line. What cannot be read is answered, as long as it says which change it is.

use super::Line;
use domain::validate::Refusal;
use domain::{Change, ChangeId};
use serde::Deserialize;
use serde_json::value::RawValue;
use sync::wire::{HandOver, Settle, Verdict};

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, default, rename = "c")]
    change: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "h")]
    hand_over: Option<&'a RawValue>,
    #[serde(default, rename = "s")]
    settle: Option<Settle>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: ChangeId,
}

/// Reads a line; `None` when it does not even say what it is about, so that it cannot be answered.
pub fn parse_line(line: &str) -> Option<Line> {
    let outer: Outer = serde_json::from_str(line).ok()?;
    if let Some(raw) = outer.change {
        return parse_change(raw.get());
    }
    if let Some(settle) = outer.settle {
        return Some(Line::Settle(settle));
    }
    let raw = outer.hand_over?.get();
    match serde_json::from_str::<HandOver>(raw) {
        Ok(work) => Some(Line::HandOver(work)),
        Err(_) => unreadable(raw),
    }
}

/// Reads the text of a change.
pub fn parse_change(raw: &str) -> Option<Line> {
    match serde_json::from_str::<Change>(raw) {
        Ok(change) => Some(Line::Change(Box::new(change), raw.to_owned())),
        Err(_) => unreadable(raw),
    }
}

fn unreadable(raw: &str) -> Option<Line> {
    let OnlyId { id } = serde_json::from_str(raw).ok()?;
    Some(Line::Unreadable(id, Verdict::Refused(Refusal::whole("malformed"))))
}
