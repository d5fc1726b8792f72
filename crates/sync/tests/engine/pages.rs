//! A long outbox goes page after page: each side works while the other does, and nothing is lost when that ends early.

use crate::county::{County, Reply, Said};
use crate::device::Device;
use sync::engine::SyncError;
use sync::ports::RemoteError;
use sync::wire::Verdict;

fn device(unsent: u128) -> Device {
    Device { runs_ahead: true, token: Some("t0".to_owned()), ..Device::with_unsent(unsent) }
}

fn asked_for(county: &County) -> Vec<(bool, u32, usize)> {
    let asked = county.requests.iter();
    asked.map(|(hello, lines)| (hello.follows, hello.unsent, lines.len())).collect()
}

#[test]
fn while_the_county_decides_a_page_the_device_works_on_those_beside_it() {
    let mut device = device(6);
    let pages = [Said::default().accepts(1, 2), Said::default().accepts(3, 4)];
    let last = Said::default().accepts(5, 6).last("t1", "0");
    let mut county = County::saying(pages.into_iter().chain([last]));
    let report = device.sync(&mut county).unwrap();

    assert_eq!((report.requests, report.accepted, report.agrees), (3, 6, true));
    assert_eq!(asked_for(&county), [(true, 4, 2), (true, 2, 2), (false, 0, 2)]);
    assert!(county.requests.iter().all(|(hello, _)| hello.token.as_deref() == Some("t0")));
    let calls = device.calls.iter().take_while(|call| **call != "frame").copied().collect::<Vec<_>>();
    // A page's answers are taken in when the next one has left, also before the last, which brings what is new.
    let ahead = ["greeting", "outbox", "outbox_after", "answers", "outbox_after", "answers"];
    assert_eq!(calls, [&ahead[..], &["answers"]].concat());
}

#[test]
fn answers_that_had_come_are_kept_when_a_later_page_finds_no_way() {
    let lost = || Reply::None(RemoteError::Interrupted);
    let half = || Reply::Dies(vec![Said::default().accepts(3, 4).bytes()[..9].to_vec()]);
    let rubbish = || Reply::Whole(vec![b"<html>".to_vec()]);
    for later in [lost, half, rubbish] {
        let mut device = device(6);
        let first = Reply::Whole(vec![Said::default().accepts(1, 2).bytes()]);
        let outcome = device.sync(&mut County::replying([first, later()]));
        assert!(matches!(outcome, Err(SyncError::Remote(_))));
        assert_eq!((device.answered.len(), device.outbox.len()), (2, 4));
    }
}

#[test]
fn an_answer_without_answers_is_not_taken_for_one() {
    for said in [Said::default(), Said::default().accepts(1, 1)] {
        let mut device = device(3);
        let outcome = device.sync(&mut County::saying([said]));
        assert!(matches!(outcome, Err(SyncError::Remote(_))));
        assert_eq!(device.outbox.len(), 3);
    }
}

#[test]
fn a_county_that_brings_more_than_answers_is_asked_for_it_again() {
    let mut device = device(3);
    let first = Said::default().accepts(1, 2).change(11).last("t1", "1");
    let last = Said::default().accepts(3, 3).change(11).last("t1", "1");
    let mut county = County::saying([first, last]);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.accepted, report.agrees, device.outbox.len()), (3, true, 0));
    assert_eq!(device.frames.len(), 1, "the token moves once, by the answer to a request that asked for it");
}

#[test]
fn a_county_of_a_new_epoch_is_offered_first_whatever_page_it_says_so_to() {
    for before in [0, 1] {
        let mut device = device(6);
        let pages = [Said::default().accepts(1, 2)].into_iter().take(before);
        let offer = [Said::default().offer(2), Said::default().raw("{\"want\":[]}")];
        let pulled = Said::default().last("t2", "7");
        let pushed = [Said::default().accepts(3, 4), Said::default().accepts(5, 6).last("t3", "0")];
        let pushed = if before == 0 {
            vec![
                Said::default().accepts(1, 2),
                Said::default().accepts(3, 4),
                Said::default().accepts(5, 6).last("t3", "0"),
            ]
        } else {
            pushed.into()
        };
        let mut county = County::saying(pages.chain(offer).chain([pulled]).chain(pushed));
        let report = device.sync(&mut county).unwrap();
        assert_eq!((report.accepted, report.agrees, device.outbox.len()), (6, true, 0));
        assert!(device.calls.contains(&"offer_whole"));
    }
}

#[test]
fn a_device_without_a_token_pulls_with_each_page() {
    let mut device = Device { token: None, ..device(3) };
    let said = [Said::default().accepts(1, 2).last("t1", "0"), Said::default().accepts(3, 3).last("t2", "0")];
    let mut county = County::saying(said);
    device.sync(&mut county).unwrap();
    assert_eq!(asked_for(&county), [(false, 1, 2), (false, 0, 1)]);
}

#[test]
fn what_is_put_off_is_not_sent_again_in_the_same_sync() {
    let mut device = Device::with_unsent(3);
    let put_off = Said::default().answer(1, Verdict::Later).answer(2, Verdict::Later).pushed(2);
    let mut county = County::saying([put_off.last("t1", "0")]);
    let report = device.sync(&mut county).unwrap();
    assert_eq!((report.requests, report.held, report.agrees), (1, 2, true));
    assert_eq!(device.outbox.len(), 3, "it waits for the next");
}
