//! Takes in EMS patient care reports: each valid one that may be an overdose becomes an event of a person, written as
//! changes of the county's own author.
//!
//! Nothing is made twice, and nobody is merged by a machine: a report joins an event only when it is the same incident
//! and the same patient; wherever that is open, it makes a person of its own and says whom a human should compare.

use crate::admin::{AdminError, County};
use crate::db::{DbError, ReportRow, Taken};
use domain::TeamId;
use exchange::nemsis::{Limits, Problem, ReportDraft, ReportOutcome, read_reports};
use serde::Serialize;
use std::path::Path;

mod event;
mod facts;
mod places;
mod records;
mod states;

use facts::Facts;
use records::Job;

/// What came of one file.
#[derive(Debug, Default, Serialize)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// Reports that were valid.
    pub valid: u64,
    /// Reports that were not: nothing of them was taken.
    pub invalid: u64,
    /// Reports that made a person and an event.
    pub new: u64,
    /// Of the new ones: a human has to look whether it is an overdose.
    pub review: u64,
    /// Of the new and changed ones: the person died.
    pub died: u64,
    /// Of the new ones: the person may be known already; a human decides.
    pub possible_matches: u64,
    /// Reports that came again with other content.
    pub amended: u64,
    /// Reports of another unit about the same incident and patient.
    pub joined: u64,
    /// Reports that came again as they were.
    pub unchanged: u64,
    /// Reports with nothing that points to an overdose: counted, not kept.
    pub not_overdose: u64,
    /// What was wrong, and where. Never a value of the file.
    pub problems: Vec<ProblemLine>,
    /// Whether the file as a whole could be read to its end.
    pub whole: bool,
}

impl FileReport {
    /// Whether nothing was wrong with it.
    pub fn sound(&self) -> bool {
        self.whole && self.invalid == 0
    }

    fn problem(&mut self, problem: &Problem) {
        self.problems.push(ProblemLine {
            line: problem.line,
            column: problem.column,
            element: problem.element,
            code: problem.code,
            message: problem.message,
        });
    }
}

/// One fault in a file.
#[derive(Debug, Serialize)]
pub struct ProblemLine {
    /// From 1.
    pub line: u64,
    /// From 1.
    pub column: u64,
    /// The element at fault.
    pub element: &'static str,
    /// A stable code.
    pub code: &'static str,
    /// The same for people.
    pub message: &'static str,
}

/// What came of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    New { review: bool, died: bool, possible_match: bool },
    Amended { died: bool },
    Joined { died: bool },
    Unchanged,
    NotOverdose,
}

impl County {
    /// Takes in a file. Reports are read as they come; one that is not valid does not stop the others.
    ///
    /// # Errors
    /// The database. What is wrong with the file is told in the [`FileReport`].
    pub async fn import_nemsis(&self, path: &Path, team: TeamId) -> Result<FileReport, AdminError> {
        let mut report = FileReport { file: path.display().to_string(), ..FileReport::default() };
        let file = match std::fs::File::open(path) {
            Ok(file) => std::io::BufReader::new(file),
            Err(_) => {
                report.problems.push(ProblemLine {
                    line: 0,
                    column: 0,
                    element: "file",
                    code: "read_failed",
                    message: "the file cannot be opened",
                });
                return Ok(report);
            }
        };
        let (sender, mut reports) = tokio::sync::mpsc::channel(8);
        let reading = tokio::task::spawn_blocking(move || {
            read_reports(file, &Limits::default(), &mut |outcome| {
                // When nobody takes them any more, the import has failed and says why.
                let _ = sender.blocking_send(outcome);
            })
        });
        while let Some(outcome) = reports.recv().await {
            match outcome {
                ReportOutcome::Invalid(problems) => {
                    report.invalid += 1;
                    problems.iter().for_each(|problem| report.problem(problem));
                }
                ReportOutcome::Valid(draft) => {
                    report.valid += 1;
                    count(&mut report, self.take_report(&draft, team).await?);
                }
            }
        }
        match reading.await {
            Ok(Ok(_)) => report.whole = true,
            Ok(Err(problem)) => report.problem(&problem),
            Err(_) => return Err(AdminError::Io(std::io::Error::other("the reader stopped"))),
        }
        Ok(report)
    }

    /// Takes in one report. Where another import was faster, what is known may be more by now: each time one comes
    /// between, it has taken a report in, so this ends.
    async fn take_report(&self, draft: &ReportDraft, team: TeamId) -> Result<Became, AdminError> {
        loop {
            match self.try_report(draft, team).await {
                Err(AdminError::Database(DbError::Overtaken)) => {}
                done => return done,
            }
        }
    }

