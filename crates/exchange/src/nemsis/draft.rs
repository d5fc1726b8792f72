//! A report as intake needs it. Everything here but codes and times is personal data: nothing prints it.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;

use super::codes::*;

/// One valid report. Missing values are `None`: not recorded, not reported and refused are the same here.
#[derive(Clone, PartialEq, Serialize)]
pub struct ReportDraft {
    /// Where the report starts in the file; not part of its content.
    #[serde(skip)]
    pub line: u64,
    /// `PatientCareReport/@UUID`, in lower case: stays the same when the report is sent again.
    pub id: String,
    /// eRecord.01: the agency's own number of the report.
    pub number: String,
    /// Whose report it is.
    pub agency: Agency,
    /// eResponse.02: what that agency is called.
    pub agency_name: Option<String>,
    /// eResponse.03: shared by all units of one incident.
    pub incident_number: Option<String>,
    /// eResponse.04: this unit's response.
    pub response_number: Option<String>,
    /// eResponse.05.
    pub service: ServiceType,
    /// eDispatch.01.
    pub dispatch: Option<DispatchComplaint>,
    /// eTimes.
    pub times: Times,
    /// ePatient, without the address.
    pub person: PersonDraft,
    /// ePatient.05–.09: where the person lives, as far as the report says.
    pub home: HomeAddress,
    /// eScene: where it happened. Not the person's home, unless it says so.
    pub scene: ScenePlace,
    /// eMedications, in the order of the report.
    pub medications: Vec<Medication>,
    /// What the medications say about naloxone.
    pub naloxone: Naloxone,
    /// eSituation.04: complaints in words.
    pub complaints: Vec<String>,
    /// eSituation.09–.12.
    pub findings: Vec<Finding>,
    /// eSituation.13.
    pub initial_acuity: Option<InitialAcuity>,
    /// eArrest, as far as it tells of a death.
    pub arrest: Arrest,
    /// eDisposition.
    pub disposition: Disposition,
    /// eProtocols.01.
    pub protocols: Vec<Protocol>,
    /// eHistory.
    pub history: History,
    /// eNarrative.01: free text, the most personal part of a report.
    pub narrative: Option<String>,
}

impl fmt::Debug for ReportDraft {
    /// Only where it stood: a report must not end in a log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReportDraft").field("line", &self.line).finish_non_exhaustive()
    }
}

/// DemographicGroup: the EMS agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agency {
    /// dAgency.01: unique in the state.
    pub id: String,
    /// dAgency.02: the number that incidents are compared by.
    pub number: String,
    /// dAgency.04: state, two FIPS digits.
    pub state: String,
}

/// eTimes, with the offset that the report gave.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Times {
    /// eTimes.01: the call reached the dispatch centre.
    pub call: Option<DateTime<FixedOffset>>,
    /// eTimes.03: the unit was notified. The only one that every report has.
    pub notified: DateTime<FixedOffset>,
    /// eTimes.06.
    pub on_scene: Option<DateTime<FixedOffset>>,
    /// eTimes.07.
    pub at_patient: Option<DateTime<FixedOffset>>,
    /// eTimes.09.
    pub left_scene: Option<DateTime<FixedOffset>>,
    /// eTimes.11.
    pub at_destination: Option<DateTime<FixedOffset>>,
}

impl Times {
    /// When the overdose is taken to have happened, from which the outreach clock runs: the call, else
    /// the notification of the unit.
    #[must_use]
    pub fn overdose(&self) -> DateTime<FixedOffset> {
        self.call.unwrap_or(self.notified)
    }
}

/// Who it was, as far as known at the scene.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonDraft {
    /// ePatient.03.
    pub first_name: Option<String>,
    /// ePatient.04.
    pub middle_name: Option<String>,
    /// ePatient.02.
    pub last_name: Option<String>,
    /// ePatient.23, such as `Jr.`
    pub suffix: Option<String>,
    /// ePatient.17.
    pub birth_date: Option<NaiveDate>,
    /// ePatient.15/.16.
    pub age: Option<Age>,
    /// ePatient.25.
    pub sex: Option<Sex>,
    /// ePatient.24: ISO 639-2, preferred first.
    pub languages: Vec<String>,
    /// ePatient.22.
    pub residence: Option<AlternateResidence>,
    /// ePatient.18.
    pub phones: Vec<Phone>,
}

/// An age at the time of the call.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Age {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: AgeUnit,
    /// Marked as a guess (PN 8801029).
    pub approximate: bool,
}

impl Age {
    /// Whole years.
    #[must_use]
    pub fn years(self) -> u32 {
        match self.unit {
            AgeUnit::Years => self.count,
            AgeUnit::Months => self.count / 12,
            _ => 0,
        }
    }
}

/// A phone number, as written: `919-555-0123` or international.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// As in the report.
    pub number: String,
    /// What it is, if said.
    pub kind: Option<PhoneType>,
}

/// Where the person lives. The city is a code that only a gazetteer turns into a name.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct HomeAddress {
    /// ePatient.05.
    pub street: Option<String>,
    /// Second line of it.
    pub street2: Option<String>,
    /// ePatient.06: GNIS feature code.
    pub city_code: Option<String>,
    /// ePatient.07: five FIPS digits.
    pub county_code: Option<String>,
    /// ePatient.08: two FIPS digits.
    pub state_code: Option<String>,
    /// ePatient.09.
    pub zip: Option<String>,
}

