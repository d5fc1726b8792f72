//! What a supervisor is shown of devices and of work that was handed over.

use super::{DeviceRow, MemberRow};
use domain::caseload::Member;
use domain::policy::{self, Action, Nearness, Object};
use domain::{ChangeId, DeviceId, PersonId, UserId};
use sync::wire::DeviceSeen;

/// How much of what was handed over and waits for a look a supervisor is shown …
const WAITING: usize = 200;
/// … and how many bytes of it, with what was taken care of: it is one line, in every sync of theirs. One piece is shown
/// in any case.
const SHOWN_BYTES: i64 = 2 * 1024 * 1024;
/// How much of what was taken care of.
pub(super) const SETTLED: u32 = 20;

/// Of all devices, those that a member may know of, as last heard of; `None` when they may see only their own.
pub(super) fn devices(member: &Member, all: Vec<(DeviceRow, MemberRow)>) -> Option<Vec<DeviceSeen>> {
    if !sees_devices(member) {
        return None;
    }
    let seen = all.into_iter().filter(|(device, owner)| {
        let team = member.team.is_some() && owner.team == member.team;
        let near = Nearness { team, mine: owner.user == member.user, ..Nearness::default() };
        device.revoked_at.is_none() && policy::allows(&member.role, Action::Read, Object::Device, near)
    });
    let row = |(device, _): (DeviceRow, MemberRow)| DeviceSeen {
        user: device.user,
        device: device.device,
        name: device.name,
        last_contact: device.last_contact,
        unsent: device.unsent,
        app: device.app,
        clock_offset: device.clock_offset,
    };
    Some(seen.map(row).collect())
}

/// Whether a member may see the devices of their team.
pub(super) fn sees_devices(member: &Member) -> bool {
    let team = Nearness { team: true, ..Nearness::default() };
    policy::allows(&member.role, Action::Read, Object::Device, team)
}

/// A piece of work in quarantine, without the work itself.
pub(super) struct Piece {
    pub(super) device: DeviceId,
    pub(super) id: ChangeId,
    pub(super) person: PersonId,
    pub(super) author: UserId,
    /// Of its body.
    pub(super) bytes: i64,
}

/// Of what waits, oldest first, and what was taken care of, that which goes into a line.
pub(super) fn fits(waiting: &[Piece], settled: &[Piece]) -> Vec<(DeviceId, ChangeId)> {
    let mut bytes = 0;
    let fits = waiting.iter().take(WAITING).chain(settled).take_while(|piece| {
        let first = bytes == 0;
        bytes += piece.bytes;
        first || bytes <= SHOWN_BYTES
    });
    fits.map(|piece| (piece.device, piece.id)).collect()
}
