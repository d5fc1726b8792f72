//! Answers that no honest county gives: rubbish, bombs, lines without an end, answers that are missing. Each is an
//! error, costs bounded memory, and loses nothing.

use crate::county::{County, Reply, Said, change_id, change_text};
use crate::device::Device;
use domain::Stamp;
use std::sync::atomic::Ordering;
use sync::engine::SyncError;
use sync::packing::{compress, decompress_all};
use sync::ports::RemoteError;
use sync::wire::{MAX_LINE, Verdict};

#[track_caller]
fn is_rubbish(device: &mut Device, reply: Reply) {
    let unsent = device.outbox.len();
    let outcome = device.sync(&mut County::replying([reply]));
    assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Rubbish))), "{outcome:?}");
    assert_eq!(device.outbox.len(), unsent, "what is unsent stays unsent");
    assert!(device.frames.is_empty() && device.verified.is_empty());
}

#[test]
fn what_is_not_compressed_is_rubbish() {
    for bytes in [
        &b"<html>Please log in to the hotel's network</html>"[..],
        b"{\"pushed\":0}\n",
        &[0; 64],
        &[0xff; 64],
    ] {
        is_rubbish(&mut Device::with_unsent(1), Reply::Whole(vec![bytes.to_vec()]));
    }
}

