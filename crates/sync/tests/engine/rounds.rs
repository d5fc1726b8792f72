//! What a sync says and asks, round by round, until both sides agree.

use crate::county::{COUNTY_NOW, County, Reply, Said, change_id, change_text, person};
use crate::device::{Device, DiskFull, Item};
use domain::validate::Refusal;
use domain::{Millis, Stamp};
use sync::engine::{self, Progress, SyncError};
use sync::ports::RemoteError;
use sync::wire::{Answer, Leave, PROTOCOL, READS, Verdict};

#[test]
fn nothing_new_costs_one_request() {
    let mut device = Device { token: Some("t0".to_owned()), ..Device::default() };
    let mut county = County::saying([Said::default().last("t1", "0")]);
    let report = device.sync(&mut county).unwrap();

    assert!(report.agrees);
    assert_eq!((report.requests, report.accepted, report.received), (1, 0, 0));
    assert_eq!((report.county_now, report.clock_offset), (COUNTY_NOW, 5_000));
    assert_eq!(device.verified, [(true, COUNTY_NOW, 5_000)]);
    assert_eq!(device.token.as_deref(), Some("t1"));
    let (hello, lines) = &county.requests[0];
    assert_eq!((hello.v, hello.app.as_str(), hello.now), (PROTOCOL, "0.1.0", Millis(1_005_000)));
    assert_eq!(hello.token.as_deref(), Some("t0"));
    assert!(lines.is_empty() && hello.compare.is_none() && hello.forgot.is_empty());
}

#[test]
fn push_and_pull_share_a_request_and_answers_come_before_frames() {
    let mut device = Device::with_unsent(2);
    let said = Said::default().accepts(1, 2).leave(4).enter(5).change(11).change(12).last("t1", "2");
    let mut county = County::saying([said]);
    let report = device.sync(&mut county).unwrap();

    assert!(report.agrees && device.outbox.is_empty());
    assert_eq!((report.requests, report.accepted, report.received), (1, 2, 2));
    assert_eq!(county.requests[0].1, ["{\"c\":{\"n\":1}}", "{\"c\":{\"n\":2}}"]);
    let order: Vec<&str> =
        device.calls.iter().copied().filter(|call| ["answers", "frame"].contains(call)).collect();
    assert_eq!(order, ["answers", "frame"]);
    assert_eq!(device.frames[0].leaves, [Leave { person: person(4), objects: 3 }]);
    let arrived = |n: u128| Item::Change(change_id(n), Stamp(n as u64), change_text(n));
    assert_eq!(device.frames[0].items, [Item::Enter(person(5)), arrived(11), arrived(12)]);
}

