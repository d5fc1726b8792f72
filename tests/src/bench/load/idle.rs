//! What a connected device costs that says nothing: an open event line, its TLS session and what the server keeps
//! for it. And how long it takes until every one of them has heard of a change.

use super::{Instant, Light, Load, Loaded, ms};
use crate::bench::figures::Figures;
use reqwest::Response;

/// Devices, each with several lines.
const DEVICES: usize = 50;

pub(super) async fn run(loaded: Loaded, load: &Load, figures: &mut Figures) -> anyhow::Result<()> {
    let devices = DEVICES.min(load.idle);
    let mut lights = loaded.worker(0, devices).await?;
    // Before the first measurement everything has been used once.
    let mut lines = open(&mut lights, devices).await?;
    let before = loaded.server()?.resident_kib()?;
    lines.extend(open(&mut lights, load.idle).await?);
    let each = (loaded.server()?.resident_kib()? - before) / load.idle as f64;
    let base = loaded.base();
    let name = base.named("idle_kib_each", "idle_kib_each_postgres");
    figures.put(name, each, "KiB resident of the server for each open event line", load.idle);
    let name = base.named("idle_devices", "idle_devices_postgres");
    figures.put(name, lines.len() as f64, "event lines open at once in one process", 1);

    let mut hearing = Vec::new();
    for line in lines {
        hearing.push(tokio::spawn(hears(line)));
    }
    let begun = Instant::now();
    // Everybody may read which teams there are.
    loaded.county.add_team("Another").await?;
    let count = hearing.len();
    for heard in hearing {
        heard.await??;
    }
    let unit = "ms from a commit of another process until every line has heard of it";
    let name = base.named("idle_all_heard_ms", "idle_all_heard_ms_postgres");
    figures.put(name, ms(begun.elapsed()), unit, count);
    loaded.stop().await
}

async fn open(lights: &mut [Light], count: usize) -> anyhow::Result<Vec<Response>> {
    let mut lines = Vec::with_capacity(count);
    let devices = lights.len();
    for number in 0..count {
        let line = lights[number % devices].client.answer("GET", "/v1/events", None, b"").await?;
        anyhow::ensure!(line.status() == 200, "line {number}: {}", line.status());
        lines.push(line);
    }
    Ok(lines)
}

async fn hears(mut line: Response) -> anyhow::Result<()> {
    while let Some(bytes) = line.chunk().await? {
        if bytes.windows(7).any(|word| word == b"changed") {
            return Ok(());
        }
    }
    anyhow::bail!("a line ended before it heard")
}
