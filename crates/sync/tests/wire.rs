//! The wire format is a promise: what version 1 wrote must read for ever.
//!
//! `vectors/` holds lines as released apps and counties write them. Lines may be added; one that is there is never
//! edited. Each is read, written again letter for letter, and read once more with fields of a newer version in it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use domain::{ChangeId, Millis, Op, Stamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sync::enrolment::{EnrolmentCode, NotACode};
use sync::wire::{
    Answer, DownLine, EnrolRequest, Enrolled, ErrorBody, HandOverKind, Hello, Kept, OfferStep, Offering,
    READS, UpLine, Verdict,
};

const HELLO: &str = include_str!("vectors/hello.jsonl");
const UP: &str = include_str!("vectors/up.jsonl");
const DOWN: &str = include_str!("vectors/down.jsonl");
const OFFER_HELLO: &str = include_str!("vectors/offer_hello.jsonl");
const OFFER: &str = include_str!("vectors/offer.jsonl");
const OFFER_DOWN: &str = include_str!("vectors/offer_down.jsonl");

fn id(n: u8) -> ChangeId {
    format!("01988f2c-0000-7000-8000-0000000000{n:02x}").parse().unwrap()
}

/// Adds an unknown field to every object that a struct of ours reads.
fn from_a_newer_version(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let inner = map.iter().map(|(name, value)| (name.clone(), from_a_newer_version(value)));
            Value::Object(inner.chain([("of_2031".to_owned(), json!({ "any": [1] }))]).collect())
        }
        Value::Array(list) => list.iter().map(from_a_newer_version).collect(),
        other => other.clone(),
    }
}

/// Reads every line, and holds it to being written again as it stands.
fn reads<T: Serialize + DeserializeOwned>(lines: &str) -> Vec<T> {
    let read = lines.lines().map(|line| {
        let read: T = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
        read
    });
    read.collect()
}

/// Reads every line with fields of a newer version in it, to the same effect.
fn reads_newer<T: Serialize + DeserializeOwned>(lines: &str) {
    for line in lines.lines() {
        let newer = from_a_newer_version(&serde_json::from_str(line).unwrap()).to_string();
        let read: T = serde_json::from_str(&newer).unwrap_or_else(|error| panic!("{error}: {newer}"));
        let again: Value = serde_json::to_value(&read).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(line).unwrap(), "{newer}");
    }
}

#[test]
fn what_a_device_says_first() {
    reads_newer::<Hello>(HELLO);
    let read = reads::<Hello>(HELLO);
    assert_eq!((read[0].v, read[0].now, read[0].unsent), (1, Millis(1_790_000_000_000), 0));
    assert!(read[0].token.is_none() && read[0].compare.is_none());
    assert_eq!((read[1].token.as_deref(), read[1].unsent), (Some("bm90aGluZyByZWFs"), 12));
    assert_eq!(read[2].forgot[0].objects, 4095);
    let compare = read[2].compare.as_ref().unwrap();
    assert_eq!((compare[0].object, compare[1].person, compare[1].digest.as_str()), (7, None, "ff00"));
}

