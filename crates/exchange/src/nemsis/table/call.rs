//! The agency, the record itself, the call and its times.
//!
//! parent, element, occurrence, nil and attribute marks, type.

use super::super::value::Kind::*;
use super::*;

/// `DemographicGroup`: the agency that all reports of a header belong to.
pub(super) const AGENCY: &[Row] = &[
    row("Header", "DemographicGroup", ONE, 0, Group),
    row("DemographicGroup", "dAgency.01", ONE, 0, Text(1, 50)),
    row("DemographicGroup", "dAgency.02", ONE, 0, Text(1, 15)),
    row("DemographicGroup", "dAgency.04", ONE, 0, Digits(2)),
];

/// `eRecord`.
pub(super) const RECORD: &[Row] = &[
    row("Header", "PatientCareReport", MANY, UUID, Group),
    row("PatientCareReport", "eRecord", ONE, 0, Group),
    row("eRecord", "eRecord.01", ONE, 0, Text(3, 50)),
    row("eRecord", "eRecord.SoftwareApplicationGroup", ONE, 0, Group),
    row("eRecord.SoftwareApplicationGroup", "eRecord.02", ONE, 0, Text(1, 50)),
    row("eRecord.SoftwareApplicationGroup", "eRecord.03", ONE, 0, Text(1, 50)),
    row("eRecord.SoftwareApplicationGroup", "eRecord.04", ONE, 0, Text(1, 50)),
];

/// `eResponse`.
pub(super) const RESPONSE: &[Row] = &[
    row("PatientCareReport", "eResponse", ONE, 0, Group),
    row("eResponse", "eResponse.AgencyGroup", ONE, 0, Group),
    row("eResponse.AgencyGroup", "eResponse.01", ONE, 0, Text(1, 15)),
    row("eResponse.AgencyGroup", "eResponse.02", OPT, NV3, Text(2, 100)),
    row("eResponse", "eResponse.03", ONE, NV2, Text(3, 50)),
    row("eResponse", "eResponse.04", ONE, NV2, Text(3, 50)),
    row("eResponse", "eResponse.ServiceGroup", ONE, 0, Group),
    row("eResponse.ServiceGroup", "eResponse.05", ONE, 0, Code(&[(2205001, 2205035)])),
    row("eResponse.ServiceGroup", "eResponse.06", OPT, 0, Code(&[(2206001, 2206021)])),
    row("eResponse", "eResponse.07", ONE, 0, Code(&[(2207011, 2207027)])),
    row("eResponse", "eResponse.08", MANY, NV2 | CORRELATION, Code(&[(2208001, 2208023)])),
    row("eResponse", "eResponse.09", MANY, NV2 | CORRELATION, Code(&[(2209001, 2209035)])),
    row("eResponse", "eResponse.10", MANY, NV2 | CORRELATION, Code(&[(2210001, 2210039)])),
    row("eResponse", "eResponse.11", MANY, NV2 | CORRELATION, Code(&[(2211001, 2211031)])),
    row("eResponse", "eResponse.12", MANY, NV2 | CORRELATION, Code(&[(2212001, 2212033)])),
    row("eResponse", "eResponse.13", ONE, 0, Text(1, 25)),
    row("eResponse", "eResponse.14", ONE, 0, Text(1, 50)),
    row("eResponse", "eResponse.16", OPT, 0, Text(2, 100)),
    row("eResponse", "eResponse.17", OPT, 0, Gps),
    row("eResponse", "eResponse.18", OPT, 0, Grid),
    row("eResponse", "eResponse.19", OPT, 0, Decimal(8, 2)),
    row("eResponse", "eResponse.20", OPT, 0, Decimal(8, 2)),
    row("eResponse", "eResponse.21", OPT, 0, Decimal(8, 2)),
    row("eResponse", "eResponse.22", OPT, 0, Decimal(8, 2)),
    row("eResponse", "eResponse.23", ONE, 0, Code(&[(2223001, 2223007)])),
    row("eResponse", "eResponse.24", MANY, NV2 | CORRELATION, Code(&[(2224001, 2224023)])),
];

/// `eDispatch`.
pub(super) const DISPATCH: &[Row] = &[
    row("PatientCareReport", "eDispatch", ONE, 0, Group),
    row("eDispatch", "eDispatch.01", ONE, 0, Code(&[(2301001, 2301099)])),
    row("eDispatch", "eDispatch.02", ONE, NV2, Code(&[(2302001, 2302007)])),
    row("eDispatch", "eDispatch.03", OPT, 0, Text(1, 10)),
    row("eDispatch", "eDispatch.04", OPT, 0, Text(2, 100)),
    row("eDispatch", "eDispatch.05", OPT, 0, Code(&[(2305001, 2305007)])),
    row("eDispatch", "eDispatch.06", OPT, 0, Text(3, 50)),
];

/// `eTimes`.
pub(super) const TIMES: &[Row] = &[
    row("PatientCareReport", "eTimes", ONE, 0, Group),
    row("eTimes", "eTimes.01", ONE, NV2, DateTime),
    row("eTimes", "eTimes.02", OPT, 0, DateTime),
    row("eTimes", "eTimes.03", ONE, 0, DateTime),
    row("eTimes", "eTimes.04", OPT, 0, DateTime),
    row("eTimes", "eTimes.05", ONE, NV2, DateTime),
    row("eTimes", "eTimes.06", ONE, NV2, DateTime),
    row("eTimes", "eTimes.07", ONE, NV2, DateTime),
    row("eTimes", "eTimes.08", OPT, NV3, DateTime),
    row("eTimes", "eTimes.09", ONE, NV2, DateTime),
    row("eTimes", "eTimes.10", OPT, 0, DateTime),
    row("eTimes", "eTimes.11", ONE, NV2, DateTime),
    row("eTimes", "eTimes.12", ONE, NV2, DateTime),
    row("eTimes", "eTimes.13", ONE, 0, DateTime),
    row("eTimes", "eTimes.14", OPT, 0, DateTime),
    row("eTimes", "eTimes.15", OPT, 0, DateTime),
    row("eTimes", "eTimes.16", OPT, 0, DateTime),
    row("eTimes", "eTimes.17", OPT, 0, DateTime),
];
