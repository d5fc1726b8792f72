//! From the checked tree to the draft.

use chrono::{DateTime, FixedOffset};

use super::build::Node;
use super::codes::*;
use super::draft::*;
use super::value;

/// RxNorm codes of naloxone in the NEMSIS definition of an opioid overdose.
pub(super) const NALOXONE_RXNORM: [&str; 3] = ["7242", "203192", "197117"];
/// Naloxone (substance) in SNOMED CT, which eMedications.03 allows beside RxNorm.
const NALOXONE_SNOMED: &str = "372890007";

impl Node {
    /// Every element of a name below this one, in the order of the file.
    fn all<'n>(&'n self, name: &str) -> Vec<&'n Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.row.name == name {
                found.push(child);
            } else {
                found.extend(child.all(name));
            }
        }
        found
    }

    /// The values of an element; nil ones have none.
    fn values<'n>(&'n self, name: &str) -> Vec<&'n str> {
        self.all(name).into_iter().map(|node| node.text.trim()).filter(|text| !text.is_empty()).collect()
    }

    fn value<'n>(&'n self, name: &str) -> Option<&'n str> {
        self.values(name).into_iter().next()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(str::to_owned)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.values(name).into_iter().map(str::to_owned).collect()
    }

    fn code<T: From<u32>>(&self, name: &str) -> Option<T> {
        self.codes(name).into_iter().next()
    }

    fn codes<T: From<u32>>(&self, name: &str) -> Vec<T> {
        self.values(name).into_iter().filter_map(|text| text.parse::<u32>().ok()).map(T::from).collect()
    }

    fn time(&self, name: &str) -> Option<DateTime<FixedOffset>> {
        self.value(name).and_then(value::date_time)
    }
}

pub(super) fn agency(group: &Node) -> Agency {
    let text = |name| group.text(name).unwrap_or_default();
    Agency { id: text("dAgency.01"), number: text("dAgency.02"), state: text("dAgency.04") }
}

pub(super) fn report(report: &Node, agency: &Agency) -> ReportDraft {
    let groups = report.all("eMedications.MedicationGroup");
    let unrecorded = groups.iter().any(|group| medicine_unrecorded(group));
    let medications: Vec<_> = groups.into_iter().map(medication).collect();
    let naloxone = naloxone(&medications, unrecorded);
    ReportDraft {
        line: report.at.line,
        id: report.attribute("UUID").unwrap_or_default().to_lowercase(),
        number: report.text("eRecord.01").unwrap_or_default(),
        agency: agency.clone(),
        agency_name: report.text("eResponse.02"),
        incident_number: report.text("eResponse.03"),
        response_number: report.text("eResponse.04"),
        service: report.code("eResponse.05").unwrap_or(ServiceType::Other(0)),
        dispatch: report.code("eDispatch.01"),
        times: times(report),
        person: person(report),
        home: home(report),
        scene: scene(report),
        medications,
        naloxone,
        complaints: report.texts("eSituation.04"),
        findings: findings(report),
        initial_acuity: report.code("eSituation.13"),
        arrest: Arrest {
            resuscitation: report.codes("eArrest.03"),
            circulation: report.codes("eArrest.12"),
            stopped_because: report.code("eArrest.16"),
            rhythm_at_destination: report.codes("eArrest.17"),
            end: report.code("eArrest.18"),
        },
        disposition: Disposition {
            unit: report.code("eDisposition.27").unwrap_or(UnitDisposition::Other(0)),
            care: report.code("eDisposition.28"),
            transport: report.code("eDisposition.30"),
            release_reasons: report.codes("eDisposition.31"),
            acuity: report.code("eDisposition.19"),
            destination_name: report.text("eDisposition.01"),
            destination: report.code("eDisposition.21"),
        },
        protocols: report.codes("eProtocols.01"),
        history: History { signs: report.codes("eHistory.17"), conditions: report.texts("eHistory.08") },
        narrative: report.text("eNarrative.01"),
    }
}

fn times(report: &Node) -> Times {
    Times {
        call: report.time("eTimes.01"),
        // The table has made sure of eTimes.03: it is required and never nil.
        notified: report.time("eTimes.03").unwrap_or_default(),
        on_scene: report.time("eTimes.06"),
        at_patient: report.time("eTimes.07"),
        left_scene: report.time("eTimes.09"),
        at_destination: report.time("eTimes.11"),
    }
}

fn person(report: &Node) -> PersonDraft {
    let age = report.all("ePatient.15").into_iter().next();
    let phone = |node: &Node| Phone {
        number: node.text.trim().to_owned(),
        kind: node.attribute("PhoneNumberType").and_then(|code| code.parse().ok()).map(PhoneType::from_code),
    };
    PersonDraft {
        first_name: report.text("ePatient.03"),
        middle_name: report.text("ePatient.04"),
        last_name: report.text("ePatient.02"),
        suffix: report.text("ePatient.23"),
        birth_date: report.value("ePatient.17").and_then(value::birth_date),
        age: age.and_then(|node| {
            Some(Age {
                count: node.text.trim().parse().ok()?,
                unit: report.code("ePatient.16")?,
                approximate: node.pertinent_negative.as_deref() == Some("8801029"),
            })
        }),
        sex: report.code("ePatient.25"),
        languages: report.texts("ePatient.24"),
        residence: report.code("ePatient.22"),
        phones: report
            .all("ePatient.18")
            .into_iter()
            .map(phone)
            .filter(|phone| !phone.number.is_empty())
            .collect(),
    }
}

