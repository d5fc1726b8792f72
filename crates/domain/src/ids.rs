//! Identifiers: UUIDv7, one newtype for each kind of thing, so that they cannot be mixed up.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts by `now` (milliseconds since 1970); the caller passes time and randomness in.
            pub fn new(now: crate::Millis, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.0.max(0) as u64, &random).into_uuid())
            }

            /// The sixteen bytes, as they are stored.
            pub fn bytes(&self) -> [u8; 16] {
                *self.0.as_bytes()
            }

            /// From the sixteen stored bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One change. A `create` gives its record the change's own id.
    ChangeId
);
id!(
    /// One record of any kind.
    RecordId
);
id!(
    /// A person the team serves; equal to the id of their `person` record.
    PersonId
);
id!(
    /// Somebody who uses Porchlight; equal to the id of their `staff` record.
    UserId
);
id!(
    /// A team; equal to the id of its `team` record.
    TeamId
);
id!(
    /// One installation of the app.
    DeviceId
);
id!(
    /// One county: a tenant of a server.
    CountyId
);

impl From<ChangeId> for RecordId {
    fn from(id: ChangeId) -> Self {
        Self(id.0)
    }
}
impl From<PersonId> for RecordId {
    fn from(id: PersonId) -> Self {
        Self(id.0)
    }
}
impl From<RecordId> for PersonId {
    fn from(id: RecordId) -> Self {
        Self(id.0)
    }
}
impl From<UserId> for RecordId {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}
impl From<RecordId> for UserId {
    fn from(id: RecordId) -> Self {
        Self(id.0)
    }
}
impl From<TeamId> for RecordId {
    fn from(id: TeamId) -> Self {
        Self(id.0)
    }
}

/// The author of changes that no person made: imports and administration.
pub const SYSTEM_USER: UserId = UserId(Uuid::from_u128(1));
/// The device of changes made at the county itself.
pub const COUNTY_DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));