#[test]
fn what_goes_without_saying_is_what_was_sent() {
    let line = |n| (change_id(n), format!("{{\"c\":{}}}", change_text(n)));
    let mut device =
        Device { outbox: [7, 8].map(line).into(), token: Some("t0".to_owned()), ..Device::default() };
    let said = Said::default().raw(r#"{"k":{"s":41,"n":2}}"#).pushed(2).last("", "0");
    let mut county = County::saying([said]);
    let report = device.sync(&mut county).unwrap();

    assert!(report.agrees && device.outbox.is_empty());
    let accepted = |n: u128, seq| {
        let verdict = Verdict::Accepted { seq, stamp: Stamp(n as u64) };
        Answer { id: change_id(n), verdict }
    };
    assert_eq!(device.answered, [accepted(7, 41), accepted(8, 42)]);
    assert_eq!(device.token.as_deref(), Some("t0"));
    assert_eq!(county.requests[0].0.reads, READS);
}

#[test]
fn a_change_arrives_letter_for_letter_as_its_author_wrote_it() {
    let mut device = Device::default();
    device.sync(&mut County::saying([Said::default().change(11).last("t1", "1")])).unwrap();
    let Item::Change(_, _, raw) = &device.frames[0].items[0] else { panic!("a change") };
    assert!(raw.contains("\"of_2031\":[1, 2]") && raw.starts_with("{ \"id\""), "{raw}");
}

#[test]
fn every_verdict_is_counted_and_none_blocks_the_others() {
    let mut device = Device::with_unsent(2);
    let refused = Verdict::Refused(Refusal::field("too_long", "notes"));
    let first =
        Said::default().answer(1, refused.clone()).answer(2, Verdict::HandedOver).pushed(2).last("t1", "0");
    let report = device.sync(&mut County::saying([first])).unwrap();
    assert_eq!((report.accepted, report.refused, report.held), (1, 1, 0));
    assert_eq!(device.answered[0].verdict, refused);

    let mut device = Device::with_unsent(2);
    let held =
        Said::default().answer(1, Verdict::Held).answer(2, Verdict::CountyTooOld).pushed(2).last("t1", "0");
    let report = device.sync(&mut County::saying([held])).unwrap();
    assert_eq!((report.accepted, report.refused, report.held), (0, 0, 2));
}

#[test]
fn a_verdict_that_nobody_here_knows_holds_only_its_own_change() {
    let mut device = Device::with_unsent(2);
    let newer = format!(r#"{{"a":{{"id":"{}","postponed":{{"until":7}}}}}}"#, change_id(1).0);
    let accepted = Verdict::Accepted { seq: 2, stamp: Stamp(2) };
    let said = Said::default().raw(&newer).answer(2, accepted).pushed(2).last("t1", "0");
    let report = device.sync(&mut County::saying([said])).unwrap();
    assert_eq!((report.accepted, report.refused, report.held), (1, 0, 1));
    assert_eq!(device.answered[0].verdict, Verdict::Unknown);
    assert!(device.outbox.is_empty(), "the device has both answers");
}

#[test]
fn a_long_outbox_goes_page_by_page_and_says_how_much_stays_behind() {
    let mut device = Device::with_unsent(5);
    let said = [(1, 2, "t1"), (3, 4, "t2"), (5, 5, "t3")]
        .map(|(from, to, token)| Said::default().accepts(from, to).last(token, "0"));
    let mut county = County::saying(said);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.requests, report.accepted, device.outbox.len()), (3, 5, 0));
    assert_eq!(county.requests.iter().map(|(hello, _)| hello.unsent).collect::<Vec<_>>(), [3, 1, 0]);
    let tokens: Vec<_> = county.requests.iter().map(|(hello, _)| hello.token.clone()).collect();
    assert_eq!(tokens, [None, Some("t1".to_owned()), Some("t2".to_owned())]);
    assert_eq!(device.verified.len(), 1, "up to date is said once, at the end");
}

#[test]
fn the_county_can_ask_for_another_round() {
    let mut device = Device::default();
    let said =
        [Said::default().change(1).last_with("t1", "0", true), Said::default().change(2).last("t2", "2")];
    let report = device.sync(&mut County::saying(said)).unwrap();
    assert_eq!((report.requests, report.received, report.agrees), (2, 2, true));
}

#[test]
fn what_was_erased_is_told_in_the_next_round() {
    let left = Leave { person: person(4), objects: 3 };
    let mut device = Device { to_erase: vec![left.clone()], ..Device::default() };
    let said = [Said::default().leave(4).last("t1", "5"), Said::default().last("t2", "0")];
    let mut county = County::saying(said);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.requests, report.agrees), (2, true));
    assert!(county.requests[0].0.forgot.is_empty());
    assert_eq!(county.requests[1].0.forgot, [left]);
}

#[test]
fn a_difference_is_compared_once_and_repaired() {
    let mut device = Device::default();
    let said = [Said::default().last("t1", "1"), Said::default().change(1).last("t2", "1")];
    let mut county = County::saying(said);
    let report = device.sync(&mut county).unwrap();
    assert!(report.agrees);
    assert!(county.requests[0].0.compare.is_none());
    let compared = county.requests[1].0.compare.as_ref().unwrap();
    assert_eq!((compared.len(), compared[0].object, compared[0].digest.as_str()), (1, 7, "0f"));
    let verified: Vec<bool> = device.verified.iter().map(|(agrees, ..)| *agrees).collect();
    assert_eq!(verified, [false, true]);
}

