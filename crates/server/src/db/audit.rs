//! What was refused to somebody who may not.

use crate::decide::{Author, Decided};
use domain::{ChangeId, DeviceId, Millis, UserId};
use uuid::Uuid;

/// The door of a change in a page.
const PUSH: &str = "push";
/// The codes of refusals that are about who asks, and not about what they sent.
const MAY_NOT: [&str; 3] = ["not_allowed", "not_found", "not_yours"];

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// When.
    pub at: Millis,
    /// To which device.
    pub device: DeviceId,
    /// Whose that is.
    pub user: UserId,
    /// Where: a route such as `/v1/people/{person}`, or `push` for a change in a page.
    pub door: String,
    /// Why: a stable code.
    pub code: String,
    /// What it was about: a person, a device, a change.
    pub subject: Option<Uuid>,
}

impl AuditRow {
    /// The key of an entry of this moment.
    pub(super) fn key(&self) -> Uuid {
        ChangeId::new(self.at, crypto::secret::random_bytes()).0
    }
}

/// What was refused in a page for the first time.
pub(super) fn of_page(author: &Author, received: Millis, decided: &Decided) -> Vec<AuditRow> {
    let Author::Device { member, device } = author else { return Vec::new() };
    let may_not = decided
        .refused
        .iter()
        .filter(|(id, refusal)| MAY_NOT.contains(&refusal.code.as_str()) && !decided.repeated.contains(id));
    let row = |(id, refusal): (&ChangeId, &domain::validate::Refusal)| AuditRow {
        at: received,
        device: *device,
        user: member.user,
        door: PUSH.to_owned(),
        code: refusal.code.clone(),
        subject: Some(id.0),
    };
    may_not.map(row).collect()
}
