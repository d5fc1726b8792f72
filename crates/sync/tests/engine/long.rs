//! A long answer is read on a thread of its own; nothing else is different about it.

use crate::county::{County, Reply, Said, change_id, change_text};
use crate::device::{Device, DiskFull};
use domain::{ChangeId, Millis};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use sync::engine::{self, Report, SyncError};
use sync::ports::RemoteError;

const FRAMES: u128 = 60;
const CHANGES: u128 = 10;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future that is woken by another thread.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

/// A change that does not grow much smaller under compression.
fn long_change(n: u128) -> String {
    let mut seed = n as u64 + 1;
    let noise: String = (0..60)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{:08x}", seed >> 32)
        })
        .collect();
    change_text(n).replace("Bee", &noise)
}

fn said() -> Said {
    let frame = |said: Said, frame: u128| {
        let changes = frame * CHANGES..(frame + 1) * CHANGES;
        let said = changes.fold(said, |said, n| said.raw(&format!("{{\"c\":{},\"t\":{n}}}", long_change(n))));
        said.frame(&format!("t{frame}"))
    };
    (0..FRAMES).fold(Said::default(), frame).last("end", &(FRAMES * CHANGES).to_string())
}

fn sync(device: &mut Device, reply: Reply) -> Result<Report, SyncError<DiskFull>> {
    let mut county = County::replying([reply]);
    wait_for(engine::run(device, &mut county, "0.1.0", || Millis(1_005_000), |_| {}))
}

fn chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.chunks(5_000).map(<[u8]>::to_vec).collect()
}

#[test]
fn all_of_it_arrives_once_and_in_order() {
    let bytes = said().bytes();
    assert!(bytes.len() > 150_000, "the control: {} bytes", bytes.len());
    let mut device = Device::default();
    let report = sync(&mut device, Reply::Whole(chunks(&bytes))).unwrap();
    assert!(report.agrees && u128::from(report.received) == FRAMES * CHANGES);
    assert_eq!(device.changes(), (0..FRAMES * CHANGES).map(change_id).collect::<Vec<ChangeId>>());
}

#[test]
fn when_the_line_dies_or_lies_late_whole_frames_are_kept() {
    let bytes = said().bytes();
    let late = bytes.len() - 6_000;
    let mut spoilt = chunks(&bytes[..late]);
    spoilt.push(vec![0xff; 3_000]);
    spoilt.push(bytes[late..].to_vec());
    for (reply, dies) in [(Reply::Dies(chunks(&bytes[..late])), true), (Reply::Whole(spoilt), false)] {
        let mut device = Device::default();
        let Err(SyncError::Remote(error)) = sync(&mut device, reply) else { panic!("it is not whole") };
        assert_eq!(error == RemoteError::Interrupted, dies, "{error}");
        let kept = device.changes();
        assert!(kept.len() as u128 >= FRAMES * CHANGES * 9 / 10, "{}", kept.len());
        assert_eq!(kept, (0..kept.len() as u128).map(change_id).collect::<Vec<ChangeId>>());
        assert_eq!(device.frames.len() as u128, kept.len() as u128 / CHANGES);
    }
}
