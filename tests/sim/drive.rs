//! Futures polled by hand: nothing runs but what the scheduler runs.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The result of a future that never waits.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("something waits that should not"),
    }
}

/// Lets somebody else have a turn.
pub async fn turn() {
    let mut had = false;
    std::future::poll_fn(move |_| {
        if had {
            return Poll::Ready(());
        }
        had = true;
        Poll::Pending
    })
    .await;
}
