//! Keys, key slots, sealed tokens and signatures: everything in Porchlight that touches a secret byte.
//!
//! The room is pure: no disk, no network, no clock; times are passed in, and the only thing taken from outside is
//! the operating system's randomness. Secrets go in, keys stay inside: what leaves is a derived key for one named
//! purpose, a sealed text or a signature. Secret types wipe themselves when dropped and print nothing of
//! themselves.
//!
//! A vault opens like this: the worker's [`passphrase`] goes through [`kdf`] (Argon2id, then mixed with the device
//! secret), which opens a key slot ([`slots`]), which holds the vault's data key ([`vault_key`]), which becomes
//! SQLCipher's raw key. [`throttle`] counts wrong passphrases.
//!
//! Towards the county: [`device_key`] signs requests ([`proof`]) and is enrolled with a one-time code
//! ([`codes`]); [`county`] holds the server's master secret;
//! [`archive`] seals its backups; [`sealed`] closes what only the county may open; [`spki`] is the certificate pin;
//! [`digest`] is the sum by which two sides see that they hold the same changes; [`frame`] signs what the county kept
//! and delivered.
//!
//! Formats that are stored or sent are promises: `tests/vectors` must pass for ever. What is authenticated is
//! always a transcript: a domain string and length-prefixed fields.

pub mod archive;
pub mod codes;
pub mod county;
pub mod device_key;
pub mod digest;
mod encoding;
mod error;
pub mod frame;
pub mod kdf;
pub mod passphrase;
pub mod proof;
pub mod sealed;
pub mod secret;
pub mod signature;
pub mod slots;
pub mod spki;
pub mod throttle;
mod transcript;
pub mod vault_key;

pub use error::{CodeProblem, Forged, Malformed, PassphraseProblem, SlotError};
