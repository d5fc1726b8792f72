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
/// What a line of 64 kbit/s carries in twenty seconds, in bytes: it breaks whenever it has carried so much.
const LIVES: u64 = 160_000;
/// More tries than any first sync should need.
const TRIES: u32 = 60;

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
    let [mut records, mut ten, mut returns, mut joins, mut cut] =
        <[Light; 5]>::try_from(loaded.worker(0, 5).await?)
            .map_err(|_| anyhow::anyhow!("five devices were asked for"))?;
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
    for light in [&mut returns, &mut joins, &mut cut] {
        light.client.go_by(&address);
        light.client.come_back()?;
    }
    let unit =
        format!("s until somebody of {people} people with {visits} visits each is there, from nothing");
    let [answered, seen, whole] = first_sync(&mut returns).await?;
    figures.put("thin_first_progress_s", answered, "s until the county has answered, from nothing", 1);
    figures.put("thin_first_people_s", seen, &unit, 1);
    figures.put("thin_first_sync_s", whole, "s until all of them are, and agreed", 1);
    // A line that nobody uses for a minute is closed.
    joins.client.greet().await?;
    let [_, seen, _] = first_sync(&mut joins).await?;
    figures.put(
        "thin_joined_people_s",
        seen,
        "s until somebody is, after joining over the same connection",
        1,
    );
    line.carry_as(Line { kbit_s: Some(64), rtt: Duration::from_millis(600), cut_every: Some(LIVES) });
    let (begun, mut tries) = (Instant::now(), 1);
    while let Err(error) = cut.sync().await {
        tries += 1;
        anyhow::ensure!(tries < TRIES, "it does not come to an end: {error}");
    }
    let unit = "s until all of them are, over a line that dies every 20 s";
    figures.put("thin_cut_sync_s", begun.elapsed().as_secs_f64(), unit, 1);
    figures.put("thin_cut_tries", f64::from(tries), "tries that it took", 1);
    loaded.stop().await
}

/// A first sync: the seconds until the county has answered, until the first people are there, and until all are.
async fn first_sync(light: &mut Light) -> anyhow::Result<[f64; 3]> {
    let begun = Instant::now();
    let (mut answered, mut seen) = (None, None);
    light
        .sync_telling(|progress| {
            if progress.answered {
                answered.get_or_insert_with(|| begun.elapsed());
            }
            if progress.people.is_some() {
                seen.get_or_insert_with(|| begun.elapsed());
            }
        })
        .await?;
    let whole = begun.elapsed();
    Ok([answered.unwrap_or(whole), seen.unwrap_or(whole), whole].map(|time| time.as_secs_f64()))
}
