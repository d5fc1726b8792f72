//! One method per thing a worker can do, the same behind every door: Tauri commands, the loopback bridge, Rust tests.
//!
//! - [`command`]: everything that can be asked; [`views`]: everything that is answered; [`error`]: the one error
//! - [`typescript`]: the same types for the screens

pub mod command;
pub mod error;
pub mod typescript;
pub mod views;

pub use command::Command;
pub use error::Error;
