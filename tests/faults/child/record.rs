//! Records until it is killed.

use crate::say;
use serde_json::{Value, json};
use std::path::Path;
use tests::device::Device;

/// Opens the app, says what is there of the last round, and then records attempts and drafts, acknowledging each.
/// With `acknowledge_first` it says so before it is done, which is a lie that the test must find.
pub async fn run(
    folder: &Path,
    user: &str,
    last: &str,
    round: usize,
    acknowledge_first: bool,
) -> anyhow::Result<()> {
    let phone = Device::at(folder, user);
    phone.unlock().await?;
    say("opened")?;
    if !last.is_empty() {
        let page = phone.call(json!({ "do": "person", "person": last })).await?;
        for note in notes(&page) {
            say(&format!("there {note}"))?;
        }
    }
    let draft = phone.call(json!({ "do": "draft", "key": "note" })).await?;
    say(&format!("draft {}", draft["body"]["n"].as_u64().unwrap_or(0)))?;

    let met = json!({ "do": "add_person", "person": { "alias": format!("Somebody {round}") } });
    let person = phone.call(met).await?["person"].as_str().unwrap_or_default().to_owned();
    say(&format!("person {person}"))?;
    for n in 1.. {
        let note = format!("r{round}-{n}");
        let saved = format!("saved {note}");
        if acknowledge_first {
            say(&saved)?;
        }
        let attempt = json!({ "outcome": "no-answer", "note": note });
        phone.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await?;
        if !acknowledge_first {
            say(&saved)?;
        }
        let typed = round * 10_000 + n;
        let draft = json!({ "do": "save_draft", "key": "note", "person": null, "body": { "n": typed } });
        phone.call(draft).await?;
        say(&format!("typed {typed}"))?;
    }
    Ok(())
}

/// The notes of all attempts on a page.
pub fn notes(page: &Value) -> Vec<String> {
    let items = page["timeline"].as_array().into_iter().flatten();
    items.filter_map(|item| item["record"]["values"]["note"].as_str().map(str::to_owned)).collect()
}
