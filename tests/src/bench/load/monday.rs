//! Monday morning: everybody comes back within a minute, with the changes of a night to send and to fetch.
//!
//! Each device comes back without a connection and without a session, so that a sync is all of it: the handshake,
//! the challenge, the session, what goes up and what comes down, until both digests agree.

use super::{Duration, Instant, Light, Load, Loaded, each, ms, quantile, visit};
use crate::bench::figures::Figures;
use crate::demo::Dice;

/// Changes that each device sends: two for each visit.
const UP: usize = 20;
/// Changes that wait for each device.
const DOWN: usize = 60;
/// People of each worker.
const PEOPLE: usize = 10;
/// How many devices are made ready at once.
const AT_ONCE: usize = 8;

pub(super) async fn run(loaded: Loaded, load: &Load, figures: &mut Figures) -> anyhow::Result<()> {
    let lights = ready(&loaded, load).await?;
    let count = lights.len();
    let gap = load.minute / count as u32;
    let begun = Instant::now();
    let mut coming = Vec::new();
    for (number, light) in lights.into_iter().enumerate() {
        let at = begun + gap * number as u32;
        coming.push(tokio::spawn(async move { comes_back(light, at.into()).await }));
    }
    let (mut times, mut failed) = (Vec::new(), 0);
    for one in coming {
        match one.await? {
            Ok(time) => times.push(ms(time)),
            Err(error) => {
                eprintln!("a sync failed: {error:#}");
                failed += 1;
            }
        }
    }
    let lasted = begun.elapsed().as_secs_f64();
    let unit = format!(
        "ms for a whole sync of {UP} up and at least {DOWN} down, {count} devices within {:.0} s",
        load.minute.as_secs_f64()
    );
    let base = loaded.base();
    figures.put(
        base.named("monday_p99_ms", "monday_p99_ms_postgres"),
        quantile(&mut times, 0.99),
        &unit,
        times.len(),
    );
    figures.put(
        base.named("monday_p50_ms", "monday_p50_ms_postgres"),
        quantile(&mut times, 0.5),
        &unit,
        times.len(),
    );
    figures.put(
        base.named("monday_lasts_s", "monday_lasts_s_postgres"),
        lasted,
        "s until the last of them was done",
        1,
    );
    figures.put(
        base.named("monday_errors", "monday_errors_postgres"),
        f64::from(failed),
        "syncs that failed",
        count,
    );
    figures.put(
        base.named("monday_server_mib", "monday_server_mib_postgres"),
        loaded.server()?.peak_mb()? * 1e6 / 1_048_576.0,
        "MiB resident",
        1,
    );
    loaded.stop().await
}

/// Devices that hold their worker's people, with changes to send, and for which changes wait.
async fn ready(loaded: &Loaded, load: &Load) -> anyhow::Result<Vec<Light>> {
    let (workers, devices) = load.crew;
    let (mut crews, mut nights) = (Vec::new(), Vec::new());
    for number in 0..workers {
        let mut crew = loaded.worker(number, devices + 1).await?;
        // The night shift's device makes the people, and later what the others will find.
        let mut night = crew.remove(0);
        night.add_people(PEOPLE);
        nights.push(night);
        crews.extend(crew);
    }
    let nights = each(nights, AT_ONCE, async |light| light.sync().await.map(drop)).await?;
    for light in &mut crews {
        let user = light.client.enrolled.user;
        let night = nights.iter().find(|night| night.client.enrolled.user == user);
        light.people = night.map(|night| night.people.clone()).unwrap_or_default();
    }
    let mut crews = each(crews, AT_ONCE, async |light| light.sync().await.map(drop)).await?;
    let mut dice = Dice(1);
    for light in &mut crews {
        visit(light, UP / 2, &mut dice);
        light.client.come_back()?;
    }
    each(nights, AT_ONCE, async |light| {
        visit(light, DOWN / 2, &mut Dice(2));
        light.sync().await.map(drop)
    })
    .await?;
    Ok(crews)
}

async fn comes_back(mut light: Light, at: tokio::time::Instant) -> anyhow::Result<Duration> {
    tokio::time::sleep_until(at).await;
    let begun = Instant::now();
    let report = light.sync().await?;
    let time = begun.elapsed();
    let (up, down) = (report.accepted as usize, report.received as usize);
    anyhow::ensure!(up == UP && down >= DOWN, "{up} up and {down} down");
    Ok(time)
}
