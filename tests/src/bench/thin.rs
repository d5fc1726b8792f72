//! A thin line: 64 kbit/s and 600 ms for each round trip. What a new connection says before TLS costs no time here.

use super::figures::Figures;
use super::light::Light;
use super::load::{Base, Loaded, visit};
use crate::demo::Dice;
use crate::proxy::{Line, Proxy};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is measured over it.
const NEW: usize = 5;

/// Measures a sync of ten changes, cold and warm, and a first sync of `people` with `visits` each.
///
/// # Errors
/// Whatever fails.
pub async fn run(
    folder: &Path,
    (people, visits): (usize, usize),
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let loaded = Loaded::start(folder, Base::Embedded).await?;
    let (_target, receiver) = watch::channel(Some(loaded.listen()?));
    let line = Proxy::start(receiver).await?;
    line.carry_as(Line { kbit_s: Some(64), rtt: Duration::from_millis(600), cut_every: None });
    let address = format!("https://{}", line.address);
    let [mut records, mut ten, mut first] = <[Light; 3]>::try_from(loaded.worker(0, 3).await?)
        .map_err(|_| anyhow::anyhow!("three devices were asked for"))?;
    records.add_people(people);
    visit(&mut records, people * visits, &mut Dice(1));
    records.sync().await?;
    ten.sync().await?;
    ten.people.clone_from(&records.people);
    ten.client.go_by(&address);
    ten.client.come_back()?;
    for name in ["thin_ten_cold_s", "thin_ten_s"] {
        visit(&mut ten, NEW, &mut Dice(2));
        let begun = Instant::now();
        let report = ten.sync().await?;
        anyhow::ensure!(report.accepted as usize == 2 * NEW, "{report:?}");
        let unit = match name {
            "thin_ten_s" => "s for ten changes at 64 kbit/s and 600 ms, connection and session live",
            _ => "s for ten changes at 64 kbit/s and 600 ms, from nothing",
        };
        figures.put(name, begun.elapsed().as_secs_f64(), unit, 1);
    }
    first.client.go_by(&address);
    first.client.come_back()?;
    let begun = Instant::now();
    let mut seen = None;
    first
        .sync_telling(|progress| {
            if progress.people.is_some_and(|(done, _)| done > 0) {
                seen.get_or_insert_with(|| begun.elapsed());
            }
        })
        .await?;
    let whole = begun.elapsed();
    let unit =
        format!("s until the first of {people} people with {visits} visits each are there, from nothing");
    figures.put("thin_first_progress_s", seen.unwrap_or(whole).as_secs_f64(), &unit, 1);
    figures.put("thin_first_sync_s", whole.as_secs_f64(), "s until all of them are, and agreed", 1);
    loaded.stop().await
}
