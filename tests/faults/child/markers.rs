//! A worker's morning in which everything that she types is a marker, and a county that gets all of it.

use crate::{say, wait};
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;
use tests::county::TestCounty;
use tests::device::Device;
use tests::markers::marker as m;

/// Types, syncs, says `open <user>`, and waits with everything open.
pub async fn open(folder: &Path) -> anyhow::Result<()> {
    log_to(&folder.join("log.txt"))?;
    let county = TestCounty::start(&folder.join("county"), "Pine", "America/New_York").await?;
    county.admin.add_team("Pine response team").await?;
    let code = county.welcome("Maria Ortiz", "peer-support", Some("Pine response team")).await?;
    let maria = Device::enrol(&folder.join("maria"), &code, "a phone").await?;
    let person = people(&maria).await?;
    visit(&maria, &person).await?;
    corrections(&maria, &person).await?;
    drafts_and_searches(&maria, &person).await?;
    maria.until_agreed().await?;
    say(&format!("open {}", maria.user()))?;
    wait()
}

/// Unlocks and locks again, says `locked`, and waits.
pub async fn locked(folder: &Path, user: &str) -> anyhow::Result<()> {
    log_to(&folder.join("log.txt"))?;
    let _county = TestCounty::open(&folder.join("county")).await?;
    let maria = Device::at(&folder.join("maria"), user);
    maria.unlock().await?;
    let found = maria.call(json!({ "do": "search", "text": m(0) })).await?;
    anyhow::ensure!(found["hits"].as_array().is_some_and(|hits| hits.len() == 1), "what was typed is there");
    maria.call(json!({ "do": "lock" })).await?;
    say("locked")?;
    wait()
}

/// Logs as much as anybody might turn on.
fn log_to(file: &Path) -> anyhow::Result<()> {
    let file = File::options().create(true).append(true).open(file)?;
    tracing_subscriber::fmt().with_env_filter("debug").with_ansi(false).with_writer(file).init();
    Ok(())
}

/// Markers 0 to 24: two people, with names, places, numbers and events.
async fn people(maria: &Device) -> anyhow::Result<Value> {
    let person = json!({
        "first_name": m(0), "last_name": m(1), "alias": m(2), "pronouns": m(3), "best_time": m(4),
        "contact_note": m(5),
    });
    let place = json!({
        "kind": "street", "label": m(6), "street": m(7), "unit": m(8), "city": m(9), "directions": m(10),
    });
    let phone = json!({ "number": m(11), "belongs_to": m(12) });
    let event = json!({ "agency": m(13), "incident_number": m(14), "destination": m(15) });
    let met = json!({ "do": "add_person", "person": person, "place": place, "phone": phone, "event": event });
    let person = maria.call(met).await?["person"].clone();
    let alias = json!({ "name": m(16) });
    maria.call(json!({ "do": "add", "person": person, "kind": "alias", "fields": alias })).await?;
    let other = json!({ "alias": m(17), "first_name": m(18), "last_name": m(19), "contact_note": m(20) });
    let place = json!({ "kind": "encampment", "label": m(21), "directions": m(22) });
    let phone = json!({ "number": m(23), "belongs_to": m(24) });
    maria.call(json!({ "do": "add_person", "person": other, "place": place, "phone": phone })).await?;
    Ok(person)
}

/// Markers 25 to 35: everything that belongs to a visit.
async fn visit(maria: &Device, person: &Value) -> anyhow::Result<()> {
    let attempt = json!({ "outcome": "no-answer", "note": m(25) });
    maria.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await?;
    let visit = json!({
        "do": "record_visit", "person": person, "attempt": { "note": m(26) },
        "visit": { "next_step": m(27), "notes": m(28) },
        "supplies": [{ "item": "naloxone-nasal-4mg", "kits": 1, "lot": m(29) }],
        "referrals": [{ "category": "wound-care", "service": m(30), "note": m(31) }],
        "steps": [{ "text": m(32) }],
        "follow_ups": [{ "kind": "visit", "due_on": "2031-01-02", "note": m(33) }],
        "fulfils": [],
    });
    maria.call(visit).await?;
    let safety = json!({ "category": "dog", "text": m(34) });
    maria.call(json!({ "do": "add", "person": person, "kind": "safety_note", "fields": safety })).await?;
    let note = json!({ "text": m(35) });
    maria.call(json!({ "do": "add", "person": person, "kind": "peer_note", "fields": note })).await?;
    Ok(())
}

/// Markers 36 to 42: amendments with their reasons, and one that is refused.
async fn corrections(maria: &Device, person: &Value) -> anyhow::Result<()> {
    let page = maria.call(json!({ "do": "person", "person": person })).await?;
    let attempt = &page["timeline"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|item| item["record"]["values"]["note"] == m(25))
        .ok_or_else(|| anyhow::anyhow!("the attempt is on the page"))?["record"];
    for (record, fields) in [
        (&page["identity"], json!({ "alias": m(36) })),
        (&page["places"][0], json!({ "label": m(37) })),
        (&page["phones"][0], json!({ "number": m(38) })),
        (attempt, json!({ "note": m(39) })),
    ] {
        let amend = json!({
            "do": "amend", "record": record["record"], "fields": fields, "seen": record["seen"],
            "reason": m(40),
        });
        maria.call(amend).await?;
    }
    for fields in [json!({ "number": m(41).repeat(9) }), json!({ "number": m(42), "kind": 7 })] {
        let wrong = json!({ "do": "add", "person": person, "kind": "phone", "fields": fields });
        match maria.call(wrong).await {
            // What the app says about it may end up anywhere.
            Err(error) => tracing::error!(%error, ?error, "refused"),
            Ok(_) => anyhow::bail!("a number of four hundred letters was taken"),
        }
    }
    Ok(())
}

/// Markers 43 to 49: what is typed and not saved.
async fn drafts_and_searches(maria: &Device, person: &Value) -> anyhow::Result<()> {
    for (key, body) in [
        ("visit", json!({ "notes": m(43), "deep": [{ "er": m(44) }] })),
        ("alone", json!(m(45))),
        ("dropped", json!(m(46))),
    ] {
        maria.call(json!({ "do": "save_draft", "key": key, "person": person, "body": body })).await?;
    }
    maria.call(json!({ "do": "drop_draft", "key": "dropped" })).await?;
    for n in [47, 48, 49] {
        maria.call(json!({ "do": "search", "text": m(n) })).await?;
    }
    Ok(())
}