fn second_line(report: &Node, name: &str) -> Option<String> {
    report.all(name).into_iter().find_map(|node| node.attribute("StreetAddress2")).map(str::to_owned)
}

fn home(report: &Node) -> HomeAddress {
    HomeAddress {
        street: report.text("ePatient.05"),
        street2: second_line(report, "ePatient.05"),
        city_code: report.text("ePatient.06"),
        county_code: report.text("ePatient.07"),
        state_code: report.text("ePatient.08"),
        zip: report.text("ePatient.09"),
    }
}

fn scene(report: &Node) -> ScenePlace {
    let position = report.value("eScene.11").and_then(|text| text.split_once(','));
    let degrees = |text: &str| text.parse::<f64>().ok();
    ScenePlace {
        facility: report.text("eScene.13"),
        street: report.text("eScene.15"),
        street2: second_line(report, "eScene.15"),
        apartment: report.text("eScene.16"),
        city_code: report.text("eScene.17"),
        state_code: report.text("eScene.18"),
        zip: report.text("eScene.19"),
        directions: report.text("eScene.20"),
        county_code: report.text("eScene.21"),
        position: position.and_then(|(latitude, longitude)| {
            Some(GeoPosition { latitude: degrees(latitude)?, longitude: degrees(longitude)? })
        }),
        place_type: report.text("eScene.09"),
        triaged_dead: report.code::<u32>("eScene.08") == Some(2_708_009),
    }
}

fn findings(report: &Node) -> Vec<Finding> {
    let elements = [
        ("eSituation.09", FindingKind::PrimarySymptom),
        ("eSituation.10", FindingKind::OtherSymptom),
        ("eSituation.11", FindingKind::PrimaryImpression),
        ("eSituation.12", FindingKind::SecondaryImpression),
    ];
    let mut findings = Vec::new();
    for (name, kind) in elements {
        for node in report.all(name).into_iter().filter(|node| !node.text.trim().is_empty()) {
            let absent = node.pertinent_negative.is_some();
            findings.push(Finding { kind, code: node.text.trim().to_owned(), absent });
        }
    }
    findings
}

fn medication(group: &Node) -> Medication {
    let name = group.all("eMedications.03").into_iter().next();
    Medication {
        at: group.time("eMedications.01"),
        before_unit: group.code::<u32>("eMedications.02").map(|code| code == 9_923_003),
        code: group.text("eMedications.03"),
        snomed: name.and_then(|node| node.attribute("CodeType")) == Some("9924005"),
        not_given: name
            .and_then(|node| node.pertinent_negative.as_deref())
            .and_then(|code| code.parse().ok()),
        route: group.code("eMedications.04"),
        dose: group.text("eMedications.05"),
        unit: group.code("eMedications.06"),
        response: group.code("eMedications.07"),
        giver: group.code("eMedications.10"),
    }
}

impl Medication {
    /// Naloxone that was really given.
    #[must_use]
    pub fn is_naloxone(&self) -> bool {
        let code = self.code.as_deref();
        let named = if self.snomed {
            code == Some(NALOXONE_SNOMED)
        } else {
            code.is_some_and(|code| NALOXONE_RXNORM.contains(&code))
        };
        named && self.not_given.is_none()
    }

    /// Naloxone by one of the three RxNorm codes that the NEMSIS definition counts.
    #[must_use]
    pub fn is_naloxone_by_definition(&self) -> bool {
        self.is_naloxone() && !self.snomed
    }

    fn micrograms(&self) -> Option<u64> {
        let factor = match self.unit? {
            DoseUnit::Grams => 1e6,
            DoseUnit::Milligrams => 1e3,
            DoseUnit::Micrograms => 1.0,
            DoseUnit::Other(_) => return None,
        };
        let dose: f64 = self.dose.as_deref()?.parse().ok()?;
        // Nine digits of a gram at the most: far inside what both types hold exactly.
        (dose > 0.0).then(|| (dose * factor).round() as u64)
    }
}

/// Whether an entry leaves open what was given; "not applicable" says that nothing was.
fn medicine_unrecorded(group: &Node) -> bool {
    let open = |node: &&Node| {
        let named = !node.text.trim().is_empty() || node.pertinent_negative.is_some();
        !named && node.not_value.as_deref() != Some("7701001")
    };
    group.all("eMedications.03").iter().any(open)
}

fn naloxone(medications: &[Medication], unrecorded: bool) -> Naloxone {
    let doses: Vec<_> = medications.iter().filter(|entry| entry.is_naloxone()).collect();
    let best = [MedicationResponse::Improved, MedicationResponse::Unchanged, MedicationResponse::Worse];
    let mut givers: Vec<GiverRole> = Vec::new();
    for giver in doses.iter().filter_map(|entry| entry.giver) {
        if !givers.contains(&giver) {
            givers.push(giver);
        }
    }
    Naloxone {
        given: match (doses.is_empty(), unrecorded) {
            (false, _) => Known::Yes,
            (true, true) => Known::Unknown,
            (true, false) => Known::No,
        },
        doses: doses.len() as u32,
        micrograms: doses.iter().map(|entry| entry.micrograms()).sum::<Option<u64>>().filter(|sum| *sum > 0),
        response: best.into_iter().find(|kind| doses.iter().any(|entry| entry.response == Some(*kind))),
        before_unit: doses.iter().any(|entry| entry.before_unit == Some(true)),
        givers,
    }
}
