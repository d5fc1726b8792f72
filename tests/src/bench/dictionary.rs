//! Trains the dictionary of the wire: `porchlight-bench --train crates/sync/src/dictionary/1.dict`.
//!
//! It learns the form of what is said (the names of fields, kinds and codes, and how lines begin and end) and no words
//! of anybody: notes are left out, and ids are new in each sample. A dictionary that was released is never made anew;
//! another one gets the next number.

use super::content;
use super::recorder::Recorder;
use crate::demo::Dice;
use domain::codes::CodeList;
use domain::{Change, DeviceId, Millis, PersonId, RecordKind, Stamp, UserId};
use serde_json::json;
use sync::wire::{Enter, FrameEnd, Hello, LastFrame, READS};

/// How large it may become, in bytes: half of what twice as much would save was saved by half as much.
const SIZE: usize = 16 * 1024;
/// Visits to learn from.
const VISITS: u64 = 4_000;

/// Makes it.
///
/// # Errors
/// zstd's, where the samples are no good.
pub fn train() -> anyhow::Result<Vec<u8>> {
    let mut dice = Dice(1);
    let mut samples: Vec<String> = Vec::new();
    for n in 0..VISITS {
        let now = Millis(1_790_000_000_000 + n as i64 * 7_919_000);
        let id = |salt: u8| {
            let mut random = crypto::secret::random_bytes::<10>();
            random[9] = salt;
            random
        };
        let (user, device) = (UserId::new(now, id(1)), DeviceId::new(now, id(2)));
        let by = Recorder { user, device, team: Some(domain::TeamId::new(now, id(3))), now };
        let person = PersonId::new(now, id(4));
        let mut changes: Vec<Change> = by.person(person).into();
        let [who, place, phone] = content::person(&mut dice);
        for (kind, fields) in [
            (RecordKind::Person, who),
            (RecordKind::Place, place),
            (RecordKind::Phone, phone),
            (RecordKind::OverdoseEvent, content::fields(json!({ "occurred_at": now, "source": "ems" }))),
            (RecordKind::FollowUp, content::fields(json!({ "kind": "visit", "due_on": "2026-09-25" }))),
            (RecordKind::Referral, content::fields(json!({ "offered_at": now, "case": person }))),
        ] {
            changes.push(by.create(by.id(), None, kind, person, fields));
        }
        changes.extend(by.visit(person, &mut dice));
        changes.extend(by.visit(person, &mut dice));
        let (mut up, mut down) = (hello(now)?, serde_json::to_string(&json!({ "enter": enter(person) }))?);
        for mut change in changes {
            change.stamp = Stamp::at(now);
            change.fields.remove("notes");
            change.fields.remove("next_step");
            let text = serde_json::to_string(&change)?;
            up += &format!("\n{{\"c\":{text}}}");
            down += &format!("\n{{\"c\":{text},\"t\":{}}}", change.stamp.0);
        }
        down += &format!("\n{}", serde_json::to_string(&json!({ "end": end(now) }))?);
        samples.extend([up, down]);
    }
    for kind in RecordKind::CODES {
        samples.push(format!("\"kind\":\"{}\"", RecordKind::from_code(kind).code()));
    }
    Ok(zstd::dict::from_samples(&samples, SIZE)?)
}

fn hello(now: Millis) -> anyhow::Result<String> {
    let hello =
        Hello { v: sync::wire::PROTOCOL, app: "0.1.0".to_owned(), reads: READS, now, ..Hello::default() };
    Ok(serde_json::to_string(&hello)?)
}

fn enter(person: PersonId) -> Enter {
    Enter { person, objects: domain::caseload::PERSON_OBJECTS, more: false }
}

fn end(now: Millis) -> FrameEnd {
    let digest = "0".repeat(32);
    let last =
        LastFrame { digest, now, more: false, devices: None, handed_over: None, handed_over_waiting: None };
    FrameEnd { last: Some(last), ..FrameEnd::default() }
}
