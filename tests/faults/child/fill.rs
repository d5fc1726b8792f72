//! Records until the disk is full, and goes on when there is room again.

use crate::say;
use serde_json::json;
use std::path::Path;
use tests::device::Device;

/// Says `saved <note>` for what was saved, `refused <code>` for what was not, `there <note>` for what is there at the
/// end, after a restart.
pub async fn run(folder: &Path, user: &str, person: &str) -> anyhow::Result<()> {
    let ballast = folder.join("photos");
    std::fs::write(&ballast, vec![0; 1 << 20])?;
    let phone = Device::at(folder, user);
    phone.unlock().await?;
    let record = |note: String| {
        let attempt = json!({ "outcome": "no-answer", "note": format!("{note} {}", "n".repeat(1_500)) });
        json!({ "do": "record_attempt", "person": person, "attempt": attempt })
    };
    let draft = |words: &str| {
        json!({
            "do": "save_draft", "key": "visit", "person": null,
            "body": { "notes": words, "more": "m".repeat(100_000) },
        })
    };
    phone.call(draft("before")).await?;

    let mut n = 0;
    loop {
        n += 1;
        match phone.call(record(format!("full-{n}"))).await {
            Ok(_) => say(&format!("saved full-{n}"))?,
            Err(error) => break say(&format!("refused {}", error.code))?,
        }
    }
    if let Err(error) = phone.call(draft("after")).await {
        say(&format!("draft-refused {}", error.code))?;
    }
    let page = json!({ "do": "person", "person": person });
    say(&format!("readable {}", crate::record::notes(&phone.call(page.clone()).await?).len()))?;

    std::fs::remove_file(&ballast)?;
    phone.call(record("room-again".to_owned())).await?;
    say("saved room-again")?;

    let phone = Device::at(folder, user);
    phone.unlock().await?;
    for note in crate::record::notes(&phone.call(page).await?) {
        say(&format!("there {}", note.split(' ').next().unwrap_or_default()))?;
    }
    let kept = phone.call(json!({ "do": "draft", "key": "visit" })).await?;
    say(&format!("draft {}", kept["body"]["notes"].as_str().unwrap_or_default()))
}
