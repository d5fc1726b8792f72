//! The line dies after every single byte in turn. Whatever arrived whole is kept, nothing is half applied, and the
//! next sync goes on from there.

use crate::county::{County, Reply, Said, change_id};
use crate::device::{Applied, Device};
use sync::engine::SyncError;
use sync::ports::RemoteError;

fn said() -> Said {
    Said::default()
        .accepts(1, 2)
        .leave(4)
        .change(11)
        .frame("t1")
        .enter(5)
        .change(12)
        .change(13)
        .frame("t2")
        .change(14)
        .last("t3", "4")
}

fn whole() -> (Vec<Applied>, usize) {
    let mut device = Device::with_unsent(2);
    assert!(device.sync(&mut County::saying([said()])).unwrap().agrees);
    (device.frames, device.answered.len())
}

#[test]
fn cut_at_every_byte_whole_frames_are_kept_and_nothing_is_half_applied() {
    let bytes = said().bytes();
    let (frames, answers) = whole();
    assert_eq!((frames.len(), answers), (3, 2));
    let mut most = (0, 0);
    for cut in 0..bytes.len() {
        let mut device = Device::with_unsent(2);
        let outcome = device.sync(&mut County::replying([Reply::Dies(vec![bytes[..cut].to_vec()])]));
        if let Err(error) = outcome {
            assert!(matches!(error, SyncError::Remote(RemoteError::Interrupted)), "byte {cut}: {error}");
            assert!(device.frames.len() < frames.len(), "byte {cut}");
        } else {
            // Only the compressor's own closing bytes may be missing from a sync that counts as whole.
            assert_eq!(device.frames.len(), frames.len(), "byte {cut}");
        }
        assert_eq!(device.frames, frames[..device.frames.len()], "byte {cut}");
        assert_eq!(
            device.token.as_deref(),
            device.frames.last().map(|frame| frame.token.as_str()),
            "byte {cut}"
        );
        assert!([0, 2].contains(&device.answered.len()), "byte {cut}: all answers or none");
        assert_eq!(device.outbox.len(), 2 - device.answered.len(), "byte {cut}");
        // It has no token: a county that is restored now must be able to see that it gave its word before.
        assert!(device.answered.is_empty() || device.token.is_some(), "byte {cut}: a word and no token");
        let now = (device.frames.len(), device.answered.len());
        assert!(now >= most, "byte {cut}: more bytes never keep less");
        most = now;
    }
    assert_eq!(most, (3, 2), "the last cuts keep everything");
}

#[test]
fn after_every_cut_the_next_sync_brings_the_rest() {
    let bytes = said().bytes();
    for cut in 0..bytes.len() {
        let mut device = Device::with_unsent(2);
        if device.sync(&mut County::replying([Reply::Dies(vec![bytes[..cut].to_vec()])])).is_ok() {
            continue;
        }
        // The county goes on from the token that the device stored.
        let mut rest = Said::default();
        if device.answered.is_empty() {
            rest = rest.accepts(1, 2);
        }
        rest = match device.token.as_deref() {
            None => rest.leave(4).change(11).frame("t1").enter(5).change(12).change(13).frame("t2"),
            Some("t1") => rest.enter(5).change(12).change(13).frame("t2"),
            _ => rest,
        };
        let mut county = County::saying([rest.change(14).last("t3", "4")]);
        let stored = device.token.clone();
        assert!(device.sync(&mut county).unwrap().agrees, "byte {cut}");
        assert_eq!(county.requests[0].0.token, stored);
        assert_eq!(device.frames, whole().0, "byte {cut}");
        assert_eq!(device.changes(), [11, 12, 13, 14].map(change_id));
        assert_eq!((device.answered.len(), device.outbox.len()), (2, 0));
    }
}

#[test]
fn an_answer_that_ends_too_early_counts_as_broken_off() {
    let bytes = said().bytes();
    for cut in [0, 1, bytes.len() / 3, bytes.len() / 2] {
        let mut device = Device::with_unsent(2);
        let outcome = device.sync(&mut County::replying([Reply::Whole(vec![bytes[..cut].to_vec()])]));
        assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Interrupted))), "byte {cut}");
        assert!(device.verified.is_empty(), "never up to date after half an answer");
    }
}

#[test]
fn how_the_network_cuts_an_answer_into_pieces_does_not_matter() {
    let bytes = said().bytes();
    let (frames, _) = whole();
    for size in [1, 2, 3, 7, 64, 1_000] {
        let mut device = Device::with_unsent(2);
        let chunks = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        assert!(device.sync(&mut County::replying([Reply::Whole(chunks)])).unwrap().agrees);
        assert_eq!(device.frames, frames, "pieces of {size}");
    }
}

#[test]
fn frames_that_arrived_together_are_applied_together_and_slow_ones_one_by_one() {
    let bytes = said().bytes();
    let (frames, _) = whole();
    let mut device = Device::with_unsent(2);
    device.sync(&mut County::replying([Reply::Whole(vec![bytes.clone()])])).unwrap();
    assert_eq!((device.together.as_slice(), &device.frames), (&[3][..], &frames));

    let mut device = Device::with_unsent(2);
    let chunks = bytes.chunks(40).map(<[u8]>::to_vec).collect();
    device.sync(&mut County::replying([Reply::Slow(chunks)])).unwrap();
    assert_eq!((device.together.as_slice(), &device.frames), (&[1, 1, 1][..], &frames));
}

#[test]
fn what_arrived_together_before_the_line_died_is_kept() {
    let bytes = said().bytes();
    let (frames, _) = whole();
    let most = (0..bytes.len()).rev().find_map(|cut| {
        let mut device = Device::with_unsent(2);
        let outcome = device.sync(&mut County::replying([Reply::Dies(vec![bytes[..cut].to_vec()])]));
        outcome.is_err().then_some((device.together, device.frames))
    });
    assert_eq!(most, Some((vec![2], frames[..2].to_vec())));
}
