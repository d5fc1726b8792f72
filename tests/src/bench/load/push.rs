//! How many changes a second the county keeps durably, pushed by several devices at once.

use super::{Load, Loaded, visit};
use crate::bench::figures::Figures;
use crate::demo::Dice;
use std::time::Instant;

pub(super) async fn run(loaded: Loaded, load: &Load, figures: &mut Figures) -> anyhow::Result<()> {
    let (devices, visits) = load.push;
    let mut lights = Vec::new();
    for number in 0..devices {
        let mut light = loaded.worker(number, 1).await?.remove(0);
        light.add_people(visits.div_ceil(5));
        light.sync().await?;
        visit(&mut light, visits, &mut Dice(number as u64));
        lights.push(light);
    }
    let begun = Instant::now();
    let pushing = lights.into_iter().map(|mut light| tokio::spawn(async move { light.sync().await }));
    let mut accepted = 0;
    for pushed in pushing.collect::<Vec<_>>() {
        accepted += pushed.await??.accepted as usize;
    }
    let seconds = begun.elapsed().as_secs_f64();
    anyhow::ensure!(accepted == 2 * devices * visits, "not all was accepted");
    let unit = format!("changes kept a second, {devices} devices at once, one process");
    let name = loaded.base().named("county_push_per_s", "county_push_per_s_postgres");
    figures.put(name, accepted as f64 / seconds, &unit, accepted);
    loaded.stop().await
}
