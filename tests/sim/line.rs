//! The way between a device and its county: a request up, an answer down in pieces, and what may become of either.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use sync::ports::{Incoming, Remote, RemoteError};

/// What the device's end of the line has to do with.
#[derive(Debug, Default)]
pub struct End {
    /// A request that was handed to the line and not yet taken by it.
    pub request: Option<Vec<u8>>,
    /// Whether an answer has begun, or why there will be none.
    pub begun: Option<Result<(), RemoteError>>,
    /// What has arrived; `None` is the proper end.
    pub arrived: VecDeque<Result<Option<Vec<u8>>, RemoteError>>,
    /// The number of the request under way: what belongs to an earlier one is not for this device any more.
    pub number: u32,
}

impl End {
    /// The line is dead.
    pub fn break_off(&mut self) {
        match self.begun {
            Some(Ok(())) => self.arrived.push_back(Err(RemoteError::Interrupted)),
            _ => self.begun = Some(Err(RemoteError::Unreachable)),
        }
    }
}

/// The device's end, as device and line share it.
#[derive(Clone, Debug, Default)]
pub struct Line(pub Arc<Mutex<End>>);

impl Remote for Line {
    type Incoming = Arriving;

    async fn sync(&mut self, body: Vec<u8>) -> Result<Arriving, RemoteError> {
        {
            let mut end = self.0.lock().unwrap();
            let number = end.number + 1;
            *end = End { request: Some(body), number, ..End::default() };
        }
        std::future::poll_fn(|_| match self.0.lock().unwrap().begun.clone() {
            Some(begun) => Poll::Ready(begun),
            None => Poll::Pending,
        })
        .await?;
        Ok(Arriving(self.clone()))
    }
}

/// An answer as it arrives.
pub struct Arriving(Line);

impl Incoming for Arriving {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        std::future::poll_fn(|_| match self.0.0.lock().unwrap().arrived.pop_front() {
            Some(next) => Poll::Ready(next),
            None => Poll::Pending,
        })
        .await
    }
}
