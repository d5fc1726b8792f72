//! What the commands print.

use domain::codes::CodeList;
use serde_json::{Value, json};
use server::Running;
use server::admin::{AdminError, LetterReport, Moved};
use server::db::{AuditRow, CheckReport, County, DeviceRow, MemberRow, TeamRow, WaitingRow};
use server::http::describe_device;
use server::import::FileReport;
use std::io::IsTerminal;
use std::path::Path;
use sync::enrolment::EnrolmentCode;

/// Prints for people or for programs.
pub struct Output {
    /// For programs.
    pub json: bool,
}

impl Output {
    fn say(&self, value: Value, words: impl FnOnce() -> String) {
        if self.json {
            println!("{value}");
        } else {
            println!("{}", words());
        }
    }

    /// Why nothing was done.
    pub fn error(&self, error: &AdminError) {
        if self.json {
            eprintln!("{}", json!({ "error": { "code": error.code(), "message": error.to_string() } }));
        } else {
            eprintln!("error: {error} [{}]", error.code());
        }
    }

    /// A new county.
    pub fn county(&self, county: &County, data: &Path) {
        self.say(json!({ "county": county.id, "name": county.name, "timezone": county.timezone }), || {
            format!(
                "{} is ready in {}. Keep county.key and the folder tls apart from backups of the database: without the \
                 one nothing opens, without the other every device has to be enrolled again.",
                county.name,
                data.display()
            )
        });
    }

    /// What was refused.
    pub fn audit(&self, rows: &[AuditRow]) {
        self.say(json!({ "audit": rows }), || {
            let line = |row: &AuditRow| {
                let subject = row.subject.map_or_else(|| "-".to_owned(), |subject| subject.to_string());
                let AuditRow { at, device, user, door, code, tries, .. } = row;
                let at = chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default();
                let at = at.format("%Y-%m-%dT%H:%M:%SZ");
                format!("{at}  user {user}  device {device}  {code}  {door}  {subject}  {tries} times")
            };
            lines(rows.iter().map(line), "nothing was refused to anybody who may not")
        });
    }

    /// A backup was written.
    pub fn backed_up(&self, moved: &Moved, file: &Path) {
        self.say(json!({ "backup": moved }), || {
            format!(
                "{} changes are in {}. Only the county's key opens it: keep county.key and the folder tls somewhere \
                 else.",
                moved.changes,
                file.display()
            )
        });
    }

    /// A county was restored.
    pub fn restored(&self, moved: &Moved, tls_is_here: bool) {
        let missing = " No key is in the folder tls here. Put back the one that was beside the database, or give `serve` \
                       the one it had, before you serve: devices know the county by that key and by nothing else.";
        self.say(json!({ "restored": moved, "tls_is_here": tls_is_here }), || {
            let tls = if tls_is_here { "" } else { missing };
            format!(
                "The county is as it was, with {} changes, in epoch {}. Every device will first offer what it holds, \
                 and what was recorded after the backup comes back from there. What only a wiped or lost device still \
                 had does not. Look at `device list`: a device that was revoked after the backup is admitted again until \
                 you revoke it; one that was enrolled after it shows up in `device waiting`. Do not import reports \
                 again that were imported after it: their people come back from the devices.{tls}",
                moved.changes, moved.epoch
            )
        });
    }

    /// A county was moved.
    pub fn copied(&self, moved: &Moved) {
        self.say(json!({ "copied": moved }), || {
            format!(
                "{} changes were moved, and {} digests agree on both sides. Serve it from the new place; the old one \
                 is closed.",
                moved.changes, moved.digests
            )
        });
    }

    /// The tables were brought to this version.
    pub fn migrated(&self, before: u32, after: u32) {
        self.say(json!({ "before": before, "after": after }), || match before == after {
            true => format!("the tables are of version {after} already"),
            false => format!("the tables are of version {after} now, and were of {before}"),
        });
    }

