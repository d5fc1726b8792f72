//! Whose people are whose.
//!
//! The assignment of a person's case decides: its lead and partner, and the supervisors of its team. A reader may
//! then see, of that person, the objects that the policy table grants to their role.

use crate::codes::Role;
use crate::policy::{self, Nearness};
use crate::records::{Assignment, Case};
use crate::{TeamId, UserId};

/// A member of the county, as the question "is this person theirs?" needs them.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they do.
    pub role: Role,
    /// Their team, if any.
    pub team: Option<TeamId>,
}

/// Who carries one case of a person: what decides whose caseload they are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The team that serves the person.
    pub team: Option<TeamId>,
    /// The worker who leads.
    pub lead: Option<UserId>,
    /// The worker who goes along.
    pub partner: Option<UserId>,
}

impl Carried {
    /// A case that nobody has assigned yet is carried by the team whose list it joined.
    pub fn by(case: &Case, assignment: Option<&Assignment>) -> Self {
        match assignment {
            Some(a) => Self { team: a.team.or(case.team), lead: a.lead, partner: a.partner },
            None => Self { team: case.team, ..Self::default() },
        }
    }
}

impl Member {
    /// How this member stands to a person whose cases are carried like this (usually one).
    pub fn nearness<'a>(&self, cases: impl IntoIterator<Item = &'a Carried>) -> Nearness {
        let mut near = Nearness::default();
        for case in cases {
            near.own |= [case.lead, case.partner].contains(&Some(self.user));
            near.team |= self.team.is_some() && case.team == self.team;
        }
        near
    }

    /// The objects of a person that this member may see; none when the person is not in their caseload.
    ///
    /// Being in the same team is not enough for a worker: only a supervisor's caseload is the whole team's. The
    /// agency-wide grant of safety alerts does not by itself put a person into a caseload either.
    pub fn sees(&self, near: Nearness) -> u32 {
        let theirs = match self.role {
            Role::PeerSupport | Role::Ems | Role::Clinician => near.own,
            Role::Supervisor => near.team,
            _ => false,
        };
        if theirs { policy::readable(&self.role, near) & PERSON_OBJECTS } else { 0 }
    }
}

/// The objects that records of a person belong to.
pub const PERSON_OBJECTS: u32 = {
    use policy::Object::*;
    let all = [
        PersonIdentity,
        Address,
        Case,
        ReviewMark,
        SafetyAlert,
        OverdoseEvent,
        Visit,
        PeerNote,
        Part2,
        Consent,
        Assignment,
    ];
    let mut set = 0;
    let mut i = 0;
    while i < all.len() {
        set |= 1 << all[i] as u8;
        i += 1;
    }
    set
};