#[test]
fn compressed_bytes_with_a_flipped_bit_never_pass_for_another_answer() {
    let bytes = Said::default().accepts(1, 1).change(11).last("t1", "1").bytes();
    for bit in 0..bytes.len().min(16) * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let mut device = Device::with_unsent(1);
        // Some bits of a header change nothing; whatever does not fail must be the answer as it was sent.
        match device.sync(&mut County::replying([Reply::Whole(vec![bad])])) {
            Ok(report) => assert!(report.agrees && device.frames[0].token == "t1", "bit {bit}"),
            Err(SyncError::Remote(_)) => assert!(device.verified.is_empty(), "bit {bit}"),
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
}

#[test]
fn lines_that_are_not_ours_are_rubbish() {
    for line in [
        "",
        "hello",
        "5",
        r#"{"end":5}"#,
        r#"{"end":{}}"#,
        r#"{"c":{"id":"x"},"t":1}"#,
        r#"{"c":5,"t":1}"#,
        r#"{"enter":{"person":"x","objects":1}}"#,
        r#"{"leave":{"objects":1}}"#,
        r#"{"a":{"id":"01988f2c-0000-7000-8000-000000000001"}}"#,
        r#"{"pushed":"all"}"#,
    ] {
        let said = Said::default().raw(line).last("t1", "0");
        is_rubbish(&mut Device::default(), Reply::Whole(vec![said.bytes()]));
    }
}

#[test]
fn a_change_without_its_stamp_is_not_applied() {
    let said = Said::default().raw(&format!(r#"{{"c":{}}}"#, change_text(1))).last("t1", "0");
    let mut device = Device::default();
    device.sync(&mut County::saying([said])).unwrap();
    assert!(device.changes().is_empty());
}

#[test]
fn missing_and_surplus_answers_are_rubbish() {
    let accepted = || Verdict::Accepted { seq: 1, stamp: Stamp(1) };
    let short = Said::default().answer(1, accepted()).pushed(1).last("t1", "0");
    is_rubbish(&mut Device::with_unsent(2), Reply::Whole(vec![short.bytes()]));
    let none = Said::default().pushed(0).last("t1", "0");
    is_rubbish(&mut Device::with_unsent(2), Reply::Whole(vec![none.bytes()]));
    let surplus = Said::default().answer(1, accepted()).answer(1, accepted()).pushed(2).last("t1", "0");
    is_rubbish(&mut Device::with_unsent(1), Reply::Whole(vec![surplus.bytes()]));
    let never = Said::default().answer(1, accepted()).last("t1", "0");
    is_rubbish(&mut Device::with_unsent(1), Reply::Whole(vec![never.bytes()]));
    let late = Said::default().last("t1", "0").accepts(1, 1);
    is_rubbish(&mut Device::with_unsent(1), Reply::Whole(vec![late.bytes()]));
    let unasked = Said::default().answer(1, accepted()).pushed(1).last("t1", "0");
    is_rubbish(&mut Device::default(), Reply::Whole(vec![unasked.bytes()]));
}

#[test]
fn answers_to_what_was_not_sent_and_tokens_that_nobody_knows_are_rubbish() {
    let line = |n| (change_id(n), format!("{{\"c\":{}}}", change_text(n)));
    let device = || Device { outbox: [7, 8].map(line).into(), ..Device::default() };
    let surplus = Said::default().raw(r#"{"k":{"s":1,"n":3}}"#).pushed(3).last("t1", "0");
    is_rubbish(&mut device(), Reply::Whole(vec![surplus.bytes()]));
    let short = Said::default().raw(r#"{"k":{"s":1,"n":1}}"#).pushed(1).last("t1", "0");
    is_rubbish(&mut device(), Reply::Whole(vec![short.bytes()]));
    let endless = Said::default().raw(r#"{"k":{"s":18446744073709551615,"n":2}}"#).pushed(2).last("t1", "0");
    is_rubbish(&mut device(), Reply::Whole(vec![endless.bytes()]));
    // These lines say neither id nor stamp.
    let nameless = Said::default().raw(r#"{"k":{"s":1,"n":1}}"#).pushed(1).last("t1", "0");
    is_rubbish(&mut Device::with_unsent(1), Reply::Whole(vec![nameless.bytes()]));
    is_rubbish(&mut Device::default(), Reply::Whole(vec![Said::default().last("", "0").bytes()]));
    let mut known = Device { token: Some("t0".to_owned()), ..Device::default() };
    is_rubbish(&mut known, Reply::Whole(vec![Said::default().frame("").bytes()]));
}

#[test]
fn a_bomb_is_refused_before_it_grows() {
    let bomb = compress(&vec![b'x'; 64 * 1024 * 1024]);
    assert!(bomb.len() < 64 * 1024, "a bomb is small: {}", bomb.len());
    is_rubbish(&mut Device::default(), Reply::Whole(vec![bomb.clone()]));
    assert_eq!(decompress_all(&bomb, 1024 * 1024), None);
}

#[test]
fn a_line_without_an_end_is_given_up() {
    // Every piece is a compressed whole of its own; together they are one endless line.
    let piece = compress(&vec![b'x'; 4 * 1024 * 1024]);
    let mut county = County::replying([Reply::Endless(compress(b"{\"end\":\""), piece.clone())]);
    let outcome = Device::default().sync(&mut county);
    assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Rubbish))));
    let pieces = county.given.load(Ordering::Relaxed) / piece.len();
    assert!(pieces <= 16 + MAX_LINE / (1024 * 1024), "given up after {pieces} pieces");
}

#[test]
fn a_frame_without_an_end_is_given_up() {
    let person = "01988f2c-0000-7000-8000-000000000001";
    for what in ["enter", "leave"] {
        let line = format!("{{\"{what}\":{{\"person\":\"{person}\",\"objects\":1}}}}\n");
        let piece = compress(line.repeat(10_000).as_bytes());
        let mut county = County::replying([Reply::Endless(compress(b""), piece.clone())]);
        let outcome = Device::default().sync(&mut county);
        assert!(matches!(outcome, Err(SyncError::Remote(RemoteError::Rubbish))));
        assert!(county.given.load(Ordering::Relaxed) <= piece.len() * 21 + 64, "at most 200,000 lines");
    }
}

#[test]
fn a_whole_body_is_read_back_up_to_its_limit_and_not_a_byte_further() {
    let text = b"{\"v\":1}\n".repeat(100);
    let body = compress(&text);
    assert_eq!(decompress_all(&body, text.len()).as_deref(), Some(&text[..]));
    assert_eq!(decompress_all(&body, text.len() - 1), None);
    assert_eq!(decompress_all(b"not zstd at all", 1024), None);
    for cut in 0..body.len() {
        assert_eq!(decompress_all(&body[..cut], text.len()), None, "cut off at byte {cut}");
    }
}
