//! Where an answer leaves the county.

use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// Where finished bytes wait to be taken: room for one chunk, so nothing is made that nobody takes.
#[derive(Clone, Default)]
pub struct Outlet(Arc<Mutex<Option<Bytes>>>);

impl Outlet {
    /// What waits.
    pub fn take(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Puts bytes out and goes on when they were taken. Whoever takes them polls again, so nobody needs to be woken.
    pub(super) async fn send(&self, bytes: Bytes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        std::future::poll_fn(|_| {
            let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some();
            if waits { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}
