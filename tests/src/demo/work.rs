//! What the demo's team made of the reports, recorded through the app as the workers would.

use super::people::{NOTES, PLACES, SERVICES, STEPS};
use super::{Dice, ago};
use crate::device::Device;
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

/// How many of the newest events stay unassigned, for Sam to give out.
const LEFT_FOR_SAM: usize = 5;

/// Assigns, attempts, visits, refers, follows up.
pub(super) async fn live(
    maria: &Device,
    dev: &Device,
    sam: &Device,
    say: &impl Fn(&str),
) -> anyhow::Result<()> {
    let new = json!({ "do": "new_events" });
    let view = sam.until(new, |view| view["events"].as_array().is_some_and(|list| list.len() > 40)).await?;
    let events = view["events"].as_array().cloned().unwrap_or_default();
    let ready: Vec<&Value> = events.iter().filter(|event| event["needs_look"] == false).collect();
    let given = &ready[..ready.len().saturating_sub(LEFT_FOR_SAM)];
    for (number, event) in given.iter().enumerate() {
        // Maria carries two thirds of them with Dev; he carries the rest with her.
        let (lead, partner) = if number % 3 == 2 { (dev, maria) } else { (maria, dev) };
        let assign = json!({
            "do": "assign", "person": event["person"]["person"], "case": event["case"],
            "lead": lead.user(), "partner": partner.user(),
        });
        sam.call(assign).await?;
    }
    say("Sam has given out the cases.");
    let all = json!({ "do": "people", "filter": "all", "limit": 200 });
    for worker in [maria, dev] {
        worker.until(all.clone(), |view| view["total"].as_u64() >= Some(given.len() as u64)).await?;
        worker.until_agreed().await?;
    }
    let people = maria.call(all).await?;
    let mut dice = Dice(72);
    for row in people["people"].as_array().into_iter().flatten() {
        let lead = if row["lead"] == "Dev Patel" { dev } else { maria };
        person(lead, row, &mut dice).await?;
    }
    street(maria).await?;
    say("Maria and Dev have been out.");
    Ok(())
}

/// One person's weeks: tried about twice, reached a good quarter of the time.
async fn person(worker: &Device, row: &Value, dice: &mut Dice) -> anyhow::Result<()> {
    let now = worker.call(json!({ "do": "me" })).await?["now"].as_i64().unwrap_or(0);
    let person = &row["person"];
    let page = worker.call(json!({ "do": "person", "person": person })).await?;
    let happened = page["events"][0]["values"]["occurred_at"].as_i64().unwrap_or(now);
    let days = (now - happened).max(0) as u64 / domain::time::DAY as u64;
    if days < 2 {
        // The clock still runs, and nobody has been there.
        return Ok(());
    }
    let reached = dice.chance(45);
    let tries = if reached { dice.below(3) } else { 1 + dice.below(3).max(u64::from(days > 5) * 2) };
    for number in 0..tries {
        let at = daytime(ago(now, days.saturating_sub(number + 1), 0), dice);
        let outcome =
            *dice.pick(&["no-answer", "no-answer", "no-answer", "message-left", "reached-family-or-network"]);
        let attempt =
            json!({ "outcome": outcome, "happened_at": at, "place": row["place_id"], "mode": "home-visit" });
        record(worker, json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await?;
    }
    if reached {
        let at = daytime(ago(now, days.saturating_sub(tries + 1), 0), dice);
        visit(worker, person, at, now, dice).await?;
    } else if days > 5 {
        let case = &page["case"];
        let fields = json!({ "stage": "closed", "closing_reason": "unable-to-reach", "closed_at": now });
        let current = worker.call(json!({ "do": "person", "person": person })).await?;
        let close = json!({
            "do": "amend", "record": case["record"], "fields": fields, "seen": current["case"]["seen"],
        });
        record(worker, close).await?;
    }
    Ok(())
}

/// The same day between nine and six in Pine, and never later than now.
fn daytime(at: i64, dice: &mut Dice) -> i64 {
    let day = at.div_euclid(domain::time::DAY) * domain::time::DAY;
    let then = day + (14 + dice.below(9) as i64) * domain::time::HOUR + dice.below(60) as i64 * 60_000;
    if then > at { then - domain::time::DAY } else { then }
}

async fn visit(worker: &Device, person: &Value, at: i64, now: i64, dice: &mut Dice) -> anyhow::Result<()> {
    let today = domain::Millis(now).utc().date_naive();
    let due: NaiveDate = today + Days::new(dice.below(12)) - Days::new(1);
    let referred = dice.chance(38);
    let (category, service) = *dice.pick(&SERVICES);
    let referral = json!({
        "category": category, "service": service, "status": "accepted", "outcome": "attended",
        "outcome_at": now, "offered_at": at,
    });
    let step = json!({ "text": dice.pick(&STEPS), "area": "connection", "happened_at": at });
    let site = dice.chance(30).then(|| json!({ "kind": "community-site", "label": dice.pick(&PLACES) }));
    let visit = json!({
        "do": "record_visit", "person": person,
        "attempt": { "mode": "home-visit", "happened_at": at },
        "place": site,
        "visit": {
            "present": ["person"], "topics": ["what-happened", "naloxone-use", "using-alone"],
            "minutes": 15 + dice.below(40),
            "needs": [dice.pick(&["food", "transport", "id-documents", "wound-care"])], "notes": dice.pick(&NOTES),
        },
        "supplies": [{
            "item": "naloxone-nasal-4mg", "kits": 1, "doses": 2, "lot": "PX4471", "trained": true,
            "recipient": "survivor",
        }],
        "referrals": if referred { vec![referral] } else { vec![] },
        "steps": if dice.chance(40) { vec![step] } else { vec![] },
        "follow_ups": [{ "kind": *dice.pick(&["visit", "call"]), "due_on": due.to_string() }],
        "fulfils": [],
    });
    record(worker, visit).await
}

/// Somebody met on the street, known by one name, and a safety note.
async fn street(maria: &Device) -> anyhow::Result<()> {
    let place = json!({ "kind": "street", "label": "Bus shelter on Main" });
    let red = json!({ "do": "add_person", "person": { "alias": "Red", "unhoused": "yes" }, "place": place });
    let red = maria.call(red).await?["person"].clone();
    let dog = json!({ "category": "dog", "text": "Friendly, but barks at uniforms" });
    record(maria, json!({ "do": "add", "person": red, "kind": "safety_note", "fields": dog })).await
}

async fn record(worker: &Device, command: Value) -> anyhow::Result<()> {
    worker.call(command).await?;
    Ok(())
}