#[test]
fn what_a_device_pushes() {
    let read = reads::<UpLine>(UP);
    let changes: Vec<_> = read
        .iter()
        .filter_map(|line| match line {
            UpLine::Change(change) => Some(change),
            _ => None,
        })
        .collect();
    assert_eq!(
        changes.iter().map(|change| &change.op).collect::<Vec<_>>(),
        [&Op::Create, &Op::Amend, &Op::Void, &Op::Create]
    );
    assert_eq!((changes[0].id, changes[0].stamp), (id(1), Stamp(117_309_440_000_000_000)));
    assert_eq!(changes[0].fields["outcome"].value, "no-answer");
    assert_eq!(changes[1].fields["note"].seen, [id(1), id(3)]);
    assert!(changes[1].fields["note"].value.is_null(), "a cleared field");
    assert_eq!(changes[1].reason.as_deref(), Some("wrong house"));
    assert!(changes[3].person.is_none());
    let handed: Vec<_> = read
        .iter()
        .filter_map(|line| match line {
            UpLine::HandOver(work) => Some((work.what, work.code.as_deref(), work.body.get())),
            _ => None,
        })
        .collect();
    assert_eq!(handed[0], (HandOverKind::Refused, Some("not_allowed"), r#"{"kind":"visit"}"#));
    assert_eq!(handed[1], (HandOverKind::Draft, None, r#"{"notes":"half a sen"}"#));
}

#[test]
fn a_change_of_a_newer_version_is_still_a_change() {
    for line in UP.lines().filter(|line| line.starts_with("{\"c\"")) {
        let outer: Value = serde_json::from_str(line).unwrap();
        let mut newer = outer["c"].clone();
        newer["of_2031"] = json!([1, 2]);
        if let Some(fields) = newer.get_mut("fields") {
            fields["of_2031"] = json!({ "v": { "any": 1 }, "confidence": 0.5 });
        }
        newer["op"] = json!("redact");
        let read: domain::Change = serde_json::from_value(newer).unwrap();
        assert_eq!(read.op, Op::Other("redact".to_owned()));
    }
}

#[test]
fn what_the_county_answers() {
    for line in DOWN.lines().filter(|line| !line.starts_with("{\"c\"")) {
        let read: DownLine = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
    for line in DOWN.lines().filter(|line| !line.starts_with("{\"c\"") && !line.contains(":null}")) {
        let newer = from_a_newer_version(&serde_json::from_str(line).unwrap()).to_string();
        let read: DownLine = serde_json::from_str(&newer).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
    let lines: Vec<&str> = DOWN.lines().collect();
    let answers: Vec<Answer> = lines[..5]
        .iter()
        .map(|line| serde_json::from_str::<DownLine>(line).unwrap().answer.unwrap())
        .collect();
    let stamp = Stamp(117_309_440_000_000_000);
    assert_eq!(answers[0], Answer { id: id(1), verdict: Verdict::Accepted { seq: 41, stamp } });
    assert!(matches!(&answers[1].verdict, Verdict::Refused(refusal) if refusal.code == "too_long"));
    assert_eq!(answers[2].verdict, Verdict::Held);
    assert_eq!(answers[3].verdict, Verdict::CountyTooOld);
    assert_eq!(answers[4].verdict, Verdict::HandedOver);
}

#[test]
fn a_verdict_of_a_newer_county_is_told_apart_from_a_broken_one() {
    let read = |verdict: &str| {
        let line = format!(r#"{{"a":{{"id":"{}",{verdict}}}}}"#, id(1));
        serde_json::from_str::<DownLine>(&line).map(|line| line.answer.unwrap().verdict)
    };
    for newer in [r#""postponed":{"until":5}"#, r#""noted":null"#, r#""merged":"x""#] {
        assert_eq!(read(newer).unwrap(), Verdict::Unknown, "{newer}");
    }
    assert_eq!(read(r#""held":{"for":"2031"}"#).unwrap(), Verdict::Held);
    for broken in [r#""accepted":{"seq":"many"}"#, r#""refused":7"#] {
        assert!(read(broken).is_err(), "{broken}");
    }
}

#[test]
fn frames_and_their_ends() {
    let lines: Vec<DownLine> = DOWN.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[5].pushed, Some(5));
    assert_eq!(lines[6].leave.as_ref().unwrap().objects, 256);
    assert!(!lines[7].enter.as_ref().unwrap().more && lines[8].enter.as_ref().unwrap().more);
    assert!(lines[9].change.unwrap().get().ends_with(r#""of_2031": [1, 2]}"#), "letter for letter");
    assert_eq!(lines[9].stamp, Some(Stamp(117_309_440_000_000_000)));
    let ends: Vec<_> = lines[10..14].iter().map(|line| line.end.as_ref().unwrap()).collect();
    assert!(ends[0].last.is_none() && ends[0].complete.is_empty());
    assert_eq!((ends[1].progress, ends[1].complete.len()), (Some((3, 150)), 1));
    let last = ends[2].last.as_ref().unwrap();
    assert!(!last.more && last.devices.is_none() && last.handed_over.is_none());
    let last = ends[3].last.as_ref().unwrap();
    let devices = last.devices.as_ref().unwrap();
    assert_eq!((devices[0].unsent, devices[0].clock_offset, devices[1].last_contact), (4, -90_000, None));
    assert_eq!(last.handed_over.as_ref().unwrap()[1].what, HandOverKind::Draft);
}

#[test]
fn work_that_was_handed_over_is_taken_care_of() {
    let up = include_str!("vectors/settle.jsonl");
    assert!(matches!(reads::<UpLine>(up)[..], [UpLine::Settle(settle)] if settle.id == id(9)));
    let down = include_str!("vectors/settled.jsonl");
    for line in down.lines() {
        let read: DownLine = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
    let lines: Vec<DownLine> = down.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0].answer, Some(Answer { id: id(9), verdict: Verdict::Settled }));
    let last = lines[1].end.as_ref().unwrap().last.as_ref().unwrap();
    let settled = last.handed_over.as_ref().unwrap()[0].settled.unwrap();
    assert_eq!(settled.at, Millis(1_790_000_000_000));
}

#[test]
fn what_goes_without_saying() {
    let lines: Vec<DownLine> = DOWN.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[14].kept, Some(Kept { seq: 41, count: 3 }));
    let end = lines[15].end.as_ref().unwrap();
    assert!(end.token.is_empty() && end.last.is_some());
    let hellos = reads::<Hello>(HELLO);
    assert_eq!((hellos[2].reads, hellos[3].reads), (0, 1), "older apps do not say what they can read");
    assert_eq!(hellos[6].reads, READS);
    assert_eq!((hellos[3].follows, hellos[3].most), (false, None), "older apps ask for whole answers");
    assert_eq!((hellos[4].follows, hellos[5].most), (true, Some(18_750)));
}

#[test]
fn an_offer_in_a_new_epoch() {
    let steps: Vec<_> = reads::<Hello>(OFFER_HELLO).iter().map(|hello| hello.offer.unwrap()).collect();
    let step = |step| Offering { epoch: 2, step };
    assert_eq!(steps, [OfferStep::Compare, OfferStep::Changes, OfferStep::Whole].map(step));
    reads_newer::<Hello>(OFFER_HELLO);
    let up: Vec<UpLine> = OFFER.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [UpLine::Proof(proof), UpLine::Offered(offered), UpLine::Copy(copy)] = &up[..] else {
        panic!("{up:?}")
    };
    assert_eq!((proof.leaves.len(), proof.leaves[0]), (1, [0; 32]));
    assert!(offered.change.get().ends_with(r#""of_2031": [1, 2]}"#), "letter for letter");
    assert_eq!((offered.frame, offered.place, copy.id, &copy.sealed[..]), (0, 0, id(2), &[1, 2, 3][..]));
    for line in OFFER_DOWN.lines() {
        let read: DownLine = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
}

#[test]
fn enrolment_and_errors() {
    let request = include_str!("vectors/enrol_request.json");
    assert_eq!(reads::<EnrolRequest>(request)[0].secret_store, "os-keystore");
    reads_newer::<EnrolRequest>(request);
    let enrolled = include_str!("vectors/enrolled.json");
    assert_eq!(reads::<Enrolled>(enrolled)[0].timezone, "America/New_York");
    reads_newer::<Enrolled>(enrolled);
    let error = include_str!("vectors/error.json");
    assert_eq!(reads::<ErrorBody>(error)[0].code, "device_revoked");
    reads_newer::<ErrorBody>(error);
}

#[test]
fn debug_text_of_what_travels_names_ids_only() {
    let text = format!("{:?}", reads::<UpLine>(UP));
    assert!(
        !text.contains("half a sen") && !text.contains("wrong house") && !text.contains("North"),
        "{text}"
    );
}

/// A code as version 1 printed it.
const CODE: &str = "PORCHLIGHT1.aHR0cHM6Ly9jb3VudHkuZXhhbXBsZTo4NDQz.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc.0123456789ABCDEFGHJKMNPQRS";

fn code() -> EnrolmentCode {
    EnrolmentCode {
        server: "https://county.example:8443".to_owned(),
        pin: [7; 32],
        secret: "0123456789ABCDEFGHJKMNPQRS".to_owned(),
    }
}

#[test]
fn an_enrolment_code_is_read_as_people_paste_it() {
    assert_eq!(code().to_string(), CODE);
    let (a, b) = CODE.split_at(40);
    for pasted in
        [CODE.to_owned(), format!(" \t{CODE}\r\n"), format!("{a}\n  {b}"), CODE.replacen("PORCH", "porch", 1)]
    {
        assert!(pasted.parse() == Ok(code()), "{pasted}");
    }
    assert!(!format!("{:?}", code()).contains("0123456789"), "the secret stays out of logs");
}

#[test]
fn what_is_not_an_enrolment_code_is_refused() {
    let parts: Vec<&str> = CODE.split('.').collect();
    for text in [
        String::new(),
        "hello".to_owned(),
        parts[..3].join("."),
        format!("{CODE}.more"),
        CODE.replacen("PORCHLIGHT1", "PORCHLIGHT2", 1),
        [parts[0], "aHR0cDovL2NvdW50eS5leGFtcGxl", parts[2], parts[3]].join("."),
        [parts[0], "not base64!", parts[2], parts[3]].join("."),
        [parts[0], parts[1], "BwcH", parts[3]].join("."),
        [parts[0], parts[1], parts[2], ""].join("."),
        ".".repeat(100_000),
    ] {
        assert!(text.parse::<EnrolmentCode>() == Err(NotACode), "{}", text.len());
    }
}
