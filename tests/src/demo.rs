//! A county with an invented caseload.
