//! What the work of a post-overdose response team *is*, with nothing around it: no clock, no disk, no network.
//!
//! - [`ids`], [`time`]: names of things and moments; [`stamp`]: the hybrid logical clock that orders changes
//! - [`codes`]: the field's code lists, open to codes from newer versions
//! - [`records`]: what a record of each kind holds, and the rule of every field
//! - [`change`]: one immutable statement about a record; [`validate`]: what makes one acceptable
//! - [`merge`]: a record is the fold of its changes; conflicts are kept, never resolved in silence
//! - [`policy`]: who may do what to what; [`caseload`]: whose people are whose
//! - [`clock72`]: the first-contact clock and what is due
//!
//! Everything here is a pure function of its arguments, so devices and county reach the same answer.

pub mod caseload;
pub mod change;
pub mod clock72;
pub mod codes;
pub mod ids;
pub mod merge;
pub mod policy;
pub mod records;
pub mod stamp;
pub mod time;
pub mod validate;

pub use change::{Change, FieldChange, Op};
pub use ids::{ChangeId, CountyId, DeviceId, PersonId, RecordId, TeamId, UserId};
pub use merge::{Folded, FoldedField, fold};
pub use records::{Record, RecordKind};
pub use stamp::{HybridClock, Stamp};
pub use time::Millis;