/// Where it happened.
#[derive(Clone, PartialEq, Serialize)]
pub struct ScenePlace {
    /// eScene.13.
    pub facility: Option<String>,
    /// eScene.15.
    pub street: Option<String>,
    /// Second line of it.
    pub street2: Option<String>,
    /// eScene.16: apartment, suite, room.
    pub apartment: Option<String>,
    /// eScene.17: GNIS feature code.
    pub city_code: Option<String>,
    /// eScene.18: two FIPS digits.
    pub state_code: Option<String>,
    /// eScene.19.
    pub zip: Option<String>,
    /// eScene.20: cross street or directions.
    pub directions: Option<String>,
    /// eScene.21: five FIPS digits.
    pub county_code: Option<String>,
    /// eScene.11.
    pub position: Option<GeoPosition>,
    /// eScene.09: ICD-10-CM Y92.
    pub place_type: Option<String>,
    /// eScene.08 = 2708009: sorted as dead where many were hurt.
    pub triaged_dead: bool,
}

/// Degrees, north and east positive.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub struct GeoPosition {
    /// −90 to 90.
    pub latitude: f64,
    /// −180 to 180.
    pub longitude: f64,
}

/// One entry of eMedications.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Medication {
    /// eMedications.01.
    pub at: Option<DateTime<FixedOffset>>,
    /// eMedications.02: given before this unit took over.
    pub before_unit: Option<bool>,
    /// eMedications.03: RxNorm unless `snomed`; none if not recorded.
    pub code: Option<String>,
    /// The code is SNOMED CT.
    pub snomed: bool,
    /// Pertinent Negative of eMedications.03: named here because it was *not* given.
    pub not_given: Option<u32>,
    /// eMedications.04.
    pub route: Option<Route>,
    /// eMedications.05, as written.
    pub dose: Option<String>,
    /// eMedications.06.
    pub unit: Option<DoseUnit>,
    /// eMedications.07.
    pub response: Option<MedicationResponse>,
    /// eMedications.10.
    pub giver: Option<GiverRole>,
}

/// Yes, no, or nobody wrote it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Known {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not recorded.
    Unknown,
}

/// Naloxone over all entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Naloxone {
    /// Whether any was given, by anybody.
    pub given: Known,
    /// Entries in which it was given: doses, not milligrams.
    pub doses: u32,
    /// Micrograms in all, if every dose says its amount in g, mg or mcg.
    pub micrograms: Option<u64>,
    /// The best response to any dose.
    pub response: Option<MedicationResponse>,
    /// Some of it before this unit took over.
    pub before_unit: bool,
    /// Who gave it, each role once.
    pub givers: Vec<GiverRole>,
}

/// Which element a finding stood in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FindingKind {
    /// eSituation.09.
    PrimarySymptom,
    /// eSituation.10.
    OtherSymptom,
    /// eSituation.11.
    PrimaryImpression,
    /// eSituation.12.
    SecondaryImpression,
}

/// A symptom or impression.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it stood.
    pub kind: FindingKind,
    /// ICD-10-CM.
    pub code: String,
    /// Marked as *not* present (PN 8801031): the crew looked for it and did not find it.
    pub absent: bool,
}

/// What eArrest says about how it ended; raw codes, see `triage`.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct Arrest {
    /// eArrest.03.
    pub resuscitation: Vec<u32>,
    /// eArrest.12.
    pub circulation: Vec<u32>,
    /// eArrest.16.
    pub stopped_because: Option<u32>,
    /// eArrest.17.
    pub rhythm_at_destination: Vec<u32>,
    /// eArrest.18.
    pub end: Option<u32>,
}

/// How the call ended.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Disposition {
    /// eDisposition.27.
    pub unit: UnitDisposition,
    /// eDisposition.28.
    pub care: Option<CareDisposition>,
    /// eDisposition.30.
    pub transport: Option<Transport>,
    /// eDisposition.31: why the person declined or was released.
    pub release_reasons: Vec<u32>,
    /// eDisposition.19.
    pub acuity: Option<ReleaseAcuity>,
    /// eDisposition.01.
    pub destination_name: Option<String>,
    /// eDisposition.21.
    pub destination: Option<Destination>,
}

/// eHistory, as far as it bears on an overdose.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// eHistory.17.
    pub signs: Vec<SubstanceSign>,
    /// eHistory.08: ICD-10.
    pub conditions: Vec<String>,
}

/// Whether the person can be found with what the report says. About half of real reports lack it: that is
/// a fact to keep, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reachable {
    /// A number that somebody may answer.
    pub phone: bool,
    /// A street address to go to.
    pub address: bool,
}

impl ReportDraft {
    /// See [`Reachable`].
    #[must_use]
    pub fn reachable(&self) -> Reachable {
        Reachable { phone: self.person.phones.iter().any(Phone::usable), address: self.home.usable() }
    }
}

impl Phone {
    /// Not a fax or pager, and not one digit over and over, which crews type into mandatory fields.
    #[must_use]
    pub fn usable(&self) -> bool {
        let mut digits = self.number.bytes().filter(u8::is_ascii_digit);
        let first = digits.next();
        let placeholder = digits.all(|digit| Some(digit) == first);
        !placeholder && !matches!(self.kind, Some(PhoneType::Fax | PhoneType::Pager))
    }
}

/// What crews write in the street of somebody who has none.
const NO_STREET: &[&str] = &[
    "unknown",
    "unk",
    "none",
    "n/a",
    "na",
    "homeless",
    "transient",
    "undomiciled",
    "unhoused",
    "no fixed address",
    "no address",
    "general delivery",
    "refused",
    "not recorded",
];

impl HomeAddress {
    /// A street that is one, and something that says in which town.
    #[must_use]
    pub fn usable(&self) -> bool {
        let street = self.street.as_deref().map(|street| street.trim().to_lowercase()).unwrap_or_default();
        let town = self.zip.is_some() || self.city_code.is_some() || self.county_code.is_some();
        town && street.len() > 2 && !NO_STREET.contains(&street.as_str())
    }

    /// Whether the report says anything at all about where the person lives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
