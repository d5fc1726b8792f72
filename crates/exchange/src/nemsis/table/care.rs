//! What was found, given and decided.
//!
//! parent, element, occurrence, nil and attribute marks, type.

use super::super::value::Kind::*;
use super::*;

/// `eSituation`.
pub(super) const SITUATION: &[Row] = &[
    row("PatientCareReport", "eSituation", ONE, 0, Group),
    row("eSituation", "eSituation.01", ONE, NV2 | UNABLE | APPROXIMATE, DateTime),
    row("eSituation", "eSituation.02", ONE, NV2, Code(&[(9922001, 9922005)])),
    row("eSituation", "eSituation.PatientComplaintGroup", ANY, CORRELATION, Group),
    row("eSituation.PatientComplaintGroup", "eSituation.03", OPT, NV3, Code(&[(2803001, 2803005)])),
    row("eSituation.PatientComplaintGroup", "eSituation.04", OPT, NV3, Text(1, 255)),
    row("eSituation.PatientComplaintGroup", "eSituation.05", OPT, NV3, Integer(1, 365)),
    row("eSituation.PatientComplaintGroup", "eSituation.06", OPT, NV3, Code(&[(2806001, 2806013)])),
    row("eSituation", "eSituation.07", ONE, NV2, Code(&[(2807001, 2807017)])),
    row("eSituation", "eSituation.08", ONE, NV2, Code(&[(2808001, 2808021)])),
    row("eSituation", "eSituation.09", ONE, NV2, Diagnosis),
    row("eSituation", "eSituation.10", MANY, NV2 | ABSENT | CORRELATION, Diagnosis),
    row("eSituation", "eSituation.11", ONE, NV2, Diagnosis),
    row("eSituation", "eSituation.12", MANY, NV2 | CORRELATION, Diagnosis),
    row("eSituation", "eSituation.13", ONE, NV2, Code(&[(2813001, 2813009)])),
    row("eSituation", "eSituation.WorkRelatedGroup", OPT, 0, Group),
    row("eSituation.WorkRelatedGroup", "eSituation.14", OPT, NV3, Code(&[(9922001, 9922005)])),
    row("eSituation.WorkRelatedGroup", "eSituation.15", OPT, 0, Code(&[(2815001, 2815039)])),
    row("eSituation.WorkRelatedGroup", "eSituation.16", OPT, 0, Code(&[(2816001, 2816045)])),
    row("eSituation", "eSituation.17", ANY, NV3 | CORRELATION, Activity),
    row("eSituation", "eSituation.18", ONE, NV2 | UNABLE | APPROXIMATE, DateTime),
    row("eSituation", "eSituation.19", OPT, NV2, Text(1, 255)),
    row("eSituation", "eSituation.20", ONE, NV2, Code(&[(2820001, 2820031)])),
];

/// `eArrest`.
pub(super) const ARREST: &[Row] = &[
    row("PatientCareReport", "eArrest", ONE, 0, Group),
    row("eArrest", "eArrest.01", ONE, NV2, Code(&[(3001001, 3001005)])),
    row("eArrest", "eArrest.02", ONE, NV2, Code(&[(3002001, 3002015)])),
    row("eArrest", "eArrest.03", MANY, NV2 | CORRELATION, Code(&[(3003001, 3003011)])),
    row("eArrest", "eArrest.04", MANY, NV2 | CORRELATION, Code(&[(3004001, 3004007)])),
    row("eArrest", "eArrest.07", ONE, NV2, Code(&[(3007001, 3007005)])),
    row("eArrest", "eArrest.09", MANY, NV2 | CORRELATION, Code(&[(3009001, 3009027)])),
    row("eArrest", "eArrest.10", OPT, 0, Code(&[(9923001, 9923003)])),
    row("eArrest", "eArrest.11", ONE, NV2, Code(&[(3011001, 3011001), (3011005, 3011013)])),
    row("eArrest", "eArrest.12", MANY, NV2 | CORRELATION, Code(&[(3012001, 3012007)])),
    row("eArrest", "eArrest.13", OPT, 0, Code(&[(3013001, 3013007)])),
    row("eArrest", "eArrest.14", ONE, NV2 | UNABLE | APPROXIMATE, DateTime),
    row("eArrest", "eArrest.15", OPT, NV3, DateTime),
    row("eArrest", "eArrest.16", ONE, NV2, Code(&[(3016001, 3016011)])),
    row(
        "eArrest",
        "eArrest.17",
        MANY,
        NV2 | CORRELATION,
        Code(&[
            (9901001, 9901029),
            (9901030, 9901030),
            (9901031, 9901057),
            (9901058, 9901058),
            (9901059, 9901071),
        ]),
    ),
    row("eArrest", "eArrest.18", ONE, NV2, Code(&[(3018001, 3018011)])),
    row("eArrest", "eArrest.19", OPT, 0, DateTime),
    row("eArrest", "eArrest.20", ONE, NV2, Code(&[(3020001, 3020013)])),
    row("eArrest", "eArrest.21", ONE, NV2, Code(&[(3021001, 3021013)])),
    row("eArrest", "eArrest.22", ONE, NV2, Code(&[(3022001, 3022013)])),
];

