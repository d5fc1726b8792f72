//! The rules of the work, held to their words: properties over thousands of random histories, and tables that a
//! reader can compare with the plan line by line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod caseload;
mod clock;
mod codes;
mod convergence;
mod fold;
mod merge_table;
mod policy;
mod policy_table;
mod stamps;
mod support;
mod time;
mod validation;
mod validation_table;
