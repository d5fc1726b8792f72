//! What one sync learned about the line, the next one knows: after a death answers are asked for in parts.

use crate::county::{County, Reply, Said};
use crate::device::Device;
use sync::engine::{Line, SyncError};
use sync::ports::RemoteError;

fn dies(line: &mut Line, device: &mut Device) {
    let outcome = device.sync_over(line, &mut County::replying([Reply::None(RemoteError::Interrupted)]));
    assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Interrupted))));
}

#[test]
fn a_line_that_died_is_asked_for_parts_until_the_last_frame_has_come() {
    let (mut line, mut device) = (Line::default(), Device::default());
    dies(&mut line, &mut device);
    let said = [
        Said::default().change(11).frame("t1"),
        Said::default().change(12).frame("t2").change(13).frame("t3"),
        Said::default().last("t4", "3"),
    ];
    let mut county = County::saying(said);
    let report = device.sync_over(&mut line, &mut county).unwrap();

    assert_eq!((report.requests, report.received, report.agrees), (3, 3, true));
    assert!(county.requests.iter().all(|(hello, _)| hello.most.is_some()));
    let tokens: Vec<_> = county.requests.iter().map(|(hello, _)| hello.token.as_deref()).collect();
    assert_eq!(tokens, [None, Some("t1"), Some("t3")]);
}

#[test]
fn a_line_of_which_nothing_is_known_is_asked_for_everything_and_a_part_of_it_is_none() {
    let mut device = Device::default();
    let mut county = County::saying([Said::default().change(11).frame("t1")]);
    let outcome = device.sync(&mut county);
    assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Interrupted))));
    assert_eq!((county.requests[0].0.most, device.frames.len()), (None, 1), "its frame is kept");
}

#[test]
fn a_part_in_which_nothing_comes_is_no_part() {
    let (mut line, mut device) = (Line::default(), Device::default());
    dies(&mut line, &mut device);
    for said in [Said::default(), Said::default().change(11)] {
        let outcome = device.sync_over(&mut line, &mut County::saying([said]));
        assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Interrupted))));
    }
}

#[test]
fn other_trouble_than_a_death_says_nothing_about_the_line() {
    let (mut line, mut device) = (Line::default(), Device::default());
    for trouble in [RemoteError::Unreachable, RemoteError::Busy { retry_after: 7 }] {
        assert!(device.sync_over(&mut line, &mut County::replying([Reply::None(trouble)])).is_err());
    }
    let mut county = County::saying([Said::default().last("t1", "0")]);
    device.sync_over(&mut line, &mut county).unwrap();
    assert_eq!(county.requests[0].0.most, None);
}
