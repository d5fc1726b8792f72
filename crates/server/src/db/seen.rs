//! What a supervisor is shown of devices and of work that was handed over.

use super::{DeviceRow, MemberRow};
use domain::caseload::Member;
use domain::policy::{self, Action, Nearness, Object};
use sync::wire::DeviceSeen;

/// How much of what was handed over and waits for a look a supervisor is shown.
pub(super) const WAITING: u32 = 200;
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
