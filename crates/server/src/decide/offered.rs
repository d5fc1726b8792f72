//! Reads what a device offers in a new epoch: changes that this county accepted before its database was restored.
//!
//! Each names a frame that the county signed once. Only a change whose exact text and stamp stand in it is *proven*,
//! whoever made it and whoever brings it; everything else is refused.

use super::{Line, parse_line};
use crypto::county::{CountyPublicKey, CountySecret};
use crypto::frame::{Leaf, Leaves, leaf};
use domain::validate::Refusal;
use domain::{Change, ChangeId, CountyId, Stamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;
use sync::packing::decompress_all;
use sync::wire::{COPY, Offered, Proof, SealedCopy, Verdict};

/// The most that one sealed copy expands to: the page that it was made of, with what stands around each change.
const MAX_COPY: usize = 16 * 1024 * 1024;
/// The most that all copies of one request expand to; the first one is opened in any case. The rest comes again.
const MAX_OPENED: usize = 2 * MAX_COPY;

/// The code of an offer that does not stand in a frame of this county's.
pub const NOT_PROVEN: &str = "not_proven";

/// A change that this county accepted once, with the stamp by which it counted.
#[derive(Debug)]
pub struct Proven {
    /// The change.
    pub change: Box<Change>,
    /// Its text.
    pub raw: String,
    /// Its effective stamp.
    pub stamp: Stamp,
}

impl Line {
    /// The line as it counts where no offer is open.
    pub fn outside_an_offer(self) -> Self {
        match self {
            Line::Proven(proven) => Line::Again(proven),
            other => other,
        }
    }
}

/// Reads the lines of one request.
pub struct LineReader<'s> {
    secret: &'s CountySecret,
    frames: Frames,
    /// How much copies may still expand to.
    room: usize,
    /// Copies and copied changes that were read already.
    read: HashSet<ChangeId>,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, default, rename = "p")]
    proof: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "o")]
    offered: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "y")]
    copy: Option<&'a RawValue>,
}

impl<'s> LineReader<'s> {
    /// For a request to the county of this secret and id.
    pub fn new(secret: &'s CountySecret, county: CountyId) -> Self {
        let frames = Frames { key: secret.public(), county, signed: Vec::new() };
        Self { secret, frames, room: MAX_OPENED, read: HashSet::new() }
    }

    /// Reads a line: `Some(None)` for a proof, which is not answered; `None` for what does not even say what it is
    /// about.
    pub fn read(&mut self, line: &str) -> Option<Option<Line>> {
        if !line.starts_with("{\"p\":") && !line.starts_with("{\"o\":") && !line.starts_with("{\"y\":") {
            return parse_line(line).map(Some);
        }
        let outer: Outer = serde_json::from_str(line).ok()?;
        if let Some(proof) = outer.proof {
            self.frames.add(serde_json::from_str(proof.get()).ok()?);
            return Some(None);
        }
        if let Some(copy) = outer.copy {
            let copy: SealedCopy = serde_json::from_str(copy.get()).ok()?;
            return Some(Some(self.copy(&copy)));
        }
        self.frames.check(serde_json::from_str(outer.offered?.get()).ok()?).map(|checked| {
            Some(match checked {
                Ok(proven) => Line::Proven(proven),
                Err(id) => unproven(id),
            })
        })
    }

    /// Opens a copy, if there is room for it and it was not read already: then it is put off.
    fn copy(&mut self, copy: &SealedCopy) -> Line {
        let later = Line::Unreadable(copy.id, Verdict::Later);
        if self.room == 0 || !self.read.insert(copy.id) {
            return later;
        }
        let Ok(packed) = self.secret.open(COPY, &copy.sealed) else { return unproven(copy.id) };
        let Some(text) = decompress_all(&packed, self.room.min(MAX_COPY)) else {
            // It may be too large for the room that is left, and nothing after it is tried: that costs as much.
            let whole = self.room >= MAX_COPY;
            self.room = if whole { self.room - MAX_COPY } else { 0 };
            return if whole { unproven(copy.id) } else { later };
        };
        self.room -= text.len();
        match self.proven(text) {
            Some(proven) => Line::Copy(copy.id, proven),
            None => unproven(copy.id),
        }
    }

