//! The real app, which syncs by itself and hears of changes by server-sent events.

use super::ms;
use crate::device::Device;
use domain::{PersonId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// An unlocked app.
pub struct Live {
    device: Device,
}

/// What joining came to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Joined {
    /// Who works on it.
    pub user: UserId,
    /// From agreeing with the county until all notes were searchable, in milliseconds.
    pub search_ready_ms: f64,
}

impl Live {
    /// Joins the county, and waits until the first pull has agreed and every note is searchable.
    ///
    /// # Errors
    /// The app's.
    pub async fn join(folder: &Path, code: &str) -> anyhow::Result<(Self, Joined)> {
        let mut device = Device::new(folder);
        device.join(code, "bench").await?;
        let live = Self { device };
        live.wait(json!({ "do": "sync_state" }), |sync| !sync["agreed_at"].is_null()).await?;
        let agreed = Instant::now();
        live.wait(json!({ "do": "sync_state" }), |sync| sync["search_incomplete"] == false).await?;
        let search_ready_ms = ms(agreed.elapsed());
        live.settle().await?;
        let user = live.device.user().parse()?;
        Ok((live, Joined { user, search_ready_ms }))
    }

    /// Waits until nothing is unsent and the digests match.
    ///
    /// # Errors
    /// The app's.
    pub async fn settle(&self) -> anyhow::Result<()> {
        self.wait(json!({ "do": "sync_state" }), |sync| sync["phase"] == "up_to_date").await
    }

    /// Some people of the caseload.
    ///
    /// # Errors
    /// The app's.
    pub async fn people(&self) -> anyhow::Result<Vec<Value>> {
        let page = self.device.call(json!({ "do": "people", "order": "name", "limit": 50 })).await?;
        Ok(page["people"].as_array().into_iter().flatten().map(|row| row["person"].clone()).collect())
    }

    /// Records an attempt that reached nobody, with a note. Gives the moment before it began, in microseconds.
    ///
    /// # Errors
    /// The app's.
    pub async fn attempt(&self, person: PersonId, note: &str) -> anyhow::Result<u64> {
        let attempt = json!({ "mode": "home-visit", "outcome": "no-answer", "note": note });
        let begun = moment();
        self.device.call(json!({ "do": "record_attempt", "person": person, "attempt": attempt })).await?;
        Ok(begun)
    }

    /// Waits until a note is on a person's page, as a screen does that is told when to read again. Gives the moment
    /// at which the page with it was read, in microseconds.
    ///
    /// # Errors
    /// The app's.
    pub async fn await_note(&self, person: PersonId, note: &str) -> anyhow::Result<u64> {
        let page = json!({ "do": "person", "person": person });
        let mut stale = self.device.app.subscribe();
        loop {
            if self.device.call(page.clone()).await?.to_string().contains(note) {
                return Ok(moment());
            }
            // Having missed some words is a reason to read again, too.
            while let Ok(word) = stale.recv().await
                && word.person != Some(person)
            {}
        }
    }

    /// Locks.
    pub fn lock(self) {
        self.device.app.lock();
    }

    /// Waits as long as the app itself would: a large first pull takes longer than a story has patience for.
    async fn wait(&self, command: Value, done: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        loop {
            match self.device.until(command.clone(), &done).await {
                Ok(_) => return Ok(()),
                Err(error) if error.code == "still_waiting" => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A moment that two processes of one machine can compare, in microseconds.
fn moment() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}
