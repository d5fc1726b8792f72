//! One device of the harness: the real store and the real sync, driven by lines on standard input.

use super::county::CODE;
use super::documents::{Document, edit};
use crate::bench::recorder::Recorder;
use crate::bench::{ms, timed};
use crate::client::{Client, http};
use crate::device::PASSPHRASE;
use crypto::secret::Secret32;
use domain::{Change, PersonId, RecordKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Order, PeopleFilter, Store, StoredRecord, Vault, VaultIds};
use sync::engine::{self, Line};
use tokio::runtime::Handle;

/// How many documents are recorded in one transaction, as by the others of the harness.
const AT_ONCE: usize = 1_000;

/// Joins the county at `url` and does what it reads, until standard input ends.
///
/// # Errors
/// What joining says. What is asked later is answered, with `error` where it failed.
pub async fn play(folder: &Path, url: &str) -> anyhow::Result<()> {
    let code = http()?.get(format!("{url}{CODE}")).send().await?.error_for_status()?.text().await?;
    let client = Client::enrol_at(url, &code.parse()?).await?;
    let enrolled = &client.enrolled;
    let ids = VaultIds { device: enrolled.device, user: enrolled.user, vault: "peer".to_owned() };
    let store = Vault::create(&folder.join("vault"), ids, PASSPHRASE, &Secret32::random(), "file", &[])?;
    let mut player = Player { client, store, line: Line::default(), handle: Handle::current() };
    // The store's work is disk work and has a thread of its own, as in the app.
    let played = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let answer = player.answer(&line);
            println!("{}", answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
        }
    });
    Ok(played.await?)
}

struct Player {
    client: Client,
    store: Store,
    line: Line,
    handle: Handle,
}

impl Player {
    fn answer(&mut self, line: &str) -> anyhow::Result<Value> {
        let (what, with) = line.split_once(' ').unwrap_or((line, ""));
        let time = match what {
            "load" => self.load(Path::new(with))?,
            "push" | "pull" => timed(|| self.sync())?,
            "edit" => self.edit(with.parse()?)?,
            "count" => return self.count(),
            _ => anyhow::bail!("no such command: {what}"),
        };
        Ok(json!({ "ms": ms(time) }))
    }

    /// Records the documents of a file. The people they are about are the worker's caseload already: they are added
    /// and synced before, outside the time.
    fn load(&mut self, file: &Path) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(file)?;
        let documents = text.lines().map(serde_json::from_str).collect::<Result<Vec<Document>, _>>()?;
        let by = self.recorder();
        let people: BTreeSet<PersonId> = documents.iter().map(Document::person).collect();
        self.record(people.into_iter().flat_map(|person| by.person(person)).collect())?;
        self.sync()?;
        let begun = Instant::now();
        let mut changes = Vec::new();
        for document in documents {
            changes.extend(document.changes(&by)?);
            if changes.len() >= 2 * AT_ONCE {
                self.record(std::mem::take(&mut changes))?;
            }
        }
        self.record(changes)?;
        Ok(begun.elapsed())
    }

    fn edit(&mut self, count: usize) -> anyhow::Result<Duration> {
        let by = self.recorder();
        let visits = self.visits()?;
        anyhow::ensure!(visits.len() >= count, "there are not so many visits");
        let some = (0..count).map(|n| edit(&by, &visits[n * visits.len() / count]));
        let changes = some.collect::<anyhow::Result<Vec<_>>>()?;
        timed(|| changes.into_iter().try_for_each(|change| self.record(vec![change])))
    }

    fn count(&self) -> anyhow::Result<Value> {
        let visits = self.visits()?;
        let edited = visits.iter().filter(|visit| visit.folded.values().get("version") == Some(&json!(2)));
        Ok(json!({ "docs": visits.len(), "edited": edited.count() }))
    }

    fn visits(&self) -> anyhow::Result<Vec<StoredRecord>> {
        let (mut visits, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.person_list(&PeopleFilter::default(), Order::Name, after.as_ref(), 200)?;
            for row in &page.rows {
                visits.extend(self.store.records(Some(row.person), &RecordKind::Visit)?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(visits);
            }
        }
    }

    fn sync(&mut self) -> anyhow::Result<()> {
        let (mut local, mut remote) = (self.store.local_side(), &mut self.client);
        let (line, now) = (&mut self.line, server::server::clock);
        let run = engine::run_over(line, &mut local, &mut remote, app::VERSION, now, |_| {});
        let report = self.handle.block_on(run)?;
        anyhow::ensure!(report.agrees, "device and county do not agree");
        anyhow::ensure!(report.refused + report.held == 0, "the county refused something");
        Ok(())
    }

    fn record(&self, mut changes: Vec<Change>) -> anyhow::Result<()> {
        self.store.write(server::server::clock(), |tx| {
            changes.iter_mut().for_each(|change| change.stamp = tx.stamp());
            Ok::<_, store::StoreError>(changes)
        })?;
        Ok(())
    }

    fn recorder(&self) -> Recorder {
        let (ids, team) = (self.store.ids(), self.client.enrolled.team);
        Recorder { user: ids.user, device: ids.device, team, now: server::server::clock() }
    }
}
