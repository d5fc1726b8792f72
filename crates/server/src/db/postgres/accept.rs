//! Keeps what a page brings, in one transaction that holds the county's counter.

use super::transaction::Tx;
use super::{audit, auth, concerned, epoch, imports, keep, known, refold, told};
use crate::db::audit::of_page;
use crate::db::settled::CARRYING;
use crate::db::{Outcome, Result, Taken};
use crate::decide::{Author, Decided, Needs, Page, decide};
use domain::codes::CodeList;
use domain::{DeviceId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// Decides and keeps a page: first decided whole, then inserted in bulk, so that no row can abort the others.
pub(super) async fn accept(tx: &Tx, page: Page, report: Option<&Taken>) -> Result<Outcome> {
    let needs = Needs::of(&page);
    let known = known::load(tx, &page.author, &needs).await?;
    let before = known.seq;
    let (author, received) = (page.author.clone(), page.received);
    if let Some(contact) = &page.contact {
        auth::heard(tx, (author.device(), received), contact, None).await?;
    }
    let decided = decide(page, known);
    let mut people: BTreeSet<PersonId> =
        decided.accepted.iter().filter_map(|kept| kept.change.person).collect();
    people.extend(decided.handed_over.iter().map(|work| work.person));
    people.extend(keep::settled(tx, &author, received, &decided).await?);
    let mut concerned = concerned::by_people(tx, &people).await?;
    keep::changes(tx, received, &decided.accepted).await?;
    keep::refusals(tx, &author, received, &decided).await?;
    audit::keep(tx, &of_page(&author, received, &decided)).await?;
    keep::hand_overs(tx, &author, received, &decided).await?;
    count(tx, &decided).await?;
    keep::digests(tx, &decided.accepted).await?;
    refold::touched(tx, &decided.accepted).await?;
    if let Author::Device { device, .. } = &author {
        keep::made(tx, *device, &decided.made).await?;
        if !decided.shown.is_empty() && !epoch::has_pulled(tx, *device).await? {
            told::shown(tx, *device, &decided.shown).await?;
        }
    }
    if let Some(report) = report {
        imports::keep(tx, report).await?;
    }
    if decided.accepted.iter().any(|kept| CARRYING.contains(&kept.change.kind.code())) {
        concerned.users.extend(concerned::by_people(tx, &people).await?.users);
    }
    if !decided.handed_over.is_empty() {
        concerned.users.extend(concerned::supervisors_of(tx, author.user()).await?);
    }
    concerned.everyone = decided.accepted.iter().any(|kept| kept.change.person.is_none());
    if concerned != Default::default() {
        tx.announce().await?;
    }
    let numbers = (decided.seq > before).then_some((before + 1, decided.seq));
    Ok(Outcome { answers: decided.answers, numbers, leaves: decided.leaves, concerned })
}

/// The county's last number, and the latest effective stamp of every device of which something was kept.
async fn count(tx: &Tx, decided: &Decided) -> Result<()> {
    if decided.accepted.is_empty() {
        return Ok(());
    }
    let seq = decided.seq as i64;
    tx.execute("update county set seq = $2 where county = $1", &[&tx.county.0, &seq]).await?;
    let mut latest: BTreeMap<DeviceId, i64> = BTreeMap::new();
    for kept in &decided.accepted {
        let stamp = latest.entry(kept.change.device).or_default();
        *stamp = (*stamp).max(kept.stamp.0 as i64);
    }
    for (device, stamp) in latest {
        if device == domain::ids::COUNTY_DEVICE {
            let sql = "update county set last_stamp = greatest(last_stamp, $2) where county = $1";
            tx.execute(sql, &[&tx.county.0, &stamp]).await?;
        } else {
            let sql =
                "update device set last_stamp = greatest(last_stamp, $3) where county = $1 and device = $2";
            tx.execute(sql, &[&tx.county.0, &device.0, &stamp]).await?;
        }
    }
    Ok(())
}