    /// The server runs.
    pub fn serving(&self, running: &Running) {
        let Running { address, listen, .. } = running;
        let pin = crypto::spki::pin_text(&running.pin);
        let metrics = running.operator;
        self.say(json!({ "serving": address, "listen": listen, "pin": pin, "metrics": metrics }), || {
            let figures = metrics.map_or_else(String::new, |at| format!(", figures on http://{at}/metrics"));
            format!("serving {address} (listening on {listen}), pin {pin}{figures}")
        });
    }

    /// Something was added.
    pub fn added(&self, what: &str, name: &str, id: &str) {
        self.say(json!({ what: id, "name": name }), || format!("added {what} {name} ({id})"));
    }

    /// The teams.
    pub fn teams(&self, teams: &[TeamRow]) {
        let rows: Vec<_> = teams.iter().map(|team| json!({ "team": team.team, "name": team.name })).collect();
        let line = |team: &TeamRow| format!("{}  {}", team.team, team.name);
        self.say(json!({ "teams": rows }), || lines(teams.iter().map(line), "no teams yet"));
    }

    /// Users.
    pub fn users(&self, users: &[MemberRow]) {
        let row = |user: &MemberRow| {
            json!({ "user": user.user, "name": user.name, "role": user.role.code(), "team": user.team,
                "active": user.active })
        };
        let line = |user: &MemberRow| {
            let left = if user.active { "" } else { "  (not active)" };
            format!("{}  {}  {}{left}", user.user, user.name, user.role.code())
        };
        self.say(json!({ "users": users.iter().map(row).collect::<Vec<_>>() }), || {
            lines(users.iter().map(line), "nobody yet")
        });
    }

    /// An enrolment code; on a terminal also as a picture to scan.
    pub fn code(&self, code: &EnrolmentCode) {
        let text = code.to_string();
        let picture = || {
            let code =
                qrcode::QrCode::new(text.as_bytes()).ok().filter(|_| std::io::stdout().is_terminal())?;
            Some(code.render::<qrcode::render::unicode::Dense1x2>().build())
        };
        self.say(json!({ "code": text, "server": code.server, "minutes": 15 }), || {
            format!(
                "{}{text}\nGood for one device, for 15 minutes.",
                picture().map_or(String::new(), |p| p + "\n")
            )
        });
    }

    /// Devices.
    pub fn devices(&self, devices: &[(DeviceRow, MemberRow)]) {
        let rows: Vec<_> = devices.iter().map(|(device, owner)| describe_device(device, owner)).collect();
        let line = |(device, owner): &(DeviceRow, MemberRow)| {
            let key = crypto::device_key::DevicePublicKey::from_bytes(device.key).fingerprint();
            let ended = if device.revoked_at.is_some() { "  (revoked)" } else { "" };
            format!("{}  {}  {}  {key}{ended}", device.device, owner.name, device.name)
        };
        self.say(json!({ "devices": rows }), || lines(devices.iter().map(line), "no devices yet"));
    }

    /// What a restore means, and what it does not promise.
    pub fn new_epoch(&self, epoch: u32, devices: &[(DeviceRow, MemberRow)]) {
        let admitted = devices.iter().filter(|(device, _)| device.revoked_at.is_none());
        let ids: Vec<_> = admitted.clone().map(|(device, _)| device.device).collect();
        self.say(json!({ "epoch": epoch, "admitted": ids }), || {
            format!(
                "The county counts epoch {epoch} from now on, and all sessions have ended.\n\
                 Each device offers what it still has when it next comes, and only then is told anything.\n\
                 What only a wiped or lost device still had is lost. So are, since the backup: revocations of single\n\
                 devices, and work that was handed over to the county and then erased from its device. Do not import\n\
                 reports again that were imported since: their people come back from the devices.\n\
                 Look at these {} devices now and revoke whom you had revoked since the backup (`device revoke`).\n\
                 Devices that were enrolled since show up in `device waiting`, and wait for `device readmit`.\n{}",
                ids.len(),
                lines(admitted.map(|(device, owner)| format!("{}  {}  {}", device.device, owner.name, device.name)), "")
            )
        });
    }