/// `eNarrative`.
pub(super) const NARRATIVE: &[Row] = &[
    row("PatientCareReport", "eNarrative", OPT, 0, Group),
    row("eNarrative", "eNarrative.01", OPT, NV3, Text(1, 10000)),
];

/// `eProtocols`.
pub(super) const PROTOCOLS: &[Row] = &[
    row("PatientCareReport", "eProtocols", ONE, 0, Group),
    row("eProtocols", "eProtocols.ProtocolGroup", MANY, CORRELATION, Group),
    row(
        "eProtocols.ProtocolGroup",
        "eProtocols.01",
        ONE,
        NV2,
        Code(&[(9914001, 9914037), (9914041, 9914225)]),
    ),
    row("eProtocols.ProtocolGroup", "eProtocols.02", OPT, NV3, Code(&[(3602001, 3602005)])),
];

/// `eMedications`.
pub(super) const MEDICATIONS: &[Row] = &[
    row("PatientCareReport", "eMedications", ONE, 0, Group),
    row("eMedications", "eMedications.MedicationGroup", MANY, CORRELATION, Group),
    row("eMedications.MedicationGroup", "eMedications.01", ONE, NV2, DateTime),
    row("eMedications.MedicationGroup", "eMedications.02", ONE, NV2, Code(&[(9923001, 9923003)])),
    row(
        "eMedications.MedicationGroup",
        "eMedications.03",
        ONE,
        NV2 | CONTRAINDICATED | DENIED | ALLERGY | TAKEN | REFUSED | UNABLE | CRITERIA | RXNORM_SNOMED,
        Text(2, 9),
    ),
    row("eMedications.MedicationGroup", "eMedications.04", ONE, NV2 | UNABLE, Code(&[(9927001, 9927075)])),
    row("eMedications.MedicationGroup", "eMedications.DosageGroup", ONE, 0, Group),
    row("eMedications.DosageGroup", "eMedications.05", ONE, NV2, Decimal(9, 3)),
    row(
        "eMedications.DosageGroup",
        "eMedications.06",
        ONE,
        NV2,
        Code(&[(3706001, 3706009), (3706013, 3706055)]),
    ),
    row("eMedications.MedicationGroup", "eMedications.07", ONE, NV2, Code(&[(9916001, 9916005)])),
    row(
        "eMedications.MedicationGroup",
        "eMedications.08",
        MANY,
        NV2 | CORRELATION,
        Code(&[(3708001, 3708025), (3708029, 3708045)]),
    ),
    row("eMedications.MedicationGroup", "eMedications.09", OPT, NV3, Text(2, 50)),
    row(
        "eMedications.MedicationGroup",
        "eMedications.10",
        ONE,
        NV2,
        Code(&[
            (9905001, 9905001),
            (9905002, 9905002),
            (9905003, 9905007),
            (9905019, 9905021),
            (9905025, 9905051),
        ]),
    ),
    row("eMedications.MedicationGroup", "eMedications.11", OPT, 0, Code(&[(9918001, 9918007)])),
    row("eMedications.MedicationGroup", "eMedications.12", OPT, 0, Text(1, 255)),
    row("eMedications.MedicationGroup", "eMedications.13", OPT, NV2, Code(&[(9923001, 9923003)])),
];

