//! A county that was restored: nothing is pulled, and so nothing forgotten, before everything was offered.

use crate::county::{County, Reply, Said, person};
use crate::device::{Device, DiskFull};
use sync::engine::{Report, SyncError};
use sync::ports::{OfferItem, RemoteError};
use sync::wire::{OfferStep, Offering, Verdict, WAITING};

fn device() -> Device {
    let line = |n: u8| (format!("{{\"o\":{n}}}"), 1);
    Device { token: Some("t1".to_owned()), offers: vec![line(1), line(2)], ..Device::with_unsent(1) }
}

fn steps(county: &County) -> Vec<Option<Offering>> {
    county.requests.iter().map(|(hello, _)| hello.offer).collect()
}

fn step(epoch: u32, step: OfferStep) -> Option<Offering> {
    Some(Offering { epoch, step })
}

fn waits(outcome: Result<Report, SyncError<DiskFull>>) {
    match outcome {
        Err(SyncError::Remote(RemoteError::Refused { code })) => assert_eq!(code, WAITING),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_offered_before_anything_is_pulled_or_pushed() {
    let mut device = device();
    let mut county = County::saying([
        Said::default().offer(2),
        Said::default().want(9),
        Said::default().accepts(11, 11),
        Said::default().accepts(12, 12),
        Said::default().leave(4).last("t2", "0"),
        Said::default().accepts(1, 1).last("t3", "0"),
    ]);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.offered, report.accepted, report.agrees), (2, 1, true));
    let whole = step(2, OfferStep::Whole);
    let changes = step(2, OfferStep::Changes);
    assert_eq!(steps(&county), [None, step(2, OfferStep::Compare), changes, changes, whole, None]);
    assert_eq!(device.wanted[0].person, Some(person(9)));
    assert_eq!(county.requests[1].0.compare.as_ref().unwrap()[0].object, 3, "of everything");
    assert_eq!(county.requests[4].0.compare.as_ref().unwrap()[0].object, 7, "of what it should hold");
    assert!(county.requests[4].1.is_empty(), "what is pushed now would be missing in the comparison");
    assert_eq!(county.requests[5].1.len(), 1, "and is pushed then");
    let at = |name| device.calls.iter().position(|call| *call == name).unwrap();
    assert!(at("offer_whole") < at("frame") && at("frame") < at("answers"));
}

#[test]
fn an_offer_that_breaks_off_is_begun_again_and_nothing_was_pulled() {
    let mut device = device();
    let whole = |said: Said| Reply::Whole(vec![said.bytes()]);
    let mut county = County::replying([
        whole(Said::default().offer(2)),
        whole(Said::default().want(9)),
        whole(Said::default().accepts(11, 11)),
        Reply::None(RemoteError::Unreachable),
    ]);
    assert!(device.sync(&mut county).is_err());
    assert!(device.frames.is_empty() && device.whole.is_none() && device.offered.len() == 1);
    device.offers.remove(0);
    let mut county = County::saying([
        Said::default().offer(3),
        Said::default().want(9),
        Said::default().accepts(12, 12),
        Said::default().last("t2", "0"),
        Said::default().accepts(1, 1).last("t3", "0"),
    ]);
    assert!(device.sync(&mut county).unwrap().agrees, "also in a later epoch");
    assert_eq!(device.offered.len(), 2);
}

#[test]
fn a_county_that_is_restored_in_the_middle_of_an_offer_gets_it_all() {
    let mut device = device();
    let mut county = County::saying([
        Said::default().offer(2),
        Said::default().want(9),
        Said::default().accepts(11, 11),
        Said::default().offer(3),
        Said::default().want(9),
        Said::default().accepts(11, 11),
        Said::default().accepts(12, 12),
        Said::default().last("t2", "0"),
        Said::default().accepts(1, 1).last("t3", "0"),
    ]);
    assert!(device.sync(&mut county).unwrap().agrees);
    assert_eq!(steps(&county)[7], step(3, OfferStep::Whole));
}

#[test]
fn a_device_that_must_wait_sends_everything_and_says_why_it_stops() {
    let mut device = device();
    let mut county = County::saying([
        Said::default().offer(2),
        Said::default().want(9),
        Said::default().accepts(11, 11),
        Said::default().accepts(12, 12),
        Said::default().raw("{\"waiting\":true}"),
        Said::default().accepts(1, 1).raw("{\"waiting\":true}"),
    ]);
    waits(device.sync(&mut county));
    assert!(device.outbox.is_empty() && device.frames.is_empty());
    // The next time it need not offer again; and once it is admitted, it compares before it pulls.
    let mut county = County::saying([Said::default().raw("{\"waiting\":true}")]);
    waits(device.sync(&mut county));
    assert_eq!(steps(&county), [step(2, OfferStep::Whole)]);
    let again = [Said::default().offer(2), Said::default().last("t2", "0"), Said::default().last("t3", "0")];
    let mut county = County::saying(again);
    assert!(device.sync(&mut county).unwrap().agrees);
    assert!(county.requests[1].0.compare.is_some());
}

#[test]
fn each_page_of_a_device_that_waits_says_that_everything_was_offered() {
    // Without that word the county asks for the offer once more, and the device goes round.
    let mut device = Device { runs_ahead: true, whole: Some(2), offers: Vec::new(), ..device() };
    device.outbox = Device::with_unsent(4).outbox;
    let mut county = County::saying([
        Said::default().accepts(1, 2).raw("{\"waiting\":true}"),
        Said::default().accepts(3, 4).raw("{\"waiting\":true}"),
    ]);
    waits(device.sync(&mut county));
    assert_eq!(steps(&county), [step(2, OfferStep::Whole); 2]);
    assert!(device.outbox.is_empty());
}

#[test]
fn a_county_that_asks_for_ever_is_rubbish() {
    let mut device = Device { offers: Vec::new(), ..device() };
    let mut county =
        County::saying([Said::default().offer(2), Said::default().want(9), Said::default().offer(2)]);
    let outcome = device.sync(&mut county);
    assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Rubbish))), "{outcome:?}");
}

#[test]
fn what_the_county_put_off_is_offered_once_more_when_the_device_has_pulled() {
    let items = || (0..2).map(OfferItem::Change).collect();
    let later = |n| Said::default().answer(n, Verdict::Later).pushed(1);
    let mut device = Device { put_off: vec![items()], outbox: Vec::new(), ..device() };
    let mut county = County::saying([
        Said::default().last("t2", "0"),
        later(11),
        Said::default().accepts(12, 12),
        Said::default().last("t3", "0"),
    ]);
    let report = device.sync(&mut county).unwrap();
    let changes = step(2, OfferStep::Changes);
    assert_eq!(steps(&county), [None, changes, changes, None], "what it took may be news to the device");
    assert_eq!((report.offered, report.agrees), (1, true));
    // A county that puts everything off once more is not asked for ever.
    let mut device = Device { put_off: vec![items(), items()], ..device };
    let mut county = County::saying([Said::default().last("t4", "0"), later(11), later(12)]);
    assert_eq!(device.sync(&mut county).unwrap().offered, 0);
    assert_eq!(steps(&county), [None, changes, changes]);
}
