//! A county that was restored is offered what it forgot, before it may tell this device to forget anything.
//!
//! Each page is durable at the county when it is answered. An offer that breaks off is begun again with the next sync,
//! and the comparison leaves out what has arrived.

use super::decoding::Part;
use super::{Report, SyncError, incoming, lines};
use crate::ports::{Local, OfferItem, Remote, RemoteError};
use crate::wire::{Hello, OfferStep, Offering, PUSH_PAGE, PUSH_PAGE_BYTES, Verdict};
use domain::Millis;

/// Offers everything that the county wants in this epoch, or in a newer one that it counts meanwhile. Returns the epoch
/// in which the offer is whole.
pub(super) async fn run<L: Local, R: Remote>(
    local: &mut L,
    remote: &mut R,
    hello: &Hello,
    epoch: u32,
    report: &mut Report,
    mut sent: impl FnMut(&Report),
) -> Result<u32, SyncError<L::Error>> {
    let mut epoch = epoch;
    loop {
        match offer(local, remote, hello, epoch, report, &mut sent).await? {
            None => break,
            // Restored once more, in the middle of it.
            Some(newer) if newer > epoch => epoch = newer,
            Some(_) => return Err(RemoteError::Rubbish.into()),
        }
    }
    local.offer_whole(epoch).map_err(SyncError::Local)?;
    Ok(epoch)
}

/// Offers in one epoch; returns another epoch when the county counts that one.
async fn offer<L: Local, R: Remote>(
    local: &mut L,
    remote: &mut R,
    hello: &Hello,
    epoch: u32,
    report: &mut Report,
    sent: &mut impl FnMut(&Report),
) -> Result<Option<u32>, SyncError<L::Error>> {
    let everything = local.everything().map_err(SyncError::Local)?;
    let step = Some(Offering { epoch, step: OfferStep::Compare });
    let compare = Hello { compare: Some(everything), offer: step, ..hello.clone() };
    report.requests += 1;
    let body = lines::request(&compare, &[]);
    let mut answer = incoming::Reader::new(remote.sync(body).await?, Vec::new(), String::new());
    let wanted = match answer.next().await? {
        Part::Wanted(wanted) => wanted,
        Part::Offer(newer) => return Ok(Some(newer)),
        _ => return Err(RemoteError::Rubbish.into()),
    };
    drop(answer);
    let items = local.to_offer(&wanted, epoch).map_err(SyncError::Local)?;
    pages(local, remote, hello, (epoch, &items), report, sent).await
}

/// Offers what the county could not take when it was offered: whether it took any of it now. Nobody was told to forget
/// anything because of it, so the device has pulled meanwhile.
pub(super) async fn later<L: Local, R: Remote>(
    local: &mut L,
    remote: &mut R,
    hello: &Hello,
    clock: &impl Fn() -> Millis,
    report: &mut Report,
    mut sent: impl FnMut(&Report),
) -> Result<bool, SyncError<L::Error>> {
    let before = report.offered;
    while let Some((epoch, items)) = local.offer_later(clock()).map_err(SyncError::Local)? {
        let so_far = report.offered;
        let newer = pages(local, remote, hello, (epoch, &items), report, &mut sent).await?;
        // Restored meanwhile: the next sync begins with an offer.
        if newer.is_some() || report.offered == so_far {
            break;
        }
    }
    Ok(report.offered > before)
}

/// Offers these in one epoch, page by page; returns another epoch when the county counts that one.
async fn pages<L: Local, R: Remote>(
    local: &mut L,
    remote: &mut R,
    hello: &Hello,
    (epoch, items): (u32, &[OfferItem]),
    report: &mut Report,
    sent: &mut impl FnMut(&Report),
) -> Result<Option<u32>, SyncError<L::Error>> {
    let mut rest = items;
    while !rest.is_empty() {
        let page = local.offer(rest, PUSH_PAGE, PUSH_PAGE_BYTES).map_err(SyncError::Local)?;
        rest = rest.get(page.taken.max(1)..).unwrap_or_default();
        if page.answers == 0 {
            continue;
        }
        let offer = Some(Offering { epoch, step: OfferStep::Changes });
        let hello = Hello { offer, compare: None, ..hello.clone() };
        report.requests += 1;
        let body = lines::request(&hello, &page.lines);
        // Proofs are not answered.
        let lines = page.lines.into_iter().filter(|line| !line.starts_with("{\"p\":")).collect();
        let mut answer = incoming::Reader::new(remote.sync(body).await?, lines, String::new());
        match answer.next().await? {
            Part::Answers(answers, proof) => {
                report.offered += answers.iter().filter(|answer| is_judged(&answer.verdict)).count() as u32;
                local.offered(&answers, proof.as_ref(), epoch).map_err(SyncError::Local)?;
                sent(report);
            }
            Part::Offer(newer) => return Ok(Some(newer)),
            _ => return Err(RemoteError::Rubbish.into()),
        }
    }
    Ok(None)
}

/// Whether the county has taken or refused it, so that it need not be offered again.
fn is_judged(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted { .. } | Verdict::Taken | Verdict::Refused(_))
}