    /// What an opened copy holds and this county signed; each change once in a request.
    fn proven(&mut self, text: Vec<u8>) -> Option<Vec<Proven>> {
        let text = String::from_utf8(text).ok()?;
        let mut frames = Frames { key: self.frames.key, county: self.frames.county, signed: Vec::new() };
        let mut proven: Vec<Proven> = Vec::new();
        for line in text.lines() {
            let outer: Outer = serde_json::from_str(line).ok()?;
            if let Some(proof) = outer.proof {
                frames.add(serde_json::from_str(proof.get()).ok()?);
            } else if let Some(offered) = outer.offered {
                proven.push(frames.check(serde_json::from_str(offered.get()).ok()?)?.ok()?);
            }
        }
        proven.retain(|one| self.read.insert(one.change.id));
        Some(proven)
    }
}

/// The frames of one page, or of one copy, in order; none for those that this county did not sign.
struct Frames {
    key: CountyPublicKey,
    county: CountyId,
    signed: Vec<Option<Vec<Leaf>>>,
}

impl Frames {
    fn add(&mut self, proof: Proof) {
        let leaves: Leaves = proof.leaves.iter().collect();
        let good = leaves.verify(self.county.bytes(), &proof.signature, &self.key).is_ok();
        self.signed.push(good.then_some(proof.leaves));
    }

    /// Whether this text and stamp stand in the frame that is named; `None` when it is no change at all.
    fn check(&self, offered: Offered) -> Option<Result<Proven, ChangeId>> {
        let raw = offered.change.get();
        let change: Box<Change> = serde_json::from_str(raw).ok()?;
        let signed = self.signed.get(offered.frame).and_then(Option::as_ref);
        let stands = signed.and_then(|leaves| leaves.get(offered.place));
        if stands != Some(&leaf(change.id.bytes(), offered.stamp.0, raw)) {
            return Some(Err(change.id));
        }
        Some(Ok(Proven { change, raw: raw.to_owned(), stamp: offered.stamp }))
    }
}

