//! Is this report an opioid overdose, and is the person alive?
//!
//! Three answers, and always a human behind them: the definition finds nine of ten (positive predictive
//! value 91.5 % for the Rhode Island version), not ten of ten.
//!
//! The definition is the one of NEMSIS (27 May 2025), with two differences, both toward a human look:
//! - CSTE drops what was no emergency response. A community paramedic's visit often carries the diagnosis
//!   of an overdose weeks ago, so such reports are *review*, not *meets*; they are not lost either.
//! - A medicine named with a Pertinent Negative was not given, and does not count as given.

mod death;
mod narrative;
mod opioid;

use crate::nemsis::{DispatchComplaint, Finding, Known, MedicationResponse, Protocol, ReportDraft};

pub use death::DeathReason;
pub use opioid::is_opioid_overdose_code;

/// What intake does with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An opioid overdose by the definition: becomes an overdose event.
    Meets,
    /// May be one: a human looks.
    Review,
    /// Nothing points to one.
    No,
}

/// Why. A reason for *review* is told even where the definition is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A symptom or impression is an opioid overdose code.
    OpioidImpression,
    /// Naloxone was given and the person improved.
    NaloxoneImproved,
    /// The definition is met, but the unit was not sent to an emergency.
    NotAnEmergencyResponse,
    /// Naloxone was given, and the person did not improve, or nobody wrote down whether, or it was named
    /// by a code outside the definition.
    NaloxoneGiven,
    /// F19 or T50.9: a drug, not said which.
    UnspecifiedDrug,
    /// An opioid poisoning code outside the definition: adverse effect, later encounter, underdosing.
    OpioidOutsideDefinition,
    /// The opioid overdose protocol was used.
    OpioidProtocol,
    /// The call or the protocol was an overdose, and the scene showed signs of drugs.
    OverdoseCallWithDrugSigns,
    /// The narrative speaks of an overdose.
    NarrativeOverdose,
    /// The narrative speaks of opioids or naloxone together with signs of an overdose.
    NarrativeOpioidSigns,
}

impl Reason {
    /// Stable, snake_case: what programs and screens branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OpioidImpression => "opioid_impression",
            Self::NaloxoneImproved => "naloxone_improved",
            Self::NotAnEmergencyResponse => "not_an_emergency_response",
            Self::NaloxoneGiven => "naloxone_given",
            Self::UnspecifiedDrug => "unspecified_drug",
            Self::OpioidOutsideDefinition => "opioid_outside_definition",
            Self::OpioidProtocol => "opioid_protocol",
            Self::OverdoseCallWithDrugSigns => "overdose_call_with_drug_signs",
            Self::NarrativeOverdose => "narrative_overdose",
            Self::NarrativeOpioidSigns => "narrative_opioid_signs",
        }
    }
}

/// The answer for one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// Overdose or not.
    pub verdict: Verdict,
    /// Why; empty only for [`Verdict::No`].
    pub reasons: Vec<Reason>,
    /// Set if the person died: then nobody is sent, whatever the verdict.
    pub died: Option<DeathReason>,
}

/// Judges one report.
#[must_use]
pub fn triage(report: &ReportDraft) -> Triage {
    let met = definition(report);
    let doubts = doubts(report);
    let emergency = report.service.is_emergency();
    let verdict = match (met.is_empty(), doubts.is_empty()) {
        (false, _) if emergency => Verdict::Meets,
        (true, true) => Verdict::No,
        _ => Verdict::Review,
    };
    let mut reasons = met;
    if !reasons.is_empty() && !emergency {
        reasons.push(Reason::NotAnEmergencyResponse);
    }
    reasons.extend(doubts);
    Triage { verdict, reasons, died: death::death(report) }
}

/// The findings that the crew saw, without those it marked as not present.
fn present(report: &ReportDraft) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| !finding.absent)
}

fn definition(report: &ReportDraft) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if present(report).any(|finding| is_opioid_overdose_code(&finding.code)) {
        reasons.push(Reason::OpioidImpression);
    }
    if naloxone_improved(report) {
        reasons.push(Reason::NaloxoneImproved);
    }
    reasons
}

fn naloxone_improved(report: &ReportDraft) -> bool {
    report.medications.iter().any(|entry| {
        entry.is_naloxone_by_definition() && entry.response == Some(MedicationResponse::Improved)
    })
}

fn doubts(report: &ReportDraft) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if report.naloxone.given == Known::Yes && !naloxone_improved(report) {
        reasons.push(Reason::NaloxoneGiven);
    }
    let codes: Vec<_> = present(report).map(|finding| finding.code.as_str()).collect();
    if codes.iter().any(|code| opioid::is_unspecified_drug(code)) {
        reasons.push(Reason::UnspecifiedDrug);
    }
    if codes.iter().any(|code| opioid::is_opioid_code(code) && !is_opioid_overdose_code(code)) {
        reasons.push(Reason::OpioidOutsideDefinition);
    }
    if report.protocols.contains(&Protocol::OpioidOverdose) {
        reasons.push(Reason::OpioidProtocol);
    }
    let called = report.dispatch == Some(DispatchComplaint::Overdose);
    let treated = report.protocols.contains(&Protocol::Overdose);
    if (called || treated) && report.history.signs.iter().any(|sign| sign.is_drugs()) {
        reasons.push(Reason::OverdoseCallWithDrugSigns);
    }
    let texts = report.narrative.iter().chain(&report.complaints);
    let found = texts.map(|text| narrative::search(text)).fold(narrative::Found::default(), |all, one| {
        narrative::Found {
            overdose: all.overdose || one.overdose,
            opioid_signs: all.opioid_signs || one.opioid_signs,
        }
    });
    if found.overdose {
        reasons.push(Reason::NarrativeOverdose);
    }
    if found.opioid_signs {
        reasons.push(Reason::NarrativeOpioidSigns);
    }
    reasons
}
