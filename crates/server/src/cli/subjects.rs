//! What can be said of teams, users, devices, work in quarantine and reports.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(super) enum Team {
    /// Add a team.
    Add {
        /// Its name.
        name: String,
    },
    /// List the teams.
    List,
}

#[derive(Subcommand, Debug)]
pub(super) enum User {
    /// Add somebody.
    Add {
        /// The name shown to colleagues.
        name: String,
        /// peer-support, ems, clinician, supervisor, county-admin or evaluator.
        #[arg(long)]
        role: String,
        /// Their team, by name or id.
        #[arg(long)]
        team: Option<String>,
    },
    /// List everybody.
    List,
    /// Change something about somebody; it counts from their next request on.
    Set {
        /// The user, by name or id.
        user: String,
        /// Another name.
        #[arg(long)]
        name: Option<String>,
        /// Another role.
        #[arg(long)]
        role: Option<String>,
        /// Another team, by name or id.
        #[arg(long)]
        team: Option<String>,
        /// Whether they work here.
        #[arg(long)]
        active: Option<bool>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Device {
    /// List the devices.
    List,
    /// List the devices that were admitted after the backup that this county was restored from. They may send what they
    /// have, and get nothing until they are admitted again.
    Waiting,
    /// Admit one of those again.
    Readmit {
        /// Its id.
        device: String,
    },
    /// End a device's admission from its next request on.
    Revoke {
        /// Its id.
        device: String,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Quarantine {
    /// Read files that workers sealed to the county: the supervisor sees what is in them. The same file again changes
    /// nothing. Exit code 2: some files could not be read, the others are in.
    Open {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Import {
    /// EMS patient care reports (NEMSIS 3.5 XML). Exit code 2: some reports were not valid, the others are in.
    Nemsis {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The team whose list the people join, by name or id; the only team, if there is one.
        #[arg(long)]
        team: Option<String>,
    },
}
