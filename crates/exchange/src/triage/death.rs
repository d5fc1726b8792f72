//! NEMSIS definition "Patient Death" (27 June 2023), as far as version 3.5 has its elements. Nobody is ever
//! sent to a bereaved family's door without knowing it, so one sign is enough.

use super::present;
use crate::nemsis::{Destination, InitialAcuity, ReleaseAcuity, ReportDraft};

/// The first sign of death found, surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeathReason {
    /// eSituation.13: dead, no resuscitation tried.
    DeadAtFirstSight,
    /// eDisposition.19: dead when EMS left.
    DeadAtRelease,
    /// eArrest.18: died in the field; or in the emergency department, which NEMSIS leaves out though it
    /// is a death all the same.
    DiedInArrest,
    /// eDisposition.21: taken to a morgue.
    Morgue,
    /// R99: unknown cause of mortality.
    MortalityCode,
    /// eScene.08: sorted as dead.
    TriagedDead,
    /// eArrest.03: resuscitation not attempted: futile, or not wanted.
    NotResuscitated,
    /// eArrest.16: resuscitation stopped: not wanted, or obvious death.
    ResuscitationStopped,
    /// eArrest.12: the circulation never came back.
    NoCirculation,
    /// eArrest.17: no effective rhythm at the destination.
    NoRhythm,
}

impl DeathReason {
    /// Stable, snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DeadAtFirstSight => "dead_at_first_sight",
            Self::DeadAtRelease => "dead_at_release",
            Self::DiedInArrest => "died_in_arrest",
            Self::Morgue => "morgue",
            Self::MortalityCode => "mortality_code",
            Self::TriagedDead => "triaged_dead",
            Self::NotResuscitated => "not_resuscitated",
            Self::ResuscitationStopped => "resuscitation_stopped",
            Self::NoCirculation => "no_circulation",
            Self::NoRhythm => "no_rhythm",
        }
    }
}

/// Futile; do-not-resuscitate order.
const NOT_RESUSCITATED: [u32; 2] = [3_003_007, 3_003_009];
/// Do-not-resuscitate order; obvious signs of death.
const STOPPED: [u32; 2] = [3_016_001, 3_016_005];
/// Died in the emergency department; in the field.
const DIED: [u32; 2] = [3_018_001, 3_018_003];
/// No return of circulation.
const NO_CIRCULATION: u32 = 3_012_001;
/// Agonal, asystole, pulseless electrical activity, ventricular fibrillation, pulseless tachycardia.
const NO_RHYTHM: [u32; 5] = [9_901_001, 9_901_003, 9_901_035, 9_901_067, 9_901_071];

pub(super) fn death(report: &ReportDraft) -> Option<DeathReason> {
    let (arrest, disposition) = (&report.arrest, &report.disposition);
    let dead_at_release = [ReleaseAcuity::DeadWithoutResuscitation, ReleaseAcuity::DeadWithResuscitation];
    let signs = [
        (
            report.initial_acuity == Some(InitialAcuity::DeadWithoutResuscitation),
            DeathReason::DeadAtFirstSight,
        ),
        (
            disposition.acuity.is_some_and(|acuity| dead_at_release.contains(&acuity)),
            DeathReason::DeadAtRelease,
        ),
        (arrest.end.is_some_and(|code| DIED.contains(&code)), DeathReason::DiedInArrest),
        (disposition.destination == Some(Destination::Morgue), DeathReason::Morgue),
        (present(report).any(|finding| finding.code == "R99"), DeathReason::MortalityCode),
        (report.scene.triaged_dead, DeathReason::TriagedDead),
        (
            arrest.resuscitation.iter().any(|code| NOT_RESUSCITATED.contains(code)),
            DeathReason::NotResuscitated,
        ),
        (
            arrest.stopped_because.is_some_and(|code| STOPPED.contains(&code)),
            DeathReason::ResuscitationStopped,
        ),
        (arrest.circulation.contains(&NO_CIRCULATION), DeathReason::NoCirculation),
        (arrest.rhythm_at_destination.iter().any(|code| NO_RHYTHM.contains(code)), DeathReason::NoRhythm),
    ];
    signs.into_iter().find(|(seen, _)| *seen).map(|(_, reason)| reason)
}
