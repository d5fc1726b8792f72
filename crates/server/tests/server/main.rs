//! The county server, as devices and administration meet it: real TLS on loopback, a real encrypted database.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_arguments,
    reason = "a helper of a test that fails, fails the test"
)]

mod audit;
mod base;
mod client;
mod damaged;
mod handed;
mod imports;
mod keeping;
mod limits;
mod missed;
mod model;
mod moving;
mod offers;
mod outside;
mod parts;
mod policy;
mod proofs;
mod pushes;
mod restored;
mod syncs;
mod told;
mod town;
mod unsaid;
