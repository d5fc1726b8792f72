//! Lists, pages and search in the store, at the 95th percentile.

use super::device::Device;
use super::{content, ms, quantile, timed};
use crate::demo::Dice;
use domain::PersonId;
use serde::{Deserialize, Serialize};
use store::{Order, PeopleFilter, StoreError};

/// As many rows as a screen asks for.
const PAGE: usize = 50;
/// As many hits as a screen asks for.
const HITS: usize = 20;

/// 95th percentiles, in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reads {
    /// A page of the caseload, in any order, from any place in it.
    pub list_p95: f64,
    /// Everything about one person.
    pub person_p95: f64,
    /// A search, at any letter of what is being typed.
    pub search_p95: f64,
}

impl Device {
    /// Reads as screens do, each `runs` times.
    ///
    /// # Errors
    /// The store's; and reads that find nothing, which would measure nothing.
    pub fn reads(&self, runs: usize) -> anyhow::Result<Reads> {
        let mut dice = Dice(95);
        let (mut list, mut people) = (Vec::new(), Vec::new());
        for round in 0..runs.div_ceil(12) {
            for order in [Order::Due, Order::Name, Order::LastContact] {
                self.leaf_through(order, round, &mut list, &mut people)?;
            }
        }
        anyhow::ensure!(!people.is_empty(), "nobody is on the list");
        let mut person = Vec::new();
        for _ in 0..runs {
            let who = *dice.pick(&people);
            person.push(ms(timed(|| self.store.person(who))?));
        }
        let (mut search, mut found) = (Vec::new(), 0);
        for _ in 0..runs {
            let text = content::typed(&mut dice);
            search.push(ms(timed(|| {
                found += self.store.search(&text, HITS)?.people.len();
                Ok::<_, StoreError>(())
            })?));
        }
        anyhow::ensure!(found > 0, "nobody was found");
        Ok(Reads {
            list_p95: quantile(&mut list, 0.95),
            person_p95: quantile(&mut person, 0.95),
            search_p95: quantile(&mut search, 0.95),
        })
    }

    /// Four pages in a row; in turns of everybody, of open cases and of those of one worker.
    fn leaf_through(
        &self,
        order: Order,
        round: usize,
        times: &mut Vec<f64>,
        seen: &mut Vec<PersonId>,
    ) -> anyhow::Result<()> {
        let worker = self.store.staff()?.get(round).map(|(user, _)| *user);
        let filter = match round % 3 {
            0 => PeopleFilter::default(),
            1 => PeopleFilter { open: Some(true), ..PeopleFilter::default() },
            _ => PeopleFilter { open: Some(true), worker, ..PeopleFilter::default() },
        };
        let mut after = None;
        for _ in 0..4 {
            let mut page = None;
            times.push(ms(timed(|| {
                page = Some(self.store.person_list(&filter, order, after.as_ref(), PAGE)?);
                Ok::<_, StoreError>(())
            })?));
            let Some(page) = page else { break };
            seen.extend(page.rows.iter().map(|row| row.person));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }
}