fn unproven(id: ChangeId) -> Line {
    Line::Unreadable(id, Verdict::Refused(Refusal::whole(NOT_PROVEN)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;
    use crate::decide::{Author, Known, KnownChange, Page, decide};
    use crypto::signature::Signature;
    use domain::caseload::Member;
    use domain::codes::{CodeList, Role};
    use domain::{DeviceId, Millis, UserId};
    use sync::wire::UpLine;

    const PINE: CountyId = CountyId(uuid::Uuid::from_bytes([9; 16]));
    const WAS: Stamp = Stamp(77 << 16);

    fn text(id: u8) -> String {
        format!(
            r#"{{"id":"{0}","record":"{0}","kind":"visit","person":"{1}","op":"create","author":"{1}","device":"{1}","stamp":5,"happened_at":5,"of_2031":[1, 2],"fields":{{}}}}"#,
            uuid::Uuid::from_bytes([id; 16]),
            uuid::Uuid::from_bytes([200; 16]),
        )
    }

    fn signed(secret: &CountySecret, county: CountyId, texts: &[String]) -> (Signature, Vec<Leaf>) {
        let leaf = |(text, id): (&String, u8)| leaf([id; 16], WAS.0, text);
        let leaves: Vec<Leaf> = texts.iter().zip(1..).map(leaf).collect();
        (leaves.iter().collect::<Leaves>().sign(secret, county.bytes()), leaves)
    }

    fn line(text: &str, stamp: Stamp, place: usize) -> String {
        format!("{{\"o\":{{\"c\":{text},\"t\":{},\"f\":0,\"i\":{place}}}}}", stamp.0)
    }

    fn proof((signature, leaves): (Signature, Vec<Leaf>)) -> String {
        serde_json::to_string(&UpLine::Proof(Proof { signature, leaves })).unwrap()
    }

    fn read(secret: &CountySecret, lines: &[String]) -> Line {
        let mut reader = LineReader::new(secret, PINE);
        lines.iter().filter_map(|line| reader.read(line).unwrap()).last().unwrap()
    }

    #[test]
    fn only_what_the_county_signed_is_proven() {
        let (pine, other) = (CountySecret::generate(), CountySecret::generate());
        let texts = [text(1), text(2)];
        let good = proof(signed(&pine, PINE, &texts));
        assert!(
            matches!(read(&pine, &[good.clone(), line(&texts[1], WAS, 1)]), Line::Proven(one) if one.raw == texts[1])
        );
        let stranger = CountyId::from_bytes([8; 16]);
        let swapped = signed(&pine, PINE, &texts);
        let rows = [
            ("no proof", vec![line(&texts[1], WAS, 1)]),
            ("another body", vec![good.clone(), line(&texts[1].replace("[1, 2]", "[1, 3]"), WAS, 1)]),
            ("spelled otherwise", vec![good.clone(), line(&texts[1].replace("[1, 2]", "[1,2]"), WAS, 1)]),
            ("another stamp", vec![good.clone(), line(&texts[1], Stamp(WAS.0 + 1), 1)]),
            ("another place", vec![good.clone(), line(&texts[1], WAS, 0)]),
            ("no such place", vec![good.clone(), line(&texts[1], WAS, 2)]),
            ("another county's key", vec![proof(signed(&other, PINE, &texts)), line(&texts[1], WAS, 1)]),
            ("another county", vec![proof(signed(&pine, stranger, &texts)), line(&texts[1], WAS, 1)]),
            ("another leaf", vec![proof((swapped.0, vec![swapped.1[1]; 2])), line(&texts[1], WAS, 1)]),
        ];
        for (what, lines) in rows {
            match read(&pine, &lines) {
                Line::Unreadable(id, Verdict::Refused(refusal)) => {
                    assert_eq!(
                        (id, refusal.code.as_str()),
                        (ChangeId::from_bytes([2; 16]), "not_proven"),
                        "{what}"
                    );
                }
                other => panic!("{what}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_sealed_copy_is_as_good_as_what_is_in_it() {
        let pine = CountySecret::generate();
        let texts = [text(1), text(2)];
        let inside = [proof(signed(&pine, PINE, &texts)), line(&texts[0], WAS, 0), line(&texts[1], WAS, 1)];
        let sealed = |secret: &CountySecret, inside: &[String]| {
            let packed = sync::packing::compress(inside.join("\n").as_bytes());
            let sealed = secret.sealing_public().seal(COPY, &packed).unwrap();
            let copy = SealedCopy { id: ChangeId::from_bytes([7; 16]), sealed };
            serde_json::to_string(&UpLine::Copy(copy)).unwrap()
        };
        assert!(matches!(read(&pine, &[sealed(&pine, &inside)]), Line::Copy(_, all) if all.len() == 2));
        let forged = [inside[0].clone(), line(&texts[0], Stamp(9), 0)];
        for bad in [sealed(&pine, &forged), sealed(&CountySecret::generate(), &inside)] {
            assert!(matches!(read(&pine, &[bad]), Line::Unreadable(..)));
        }
    }

    /// Nobody of these is known here, and nothing of it would be allowed: what was accepted once is taken as it was.
    #[test]
    fn what_is_proven_is_taken_by_its_old_stamp_without_a_question() {
        let member =
            Member { user: UserId::from_bytes([3; 16]), role: Role::from_code("evaluator"), team: None };
        let proven = |id| {
            let raw = text(id);
            Line::Proven(Proven { change: serde_json::from_str(&raw).unwrap(), raw, stamp: WAS })
        };
        let author = Author::Device { member, device: DeviceId::from_bytes([4; 16]) };
        let known =
            KnownChange { seq: 5, stamp: Stamp(6), device: DeviceId::from_bytes([200; 16]), leaf: None };
        let known =
            Known { seq: 40, changes: [(ChangeId::from_bytes([2; 16]), known)].into(), ..Known::default() };
        let page = Page { author, received: Millis(1), lines: vec![proven(1), proven(2)], contact: None };
        let decided = decide(page, known);
        let verdicts: Vec<_> = decided.answers.into_iter().map(|answer| answer.verdict).collect();
        let taken = Verdict::Accepted { seq: 41, stamp: WAS };
        let had = Verdict::Accepted { seq: 5, stamp: Stamp(6) };
        assert_eq!(verdicts, [taken, had]);
        assert_eq!((decided.accepted.len(), decided.seq), (1, 41));
        assert_eq!(decided.accepted[0].change.author, UserId::from_bytes([200; 16]));
        assert!(
            decided.made.is_empty() && decided.shown.len() == 1,
            "and so the device was told of the person"
        );
    }
}
