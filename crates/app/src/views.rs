//! What the screens see. Plain data, named for the screen that shows it; TypeScript types are generated from here.
//!
//! Moments are milliseconds since 1970; days are `YYYY-MM-DD`; codes are the stable codes of `domain::codes`.

mod device;
mod person;
mod supervisor;
mod work;

pub use device::*;
pub use person::*;
pub use supervisor::*;
pub use work::*;
