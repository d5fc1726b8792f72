//! Work that could not be applied: handed over to the county, and taken care of there.

use domain::{ChangeId, DeviceId, Millis, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Work in the county's quarantine that is taken care of. Who and when, the county notes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The id of the work: [`HandedOver::id`].
    pub id: ChangeId,
    /// The device that it came from: [`HandedOver::device`]. Ids are made on devices, and one that lies may use
    /// another's.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// Work that goes to the county's quarantine, where the supervisor sees it.
#[derive(Clone, Serialize, Deserialize)]
pub struct HandOver {
    /// Its id on the device: the change's, or one made for the draft.
    pub id: ChangeId,
    /// The person it is about.
    pub person: PersonId,
    /// `refused` or `draft`.
    pub what: HandOverKind,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The work itself.
    pub body: Box<RawValue>,
}

/// What kind of work is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverKind {
    /// A change that the county refused.
    Refused,
    /// Something begun and not finished.
    Draft,
}

impl std::fmt::Debug for HandOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HandOver({} {:?})", self.id, self.what)
    }
}

/// Work in the county's quarantine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Its id.
    pub id: ChangeId,
    /// The device that it came from; none from a county of before it was said.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The person it is about.
    pub person: PersonId,
    /// Whose work it was.
    pub author: domain::UserId,
    /// What it is.
    pub what: HandOverKind,
    /// When it came.
    pub received: Millis,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The work itself: the change, or the form's own state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// Once it is taken care of: by whom, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// Who took care of something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Who.
    pub by: domain::UserId,
    /// When the county heard of it.
    pub at: Millis,
}

impl std::fmt::Debug for HandedOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HandedOver({} {:?})", self.id, self.what)
    }
}
