//! The encrypted database of a device: what a worker recorded, what the county sent, and everything a screen asks for.
//!
//! [`Vault`] makes, opens and re-wraps a vault; an open one is a [`Store`]. There is one way in: changes.
//! [`Store::write`] takes the worker's, [`LocalSide`] the county's, and both end in the same settling step, which
//! refolds what was touched, makes the rows of lists and search anew and adds up the digests, in the same transaction.
//! The log of changes is the truth; every other table can be made again from it.
//!
//! - [`vault`], [`secrets`]: a folder with one database, the slots that wrap its key, the counter of wrong tries; and
//!   the device secret
//! - `database`, `files`: the opening sequence and migrations; small files that are replaced whole
//! - `store`, `tx`, `write`, `topic`: the connections, one transaction, recording, and who is told; `inline`: the same
//!   in memory, for simulations
//! - `log`, `summary`, `people`, `county`: changes; what lists need of a record; people as lists show them; settings
//! - `kinds`: what an older version did not know
//! - `local`, `held`, `proof`: the device's side of a sync, whom the device holds, and the county's word for it
//! - `read`, `look`, `search`, `notes`, `drafts`: what screens ask for
//!
//! Nothing personal leaves the database: errors and `Debug` carry ids and codes only.

mod around;
mod codec;
mod county;
mod database;
mod drafts;
mod error;
mod files;
mod held;
mod inline;
mod kinds;
mod local;
mod log;
mod look;
mod meta;
mod notes;
mod people;
mod proof;
mod quarantine;
mod read;
mod search;
pub mod secrets;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod topic;
mod tx;
pub mod vault;
mod write;

pub use around::FirstContacts;
pub use drafts::Draft;
pub use error::{StoreError, UnlockError};
pub use inline::Entropy;
pub use local::LocalSide;
pub use log::{ChangeState, Entry};
pub use look::{Conflict, OutboxState, SyncState};
pub use people::{Caseload, Cursor, DueKind, Order, Overdue, Page, PeopleFilter, PersonRow, display_name};
pub use quarantine::{Handed, Quarantined, Rehomed};
pub use read::{PersonBundle, StoredRecord};
pub use search::{Found, NoteHit};
pub use store::Store;
pub use topic::Topic;
pub use vault::{Vault, VaultIds};
pub use write::{Saved, WriteTx};

/// The name under which the county's sealing key is kept (see [`Store::keep`]): 32 bytes. Without it no copies are
/// made.
pub const SEALING_KEY: &str = "sealing_key";
