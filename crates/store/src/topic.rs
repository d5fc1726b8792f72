//! What a committed transaction made stale.

use domain::PersonId;

/// Something that a screen may be showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Lists of people, and counts over them.
    People,
    /// One person's page. When very many changed at once there is only [`Topic::People`].
    Person(PersonId),
    /// What needs a look.
    Conflicts,
    /// What is unsent, quarantined or arriving, and whether the county agrees.
    Sync,
    /// Drafts.
    Drafts,
    /// Teams, staff, settings.
    County,
}