#[test]
fn a_difference_that_stays_is_said_and_not_asked_about_for_ever() {
    let mut device = Device::default();
    let said = [Said::default().last("t1", "other"), Said::default().last("t2", "other")];
    let mut county = County::saying(said);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.requests, report.agrees), (2, false));
    assert!(county.replies.is_empty());
    assert!(device.verified.iter().all(|(agrees, ..)| !agrees));
}

#[test]
fn a_repair_may_itself_take_several_rounds_without_comparing_again() {
    let mut device = Device::default();
    let said = [
        Said::default().last("t1", "2"),
        Said::default().change(1).last_with("t2", "2", true),
        Said::default().change(2).last("t3", "2"),
    ];
    let mut county = County::saying(said);
    assert!(device.sync(&mut county).unwrap().agrees);
    let compares: Vec<bool> = county.requests.iter().map(|(hello, _)| hello.compare.is_some()).collect();
    assert_eq!(compares, [false, true, false]);
}

#[test]
fn progress_is_told_after_every_step() {
    let mut device = Device { token: Some("t0".to_owned()), ..Device::with_unsent(2) };
    let said = Said::default().accepts(1, 2).change(11).frame("t1").change(12).last("t2", "2");
    let chunks = said.bytes().chunks(20).map(<[u8]>::to_vec).collect();
    let mut county = County::replying([Reply::Slow(chunks)]);
    let mut told = Vec::new();
    crate::now(engine::run(&mut device, &mut county, "0.1.0", || COUNTY_NOW, |progress| told.push(progress)))
        .unwrap();
    assert_eq!(
        told,
        [
            Progress { answered: true, ..Progress::default() },
            Progress { sent: 2, received: 0, people: None, answered: true },
            Progress { sent: 2, received: 1, people: Some((1, 2)), answered: true },
            Progress { sent: 2, received: 2, people: None, answered: true },
        ]
    );
}

#[test]
fn lines_and_fields_of_a_newer_county_are_passed_over() {
    let said = Said::default()
        .raw(r#"{"weather":{"rain":true}}"#)
        .raw(&format!(r#"{{"c":{},"t":1,"shade":"green"}}"#, change_text(1)))
        .raw(r#"{"end":{"token":"t1","shade":"green","last":{"digest":"1","now":1000000,"shade":"green"}}}"#);
    let mut device = Device::default();
    assert!(device.sync(&mut County::saying([said])).unwrap().agrees);
    assert_eq!(device.changes(), [change_id(1)]);
}

#[test]
fn what_the_county_says_instead_of_an_answer_is_handed_on() {
    for error in [
        RemoteError::Unreachable,
        RemoteError::WrongCertificate,
        RemoteError::Refused { code: "device_revoked".to_owned() },
        RemoteError::Busy { retry_after: 30 },
    ] {
        let mut device = Device::with_unsent(1);
        let outcome = device.sync(&mut County::replying([Reply::None(error.clone())]));
        assert!(matches!(outcome, Err(SyncError::Remote(met)) if met == error));
        assert_eq!((device.outbox.len(), device.verified.len()), (1, 0), "what is unsent stays unsent");
    }
}

#[test]
fn when_the_devices_own_side_fails_the_sync_stops_there() {
    // Which call fails, for the how many-th time, and how many frames and answers had been kept by then.
    for (call, count, frames, answers) in [
        ("greeting", 1, 0, 0),
        ("outbox", 1, 0, 0),
        ("answers", 1, 0, 0),
        ("frame", 1, 0, 2),
        ("frame", 2, 1, 2),
        ("erase_left", 1, 2, 2),
        ("digest", 1, 2, 2),
        ("verified", 1, 2, 2),
        ("digests", 1, 2, 2),
    ] {
        let mut device = Device { fails: Some((call, count)), ..Device::with_unsent(2) };
        let said = Said::default().accepts(1, 2).change(11).frame("t1").change(12).last("t2", "other");
        let outcome = device.sync(&mut County::saying([said]));
        assert!(matches!(outcome, Err(SyncError::Local(DiskFull))), "{call}");
        assert_eq!(device.calls.last(), Some(&call), "nothing is asked of it afterwards");
        assert_eq!((device.frames.len(), device.answered.len()), (frames, answers), "{call}");
    }
}