    /// Devices that wait to be admitted again.
    pub fn waiting(&self, waiting: &[WaitingRow]) {
        let row = |row: &WaitingRow| {
            let key = crypto::device_key::DevicePublicKey::from_bytes(row.device.key).fingerprint();
            json!({ "device": row.device.device, "user": row.device.user, "user_name": row.user_name,
                "name": row.device.name, "key": key, "enrolled_at": row.device.enrolled_at })
        };
        let rows: Vec<_> = waiting.iter().map(row).collect();
        let line = |row: &WaitingRow| {
            let key = crypto::device_key::DevicePublicKey::from_bytes(row.device.key).fingerprint();
            let owner = row.user_name.as_deref().unwrap_or("somebody who is not known here yet");
            format!("{}  {owner}  {}  {key}", row.device.device, row.device.name)
        };
        self.say(json!({ "waiting": rows }), || lines(waiting.iter().map(line), "no device waits"));
    }

    /// A device that may work again.
    pub fn readmitted(&self, device: &str) {
        self.say(json!({ "readmitted": device }), || format!("{device} is admitted again"));
    }

    /// What was wrong in a file, for people, as it is found.
    pub fn problems(&self, file: &FileReport) {
        for problem in file.problems.iter().filter(|_| !self.json) {
            eprintln!(
                "{}:{}: {}: {} [{}]",
                file.file, problem.line, problem.element, problem.message, problem.code
            );
        }
    }

    /// What came of an import, and whether its team has somebody who sees it.
    pub fn imported(&self, files: &[FileReport], led: bool) {
        let line = |file: &FileReport| {
            format!(
                "{}: {} new ({} to decide, {} died, {} may be known), {} amended, {} of a second unit, {} unchanged, \
                 {} no overdose, {} not valid",
                file.file,
                file.new,
                file.review,
                file.died,
                file.possible_matches,
                file.amended,
                file.joined,
                file.unchanged,
                file.not_overdose,
                file.invalid
            )
        };
        self.say(json!({ "files": files, "team_has_supervisor": led }), || lines(files.iter().map(line), ""));
        if !led && !self.json && files.iter().any(|file| file.new > 0) {
            eprintln!(
                "note: this team has no supervisor, so nobody sees the new people or can assign them until there is one \
                 (user add, user set) [no_supervisor]"
            );
        }
    }

    /// A sealed file could not be read.
    pub fn unopened(&self, file: &Path, error: &AdminError) {
        if self.json {
            let (code, message) = (error.code(), error.to_string());
            eprintln!("{}", json!({ "file": file, "error": { "code": code, "message": message } }));
        } else {
            eprintln!("{}: {error} [{}]", file.display(), error.code());
        }
    }

    /// What sealed files brought.
    pub fn letters(&self, files: &[LetterReport]) {
        let line = |file: &LetterReport| {
            let refused =
                if file.refused > 0 { format!(", {} too long", file.refused) } else { String::new() };
            format!("{}: {} by {}, for the supervisor to look at{refused}", file.file, file.taken, file.from)
        };
        self.say(json!({ "files": files }), || lines(files.iter().map(line), "nothing was read"));
    }

    /// A device was revoked.
    pub fn revoked(&self, device: &str) {
        self.say(json!({ "revoked": device }), || format!("{device} is no longer admitted"));
    }

    /// What `check` found.
    pub fn check(&self, report: &CheckReport) {
        let sound = report.sound();
        self.say(json!({ "sound": sound, "report": report }), || {
            let counted = format!("{} changes, tables at version {}", report.changes, report.schema);
            if sound {
                return format!("sound: {counted}");
            }
            // There are no tables but in a database that could be read.
            if report.schema == 0 {
                return format!("NOT sound: damaged pages {}; nothing else can be looked at", report.damaged);
            }
            format!(
                "NOT sound: {counted}; damaged pages or tables {}, last number {}, wrong texts {}, wrong digests \
                 {}, wrong caseloads {}",
                report.damaged, report.seq, report.bodies_wrong, report.digests_wrong, report.caseload_wrong
            )
        });
    }
}

fn lines(rows: impl Iterator<Item = String>, none: &str) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { none.to_owned() } else { rows.join("\n") }
}
