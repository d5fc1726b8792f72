//! The engine between a small device in memory and a county that says whatever a test wants it to say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bad_lines;
mod county;
mod cut;
mod device;
mod lines;
mod long;
mod offers;
mod pages;
mod rounds;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that has to wait for nothing, or for a line that goes on when it is asked again.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..10_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("nothing here waits for ever")
}
