//! The county server, as devices and administration meet it: real TLS on loopback, a real encrypted database.

mod client;
mod imports;
mod model;
mod policy;
mod proofs;
mod pushes;
mod syncs;
mod told;
mod town;
