//! What one report says, as far as the county keeps it: stored with the report, so that the next one can be compared
//! with it and so that an event is always worked out from all reports that speak of it.

use crate::db::ReportRow;
use chrono::{DateTime, FixedOffset, NaiveDate};
use domain::Millis;
use exchange::matching::{IncidentFacts, PatientFacts, content_digest};
use exchange::nemsis::{self, Known, MedicationResponse, ReportDraft};
use exchange::triage::{Triage, Verdict, triage};
use serde::{Deserialize, Serialize};

/// A report, reduced.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) id: String,
    #[serde(skip)]
    pub(super) digest: [u8; 32],
    pub(super) state: String,
    pub(super) agency: String,
    pub(super) agency_name: Option<String>,
    pub(super) incident_number: Option<String>,
    /// When the call came.
    pub(super) called: Millis,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) birth_date: Option<NaiveDate>,
    /// `female`, `male` or `unknown`.
    pub(super) sex: Option<String>,
    /// Whole years, and whether somebody guessed.
    pub(super) age: Option<(u32, bool)>,
    pub(super) age_day: NaiveDate,
    pub(super) language: Option<String>,
    pub(super) homeless: bool,
    pub(super) phones: Vec<(String, Option<String>)>,
    pub(super) phone_usable: bool,
    pub(super) address_usable: bool,
    pub(super) home: super::places::Address,
    pub(super) scene: super::places::Address,
    pub(super) naloxone: Option<bool>,
    pub(super) doses: u32,
    pub(super) response: Option<String>,
    pub(super) transport: Option<String>,
    pub(super) destination: Option<String>,
    /// `meets`, `review` or `no`.
    pub(super) triage: String,
    pub(super) reasons: Vec<String>,
    pub(super) fatal: bool,
}

impl Facts {
    /// From a report.
    pub(super) fn of(draft: &ReportDraft) -> Self {
        let Triage { verdict, reasons, died } = triage(draft);
        let person = &draft.person;
        let overdose = draft.times.overdose();
        let reachable = draft.reachable();
        Self {
            id: draft.id.clone(),
            digest: content_digest(draft).0,
            state: draft.agency.state.clone(),
            agency: draft.agency.number.clone(),
            agency_name: draft.agency_name.clone(),
            incident_number: draft.incident_number.clone(),
            called: Millis(overdose.timestamp_millis()),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            birth_date: person.birth_date,
            sex: person.sex.map(sex),
            age: person.age.map(|age| (age.years(), age.approximate)),
            age_day: overdose.date_naive(),
            language: person.languages.first().map(|code| language(code)),
            homeless: person.residence == Some(nemsis::AlternateResidence::Homeless),
            phones: person
                .phones
                .iter()
                .filter(|phone| phone.usable())
                .map(|phone| (phone.number.clone(), phone.kind.and_then(phone_kind)))
                .collect(),
            phone_usable: reachable.phone,
            address_usable: reachable.address,
            home: super::places::home(&draft.home),
            scene: super::places::scene(&draft.scene),
            naloxone: match draft.naloxone.given {
                Known::Yes => Some(true),
                Known::No => Some(false),
                Known::Unknown => None,
            },
            doses: draft.naloxone.doses,
            response: draft.naloxone.response.and_then(response),
            transport: draft.disposition.transport.map(transport),
            destination: draft.disposition.destination_name.clone(),
            triage: match verdict {
                Verdict::Meets => "meets",
                Verdict::Review => "review",
                Verdict::No => "no",
            }
            .to_owned(),
            reasons: reasons.iter().map(|reason| reason.code().to_owned()).collect(),
            fatal: died.is_some(),
        }
    }

    /// As stored with a report; `None` when a newer version stored it in another form.
    pub(super) fn stored(row: &ReportRow) -> Option<Self> {
        let facts: Self = serde_json::from_str(&row.patient).ok()?;
        Some(Self { digest: row.digest, ..facts })
    }

    /// As stored.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The agency, as reports are found by it.
    pub(super) fn agency_key(&self) -> String {
        format!("{}/{}", self.state.trim(), self.agency.trim()).to_uppercase()
    }

    /// The incident, as reports are found by it.
    pub(super) fn incident_key(&self) -> Option<String> {
        let number = self.incident_number.as_ref().map(|number| number.trim().to_uppercase());
        number.filter(|number| !number.is_empty())
    }

    /// Full name, as people are found by it.
    pub(super) fn full_name(&self) -> Option<String> {
        let (first, last) = (self.first_name.as_ref()?, self.last_name.as_ref()?);
        Some(crate::caseload::full_name(first, last))
    }

    /// Whether it may be an overdose at all.
    pub(super) fn is_overdose(&self) -> bool {
        self.triage != "no"
    }

    /// Whether a human has to look.
    pub(super) fn needs_look(&self) -> bool {
        self.triage == "review"
    }

    /// What tells its incident.
    pub(super) fn incident(&self) -> IncidentFacts {
        let agency =
            nemsis::Agency { id: String::new(), number: self.agency.clone(), state: self.state.clone() };
        let at: DateTime<FixedOffset> = self.called.utc().fixed_offset();
        IncidentFacts::new(&agency, self.incident_number.as_deref(), at)
    }

    /// What tells its patient.
    pub(super) fn patient(&self) -> PatientFacts {
        PatientFacts {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            birth_date: self.birth_date,
            sex: self.sex.as_deref().and_then(|sex| match sex {
                "female" => Some(nemsis::Sex::Female),
                "male" => Some(nemsis::Sex::Male),
                _ => None,
            }),
            age: self.age.filter(|(_, guessed)| !guessed).map(|(years, _)| (years, self.age_day)),
        }
    }
}

fn sex(sex: nemsis::Sex) -> String {
    match sex {
        nemsis::Sex::Female => "female",
        nemsis::Sex::Male => "male",
        _ => "unknown",
    }
    .to_owned()
}

fn phone_kind(kind: nemsis::PhoneType) -> Option<String> {
    let code = match kind {
        nemsis::PhoneType::Home => "home",
        nemsis::PhoneType::Mobile => "mobile",
        nemsis::PhoneType::Work => "work",
        _ => return None,
    };
    Some(code.to_owned())
}

fn response(response: MedicationResponse) -> Option<String> {
    let code = match response {
        MedicationResponse::Improved => "improved",
        MedicationResponse::Unchanged => "unchanged",
        MedicationResponse::Worse => "worse",
        MedicationResponse::Other(_) => return None,
    };
    Some(code.to_owned())
}

fn transport(transport: nemsis::Transport) -> String {
    match transport {
        taken if taken.transported() => "transported",
        nemsis::Transport::Declined => "declined",
        nemsis::Transport::None => "none",
        _ => "unknown",
    }
    .to_owned()
}

/// ISO 639-2 to BCP 47, for the languages that have a shorter tag and are common in reports.
fn language(code: &str) -> String {
    let lower = code.to_lowercase();
    let pairs = [
        ("eng", "en"),
        ("spa", "es"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("por", "pt"),
        ("vie", "vi"),
        ("zho", "zh"),
        ("chi", "zh"),
        ("rus", "ru"),
        ("ara", "ar"),
        ("kor", "ko"),
        ("hat", "ht"),
        ("deu", "de"),
        ("ger", "de"),
    ];
    pairs.iter().find(|(long, _)| *long == lower).map_or(lower, |(_, short)| (*short).to_owned())
}
