//! Begins a pull: notes the contact, plans, and writes down what the device is told.

use super::transaction::Tx;
use super::{auth, caseload, settled, told};
use crate::db::due::{Due, LOOKED_AT};
use crate::db::frame::{after_offer, differing as compare};
use crate::db::settled::Settled;
use crate::db::{Begun, County, PullAsk, Result};
use crate::pull::plan::{Ask, plan as planned};
use domain::{Millis, PersonId};
use uuid::Uuid;

/// Begins a pull, in a transaction of one moment: two pulls of one device do not mix.
pub(super) async fn begin(tx: &Tx, ask: &PullAsk, settled: &Settled) -> Result<Begun> {
    let here = super::county(tx).await?;
    auth::heard(tx, (ask.device, ask.now), &ask.contact, Some(here.epoch)).await?;
    if let Some(plan) = settled::plan(settled, tx, ask, (here.epoch, here.seq)).await? {
        return Ok(Begun { plan, seq: here.seq });
    }
    let rows = told::rows(tx, ask.device).await?;
    let now = caseload::now(tx, &ask.member).await?;
    let differing = match &ask.compare {
        Some(theirs) => {
            let mut sums = settled::sums(tx, now.keys().copied()).await?;
            compare(&now, theirs, ask.whole, |person| Result::Ok(sums.remove(&person).unwrap_or_default()))?
        }
        None => Default::default(),
    };
    let question = Ask {
        token: if ask.whole { Some(after_offer(&here, &rows)) } else { ask.token.clone() },
        forgot: ask.forgot.clone(),
        differ: differing.people,
        beyond: differing.beyond,
        county_differs: differing.county,
        epoch: here.epoch,
        seq: here.seq,
    };
    // The plan is pure and cannot ask who is due, so it is made once to see who enters.
    let mut enter = Vec::new();
    let mut plan = planned(&question, &rows, &now, |entering| {
        enter = entering.to_vec();
        Vec::new()
    });
    let first = due_first(tx, &here, &enter, ask.now).await?;
    if !first.is_empty() {
        plan = planned(&question, &rows, &now, |_| first);
    }
    told::keep(tx, ask.device, &plan).await?;
    Ok(Begun { plan, seq: here.seq })
}

/// Of those who enter, the people who are due.
async fn due_first(tx: &Tx, county: &County, entering: &[PersonId], now: Millis) -> Result<Vec<PersonId>> {
    let Some(mut due) = Due::of(entering, now, &county.timezone) else { return Ok(Vec::new()) };
    let sql = "select person, body from change where county = $1 and kind in ('overdose_event', 'follow_up')
         order by seq desc limit $2";
    for row in tx.query(sql, &[&tx.county.0, &LOOKED_AT]).await? {
        let person = row.get::<_, Option<Uuid>>(0).map(PersonId);
        if let Some(person) = person.filter(|person| due.wants(*person)) {
            due.look(person, row.get(1))?;
        }
    }
    Ok(due.first())
}
