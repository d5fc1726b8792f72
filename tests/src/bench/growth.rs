//! Whether a county that has grown is as quick as a small one: the same questions to counties of a thousand and of
//! ten million changes, asked in turns.
//!
//! The worker who asks, their people and what is new are the same everywhere, and come over the wire. The rest of the
//! county, other workers' people and their histories, is written straight into the database.

use super::figures::Figures;
use super::light::Light;
use super::load::{Base, Loaded, visit};
use super::meter::Meter;
use super::{median, ms, timed_async};
use crate::demo::Dice;
use domain::caseload::Member;
use std::path::Path;

mod filler;

/// People of the worker who asks, and their visits.
const PEOPLE: usize = 20;
const VISITS: usize = 60;
/// Visits that are new each time.
const NEW: usize = 5;

/// A county of one size.
struct Grown {
    size: u64,
    loaded: Loaded,
    /// The device that records, the one that asks, and one that asks through the meter.
    lights: [Light; 3],
    meter: Meter,
    member: Member,
    times: [Vec<f64>; 3],
    bytes: Vec<f64>,
}

/// Asks counties of these sizes, `runs` times each, on every database that there is.
///
/// # Errors
/// Whatever fails.
pub async fn run(
    folder: &Path,
    sizes: &[u64],
    runs: usize,
    figures: &mut Figures,
    say: impl Fn(&str),
) -> anyhow::Result<()> {
    for base in Base::all(&say) {
        let mut counties = Vec::new();
        for size in sizes {
            say(&format!("A county of {size} changes ({base:?})"));
            let folder = folder.join(format!("grown-{base:?}-{size}"));
            counties.push(Grown::make(&folder, base, *size).await?);
        }
        say("Asking counties of every size in turns");
        for round in 0..runs {
            for county in &mut counties {
                county.ask(round as u64).await?;
            }
        }
        let medians: Vec<_> = counties.iter_mut().map(|county| (county.size, county.medians())).collect();
        for (size, [sync, digests, caseload, bytes]) in &medians {
            say(&format!(
                "{size} changes: sync {sync:.2} ms, digests {digests:.2} ms, caseload {caseload:.2} ms, {bytes} bytes"
            ));
        }
        judge(base, &medians, runs, figures);
        for county in counties {
            let folder = county.loaded.folder().to_owned();
            county.loaded.stop().await?;
            // The next database needs the room.
            std::fs::remove_dir_all(folder)?;
        }
    }
    Ok(())
}

/// The largest county beside the smallest.
fn judge(base: Base, medians: &[(u64, [f64; 4])], runs: usize, figures: &mut Figures) {
    let (Some((small, first)), Some((large, last))) = (medians.first(), medians.last()) else { return };
    let named = base.named(
        [
            ["growth_sync_ms", "growth_ratio"],
            ["growth_digest_ms", "growth_digest_ratio"],
            ["growth_caseload_ms", "growth_caseload_ratio"],
            ["growth_bytes", "growth_bytes_ratio"],
        ],
        [
            ["growth_sync_ms_postgres", "growth_ratio_postgres"],
            ["growth_digest_ms_postgres", "growth_digest_ratio_postgres"],
            ["growth_caseload_ms_postgres", "growth_caseload_ratio_postgres"],
            ["growth_bytes_postgres", "growth_bytes_ratio_postgres"],
        ],
    );
    let what = [
        "ms for an incremental sync",
        "ms for a sync with all digests compared",
        "ms for a page of the caseload",
        "HTTP bytes of an incremental sync",
    ];
    for (n, [absolute, ratio]) in named.into_iter().enumerate() {
        figures.put(absolute, last[n], &format!("{} in a county of {large} changes", what[n]), runs);
        let unit = format!("x from {small} to {large} changes at the county: {}", what[n]);
        figures.put(ratio, last[n] / first[n], &unit, runs);
    }
}

impl Grown {
    async fn make(folder: &Path, base: Base, size: u64) -> anyhow::Result<Self> {
        let mut loaded = Loaded::init(folder, base).await?;
        filler::fill(&loaded, folder, size).await?;
        loaded.serve().await?;
        let [mut records, mut asks, mut metered] = <[Light; 3]>::try_from(loaded.worker(0, 3).await?)
            .map_err(|_| anyhow::anyhow!("three devices were asked for"))?;
        let meter = Meter::start(folder, loaded.listen()?).await?;
        metered.client.go_by(&meter.address);
        records.add_people(PEOPLE);
        visit(&mut records, VISITS, &mut Dice(1));
        for light in [&mut records, &mut asks, &mut metered] {
            light.sync().await?;
        }
        let member = loaded.county.user(&asks.client.enrolled.user.to_string()).await?.member();
        let lights = [records, asks, metered];
        Ok(Self { size, loaded, lights, meter, member, times: Default::default(), bytes: Vec::new() })
    }

    async fn ask(&mut self, round: u64) -> anyhow::Result<()> {
        let [records, asks, metered] = &mut self.lights;
        visit(records, NEW, &mut Dice(round));
        records.sync().await?;
        let (time, report) = timed_async(asks.sync()).await?;
        anyhow::ensure!(report.received as usize == 2 * NEW, "{report:?}");
        self.times[0].push(ms(time));
        self.times[1].push(ms(timed_async(asks.doubt()).await?.0));
        let database = self.loaded.county.database();
        let (time, page) = timed_async(database.people(self.member.clone(), None, 100)).await?;
        anyhow::ensure!(page.len() == PEOPLE, "{} people", page.len());
        self.times[2].push(ms(time));
        self.meter.take();
        metered.sync().await?;
        self.bytes.push(self.meter.take().bytes as f64);
        Ok(())
    }

    fn medians(&mut self) -> [f64; 4] {
        let [sync, digest, caseload] = &mut self.times;
        [median(sync), median(digest), median(caseload), median(&mut self.bytes)]
    }
}
