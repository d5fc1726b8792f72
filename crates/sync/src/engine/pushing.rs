//! A long outbox goes page after page, and neither side waits for the other more than it must.
//!
//! The county gets a page when it has answered the one before, so what was recorded first is decided first. While it
//! decides, the device takes in the answers to the page before and reads the next one. What is pushed is safe first:
//! these requests ask for answers only, and the last page brings what is new.

use super::decoding::Part;
use super::incoming::Reader;
use super::{Progress, Received, Side, Sync, SyncError, lines};
use crate::ports::{Incoming, Local, Outbox, Remote, RemoteError};
use crate::wire::{Answer, Hello, Leave};
use crypto::signature::Signature;
use domain::Millis;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

/// The answers to a page, and what those that say `Accepted` are signed by.
pub(super) type Said = (Vec<Answer>, Option<Signature>);

impl<L: Local, R: Remote, C: Fn() -> Millis, P: FnMut(Progress)> Sync<'_, L, R, C, P> {
    /// Pushes all pages, and receives what is new with the last one; says how much was left in the outbox behind it.
    pub(super) async fn push_pages(
        &mut self,
        hello: &Hello,
        forgot: &[Leave],
        first: Outbox,
    ) -> Result<(Received, u32), SyncError<L::Error>> {
        let Self { side, remote, .. } = self;
        let otherwise = side.report.refused + side.report.held;
        let (mut page, mut said): (Outbox, Option<Said>) = (first, None);
        let mut hello = side.greets(hello, forgot, &page);
        let mut body = lines::request(&hello, &page.lines);
        loop {
            side.report.requests += 1;
            let left = (side.clock)();
            side.line.page.leaves(&page, left);
            let mut asked = pin!(remote.sync(body));
            let begun = begin(asked.as_mut()).await;
            side.take_said(&mut said)?;
            // Read while the county decides.
            let following = page.next.map(|next| side.outbox(Some(next))).transpose()?;
            let next = following.map(|following| {
                let hello = side.greets(&hello, forgot, &following);
                (lines::request(&hello, &following.lines), hello, following)
            });
            let incoming = match begun {
                Some(incoming) => incoming?,
                None => asked.await?,
            };
            let Some(next) = next else {
                // The last page was read before it was known what became of the one before. What was not simply
                // accepted there may leave something to send, or to hand over, and another number unsent.
                let behind = page.left.max(u32::from(side.report.refused + side.report.held > otherwise));
                return Ok((side.brought(incoming, &hello, page, left).await?, behind));
            };
            side.answers();
            let (token, behind) = (hello.token.clone().unwrap_or_default(), page.left);
            let mut answer = Reader::new(incoming, page.lines, token);
            let other = side.answered(&mut answer, &mut said).await;
            let took = (side.clock)().since(left);
            side.line.carried(answer.bytes(), took);
            match other {
                Ok(None) => {}
                // What was said before is kept, whatever came then.
                other => {
                    side.take_said(&mut said)?;
                    return Ok((other?.unwrap_or(Received::Pushed), behind));
                }
            }
            (body, hello, page) = next;
        }
    }
}

impl<L: Local, C: Fn() -> Millis, P: FnMut(Progress)> Side<'_, L, C, P> {
    /// The first line of a request with this page. Only the one that no other follows asks for what is new.
    fn greets(&self, hello: &Hello, forgot: &[Leave], page: &Outbox) -> Hello {
        let (follows, unsent, now) = (page.next.is_some(), page.unsent_after, (self.clock)());
        let (forgot, most) = if follows { (Vec::new(), None) } else { (forgot.to_vec(), self.line.most()) };
        Hello { follows, now, unsent, forgot, most, ..hello.clone() }
    }

    /// Keeps the answers that wait for it.
    fn take_said(&mut self, said: &mut Option<Said>) -> Result<(), SyncError<L::Error>> {
        said.take().map_or(Ok(()), |(answers, proof)| self.take(&answers, proof.as_ref()))
    }

    /// Reads the answers to a page; something else where the county says that.
    async fn answered<I: Incoming>(
        &mut self,
        answer: &mut Reader<I>,
        said: &mut Option<Said>,
    ) -> Result<Option<Received>, RemoteError> {
        loop {
            match answer.next().await? {
                Part::Answers(answers, proof) => {
                    self.line.page.answered((self.clock)());
                    self.count(&answers);
                    *said = Some((answers, proof));
                }
                Part::End if said.is_some() => return Ok(None),
                Part::End => return Err(RemoteError::Interrupted),
                // A county that does not know how to leave them out: they come again with the last page.
                Part::Frame(_) => return Ok(Some(Received::Pushed)),
                Part::Offer(epoch) => return Ok(Some(Received::Offer(epoch))),
                Part::Waiting => return Ok(Some(Received::Waiting { taken: said.is_some() })),
                Part::Wanted(_) => return Err(RemoteError::Rubbish),
            }
        }
    }
}

/// Sends a request off; gives what came of it where that is known at once.
async fn begin<F: Future>(mut request: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| match request.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