/// `eDisposition`.
pub(super) const DISPOSITION: &[Row] = &[
    row("PatientCareReport", "eDisposition", ONE, 0, Group),
    row("eDisposition", "eDisposition.DestinationGroup", ONE, 0, Group),
    row("eDisposition.DestinationGroup", "eDisposition.01", OPT, NV3, Text(2, 100)),
    row("eDisposition.DestinationGroup", "eDisposition.02", OPT, NV3, Text(2, 50)),
    row("eDisposition.DestinationGroup", "eDisposition.03", OPT, STREET2, Text(1, 255)),
    row("eDisposition.DestinationGroup", "eDisposition.04", OPT, 0, Integer(1, i64::MAX)),
    row("eDisposition.DestinationGroup", "eDisposition.05", ONE, NV2, Digits(2)),
    row("eDisposition.DestinationGroup", "eDisposition.06", ONE, NV2, Digits(5)),
    row("eDisposition.DestinationGroup", "eDisposition.07", ONE, NV2, Zip),
    row("eDisposition.DestinationGroup", "eDisposition.08", OPT, 0, Text(2, 2)),
    row("eDisposition.DestinationGroup", "eDisposition.09", OPT, 0, Gps),
    row("eDisposition.DestinationGroup", "eDisposition.10", OPT, 0, Grid),
    row("eDisposition", "eDisposition.11", OPT, NV3, Integer(1, 100)),
    row("eDisposition", "eDisposition.IncidentDispositionGroup", ONE, 0, Group),
    row("eDisposition.IncidentDispositionGroup", "eDisposition.27", ONE, 0, Code(&[(4227001, 4227011)])),
    row("eDisposition.IncidentDispositionGroup", "eDisposition.28", ONE, NV2, Code(&[(4228001, 4228009)])),
    row("eDisposition.IncidentDispositionGroup", "eDisposition.29", ONE, NV2, Code(&[(4229001, 4229013)])),
    row("eDisposition.IncidentDispositionGroup", "eDisposition.30", ONE, NV2, Code(&[(4230001, 4230013)])),
    row(
        "eDisposition.IncidentDispositionGroup",
        "eDisposition.31",
        ANY,
        CORRELATION,
        Code(&[(4231001, 4231017)]),
    ),
    row("eDisposition", "eDisposition.13", ANY, CORRELATION, Code(&[(9909001, 9909015)])),
    row("eDisposition", "eDisposition.14", ANY, CORRELATION, Code(&[(4214001, 4214027)])),
    row("eDisposition", "eDisposition.15", ANY, CORRELATION, Code(&[(9909001, 9909015)])),
    row("eDisposition", "eDisposition.16", ONE, NV2, Code(&[(4216001, 4216017)])),
    row("eDisposition", "eDisposition.17", ONE, NV2, Code(&[(4217001, 4217007)])),
    row("eDisposition", "eDisposition.18", MANY, NV2 | CORRELATION, Code(&[(4218001, 4218019)])),
    row("eDisposition", "eDisposition.19", ONE, NV2, Code(&[(4219001, 4219011)])),
    row("eDisposition", "eDisposition.20", MANY, NV2 | CORRELATION, Code(&[(4220001, 4220021)])),
    row("eDisposition", "eDisposition.21", ONE, NV2, Code(&[(4221001, 4221009), (4221013, 4221041)])),
    row("eDisposition", "eDisposition.22", ONE, NV2, Code(&[(4222001, 4222053)])),
    row(
        "eDisposition",
        "eDisposition.23",
        MANY,
        NV2 | CORRELATION,
        Code(&[(9908001, 9908011), (9908019, 9908047)]),
    ),
    row("eDisposition", "eDisposition.HospitalTeamActivationGroup", MANY, CORRELATION, Group),
    row("eDisposition.HospitalTeamActivationGroup", "eDisposition.24", ONE, NV2, Code(&[(4224001, 4224019)])),
    row("eDisposition.HospitalTeamActivationGroup", "eDisposition.25", ONE, NV2, DateTime),
    row("eDisposition", "eDisposition.26", ANY, CORRELATION, Code(&[(4226001, 4226015)])),
    row("eDisposition", "eDisposition.32", ONE, NV2, Code(&[(4232001, 4232013)])),
];
