//! The tests of `server`, every one of them, on PostgreSQL; and what only holds there.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_arguments,
    reason = "a helper of a test that fails, fails the test"
)]

mod base;
mod catalogue;
#[path = "../../../../tests/src/cluster.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod cluster;
mod frames;
mod line;
mod listening;
mod moved;
mod order;
mod several;
mod wall;

#[path = "../server/audit.rs"]
mod audit;
#[path = "../server/client.rs"]
mod client;
#[path = "../server/damaged.rs"]
mod damaged;
#[path = "../server/handed.rs"]
mod handed;
#[path = "../server/imports.rs"]
mod imports;
#[path = "../server/keeping.rs"]
mod keeping;
#[path = "../server/limits.rs"]
mod limits;
#[path = "../server/missed.rs"]
mod missed;
#[path = "../server/model.rs"]
mod model;
#[path = "../server/moving.rs"]
mod moving;
#[path = "../server/offers.rs"]
mod offers;
#[path = "../server/outside.rs"]
mod outside;
#[path = "../server/parts.rs"]
mod parts;
#[path = "../server/policy.rs"]
mod policy;
#[path = "../server/proofs.rs"]
mod proofs;
#[path = "../server/pushes.rs"]
mod pushes;
#[path = "../server/restored.rs"]
mod restored;
#[path = "../server/syncs.rs"]
mod syncs;
#[path = "../server/told.rs"]
mod told;
#[path = "../server/town.rs"]
mod town;
#[path = "../server/unsaid.rs"]
mod unsaid;

#[test]
fn nothing_of_the_suite_is_left_out() {
    let here = include_str!("main.rs");
    for line in include_str!("../server/main.rs").lines() {
        assert!(!line.starts_with("mod ") || here.contains(line), "{line}");
    }
}
