//! What was refused to somebody who may not.
//!
//! The same refusal is one entry an hour, which says how often: whoever goes on asking fills nothing.

use crate::decide::{Author, Decided};
use crypto::proof::body_digest;
use domain::time::HOUR;
use domain::{ChangeId, DeviceId, Millis, UserId};
use uuid::Uuid;

/// The door of a change in a page.
const PUSH: &str = "push";
/// The codes of refusals that are about who asks, and not about what they sent.
const MAY_NOT: [&str; 3] = ["not_allowed", "not_found", "not_yours"];

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// When, the first time in that hour.
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
    /// How often in that hour.
    pub tries: i64,
}

impl AuditRow {
    /// The key of the entry: the same for the same refusal within an hour.
    pub(super) fn key(&self) -> Uuid {
        let hour = Millis(self.at.0.div_euclid(HOUR) * HOUR);
        let what = (self.device, &self.door, &self.code, self.subject);
        let digest = body_digest(format!("{what:?}").as_bytes());
        let mut short = [0; 10];
        short.copy_from_slice(&digest[..10]);
        ChangeId::new(hour, short).0
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
        tries: 1,
    };
    may_not.map(row).collect()
}
