//! The rows. A letter that is not listed is refused.
//!
//! `o` lead or partner of the case · `s` shift · `t` team · `a` agency · `c` county · `d` de-identified · `m` mine ·
//! `+` readers outside the serving team need consent · `2` a second approver.

use super::{Action, Grant, Object, Scope};
use crate::codes::Role;
use Action::{Amend as U, Assign as A, Create as C, Disclose as X, Read as R, Void as V};

const fn grant(actions: &'static [Action], scope: Scope) -> Grant {
    Grant { actions, scope, consent: false, second: false }
}
const fn with_consent(actions: &'static [Action], scope: Scope) -> Grant {
    Grant { actions, scope, consent: true, second: false }
}
const fn with_second(actions: &'static [Action], scope: Scope) -> Grant {
    Grant { actions, scope, consent: false, second: true }
}

use Scope::{Agency as a, County as c, DeIdentified as d, Mine as m, Own as o, Shift as s, Team as t};

/// The grants of one role on one object.
pub(super) fn grants(role: &Role, object: Object) -> &'static [Grant] {
    match role {
        Role::PeerSupport => peer(object),
        Role::Ems => ems(object),
        Role::Clinician => clinician(object),
        Role::Supervisor => supervisor(object),
        Role::CountyAdmin => county_admin(object),
        Role::Evaluator => evaluator(object),
        Role::Other(_) => &[],
    }
}

fn peer(object: Object) -> &'static [Grant] {
    match object {
        Object::PersonIdentity
        | Object::Address
        | Object::Case
        | Object::SafetyAlert
        | Object::Visit
        | Object::PeerNote => const { &[grant(&[R, C, U], o)] },
        Object::OverdoseEvent => const { &[grant(&[R, C], o)] },
        Object::ReviewMark | Object::Assignment => const { &[grant(&[R], o)] },
        Object::Part2 => const { &[with_consent(&[R, C, U], o)] },
        Object::Consent => const { &[grant(&[R, C, V], o)] },
        Object::AggregateReport => const { &[grant(&[R], o)] },
        Object::IdentifiedExport => const { &[with_consent(&[X], o)] },
        _ => everyone(object),
    }
}

fn ems(object: Object) -> &'static [Grant] {
    match object {
        Object::PersonIdentity => const { &[grant(&[R, C], o), grant(&[R, C], s)] },
        Object::Address | Object::Case | Object::OverdoseEvent | Object::Visit => {
            const { &[grant(&[R, C, U], o), grant(&[R, C, U], s)] }
        }
        Object::SafetyAlert => const { &[grant(&[R, C], a)] },
        Object::ReviewMark => const { &[grant(&[R], o)] },
        Object::Assignment => const { &[grant(&[R], o), grant(&[R], s)] },
        Object::Part2 => const { &[grant(&[C], s)] },
        Object::AggregateReport => const { &[grant(&[R], a)] },
        _ => everyone(object),
    }
}

fn clinician(object: Object) -> &'static [Grant] {
    match object {
        Object::PersonIdentity => const { &[grant(&[R, U], o)] },
        Object::Address | Object::OverdoseEvent | Object::ReviewMark | Object::Assignment => {
            const { &[grant(&[R], o)] }
        }
        Object::Case | Object::Visit => const { &[grant(&[R, C], o)] },
        Object::SafetyAlert => const { &[grant(&[R, C, U], o)] },
        // Consent records do not exist yet; the clinician of the case is within the team that serves the person.
        Object::PeerNote => const { &[with_consent(&[R], o)] },
        Object::Part2 => const { &[with_consent(&[R, C, U], o)] },
        Object::Consent => const { &[grant(&[R, C, V], o)] },
        Object::AggregateReport => const { &[grant(&[R], t)] },
        Object::IdentifiedExport => const { &[with_consent(&[X], o)] },
        _ => everyone(object),
    }
}

fn supervisor(object: Object) -> &'static [Grant] {
    match object {
        Object::PersonIdentity | Object::Case | Object::OverdoseEvent => const { &[grant(&[R, U, V], t)] },
        Object::Address => const { &[grant(&[R, U], t)] },
        Object::ReviewMark => const { &[grant(&[R, C], t)] },
        Object::ConflictChoice => const { &[grant(&[C], t)] },
        Object::SafetyAlert => const { &[grant(&[R, C, U, V], t)] },
        Object::Visit => const { &[grant(&[R, V], t)] },
        Object::PeerNote => const { &[grant(&[R], t)] },
        Object::Part2 => const { &[with_consent(&[R], t)] },
        Object::Consent => const { &[grant(&[R, C, V], t)] },
        Object::Assignment => const { &[grant(&[R, C, U, A], t)] },
        Object::AggregateReport | Object::AuditLog => const { &[grant(&[R], t)] },
        Object::IdentifiedExport => const { &[with_second(&[X], t)] },
        Object::User => const { &[grant(&[C], t)] },
        Object::Device => const { &[grant(&[R, V], t)] },
        Object::RecoveryCode => const { &[with_second(&[A], t)] },
        _ => everyone(object),
    }
}

fn county_admin(object: Object) -> &'static [Grant] {
    match object {
        Object::AggregateReport => const { &[grant(&[R], c), grant(&[R], d)] },
        Object::IdentifiedExport => const { &[grant(&[A], c)] },
        Object::AuditLog => const { &[grant(&[R], c)] },
        Object::User => const { &[grant(&[R, C, U, V], c)] },
        Object::Device => const { &[grant(&[R, C, U, V], c)] },
        Object::RecoveryCode => const { &[with_second(&[A], c)] },
        Object::Backup => const { &[grant(&[R, C], c), with_second(&[A], c)] },
        Object::Configuration => const { &[grant(&[R], c), with_second(&[U], c)] },
        _ => everyone(object),
    }
}

fn evaluator(object: Object) -> &'static [Grant] {
    match object {
        Object::Case | Object::OverdoseEvent | Object::Visit | Object::Part2 => const { &[grant(&[R], d)] },
        Object::AggregateReport => const { &[grant(&[R, X], c), grant(&[R, X], d)] },
        // Reads the configuration and its own device, but cannot report a device lost or ask for a code.
        Object::Device => const { &[grant(&[R], m)] },
        Object::Configuration => const { &[grant(&[R], c)] },
        _ => &[],
    }
}

/// What everybody who works here may do with their own things.
fn everyone(object: Object) -> &'static [Grant] {
    match object {
        Object::Configuration => const { &[grant(&[R], c)] },
        Object::AuditLog => const { &[grant(&[R], m)] },
        Object::Device => const { &[grant(&[R, V], m)] },
        Object::RecoveryCode => const { &[grant(&[C], m)] },
        _ => &[],
    }
}
