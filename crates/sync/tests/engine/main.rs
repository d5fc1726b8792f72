//! The engine between a small device in memory and a county that says whatever a test wants it to say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bad_lines;
mod county;
mod cut;
mod device;
mod rounds;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that never has to wait for anything.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here ever waits"),
    }
}