    async fn try_report(&self, draft: &ReportDraft, team: TeamId) -> Result<Became, AdminError> {
        let facts = Facts::of(draft);
        let db = self.database();
        let seen = db.county().await?.imports;
        let earlier = db.report(facts.agency_key(), draft.id.clone()).await?;
        if let Some(earlier) = earlier {
            if earlier.digest == facts.digest {
                return Ok(Became::Unchanged);
            }
            let job = self.job(earlier, &facts).await?;
            let died = job.died_now();
            self.carry_out(job, &facts, seen).await?;
            return Ok(Became::Amended { died });
        }
        let mut possible = None;
        if let Some(incident) = facts.incident_key() {
            let siblings = db.reports_of_incident(facts.agency_key(), incident).await?;
            match same_patient(&facts, &siblings) {
                Same::Patient(row) => {
                    let job = self.job(row, &facts).await?;
                    let died = job.died_now();
                    self.carry_out(job, &facts, seen).await?;
                    return Ok(Became::Joined { died });
                }
                Same::Perhaps(event) => possible = Some(event),
                Same::Nobody => {}
            }
        }
        if !facts.is_overdose() {
            return Ok(Became::NotOverdose);
        }
        if possible.is_none() {
            possible = self.known_by_name(&facts, team).await?;
        }
        let hours = self.settings().await?.first_contact_hours;
        let (changes, row) = records::new_person(&facts, team, hours, possible, self.now());
        self.write(changes, Some(Taken { report: row, seen })).await?;
        Ok(Became::New { review: facts.needs_look(), died: facts.fatal, possible_match: possible.is_some() })
    }

    /// The latest event of the one person of this team who has exactly this full name and birth date. Another team's
    /// people are nothing that this team may learn of.
    async fn known_by_name(
        &self,
        facts: &Facts,
        team: TeamId,
    ) -> Result<Option<domain::RecordId>, AdminError> {
        let (Some(name), Some(born)) = (facts.full_name(), facts.birth_date) else { return Ok(None) };
        let mut people = Vec::new();
        for person in self.database().same_name(name, born.to_string()).await? {
            if self.serves(team, person).await? {
                people.push(person);
            }
        }
        let [person] = people[..] else { return Ok(None) };
        let kind = domain::RecordKind::OverdoseEvent;
        let events = self.database().changes_of_kind(Some(person), kind).await?;
        Ok(events.iter().map(|(change, _)| change.record).max())
    }

    async fn serves(&self, team: TeamId, person: domain::PersonId) -> Result<bool, AdminError> {
        let db = self.database();
        let mut changes = db.changes_of_kind(Some(person), domain::RecordKind::Case).await?;
        changes.extend(db.changes_of_kind(Some(person), domain::RecordKind::Assignment).await?);
        let cases = crate::caseload::cases(changes.iter().map(|(change, stamp)| (change, *stamp)));
        Ok(cases.iter().any(|case| case.carried.team == Some(team)))
    }

    /// What changes when this report joins, or comes again about, the event of `row`.
    async fn job(&self, row: ReportRow, facts: &Facts) -> Result<Job, AdminError> {
        let db = self.database();
        let reports = db.reports_of_event(row.event).await?;
        let mut stands = Vec::new();
        for kind in [domain::RecordKind::Person, domain::RecordKind::OverdoseEvent, domain::RecordKind::Case]
        {
            stands.extend(db.changes_of_kind(Some(row.person), kind).await?);
        }
        Ok(Job::new(row, &reports, facts, &stands))
    }

    async fn carry_out(&self, job: Job, facts: &Facts, seen: i64) -> Result<(), AdminError> {
        let (changes, report) = job.changes(facts, self.now());
        self.write(changes, Some(Taken { report, seen })).await?;
        Ok(())
    }
}

enum Same {
    Patient(ReportRow),
    Perhaps(domain::RecordId),
    Nobody,
}

/// Whether one of these reports is of the same incident and patient. Two events that both claim to be are a question
/// for a human.
fn same_patient(facts: &Facts, siblings: &[ReportRow]) -> Same {
    use exchange::matching::{PatientMatch, same_incident, same_patient};
    let (mut same, mut perhaps): (Vec<&ReportRow>, Vec<&ReportRow>) = (Vec::new(), Vec::new());
    for row in siblings {
        let Some(other) = Facts::stored(row) else { continue };
        if !same_incident(&facts.incident(), &other.incident()) {
            continue;
        }
        match same_patient(&facts.patient(), &other.patient()) {
            PatientMatch::Same => same.push(row),
            PatientMatch::Undecided => perhaps.push(row),
            PatientMatch::Different => {}
        }
    }
    match (same.first(), same.iter().all(|row| row.event == same[0].event), perhaps.first()) {
        (Some(row), true, _) => Same::Patient((*row).clone()),
        (Some(row), false, _) | (None, _, Some(row)) => Same::Perhaps(row.event),
        (None, _, None) => Same::Nobody,
    }
}

fn count(report: &mut FileReport, became: Became) {
    match became {
        Became::New { review, died, possible_match } => {
            report.new += 1;
            report.review += u64::from(review);
            report.died += u64::from(died);
            report.possible_matches += u64::from(possible_match);
        }
        Became::Amended { died } => {
            report.amended += 1;
            report.died += u64::from(died);
        }
        Became::Joined { died } => {
            report.joined += 1;
            report.died += u64::from(died);
        }
        Became::Unchanged => report.unchanged += 1,
        Became::NotOverdose => report.not_overdose += 1,
    }
}
