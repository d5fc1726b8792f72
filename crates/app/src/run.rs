//! The one door: a command in, an answer or an error out.

use crate::{App, Command, Error};
use serde::Serialize;
use serde_json::Value;

impl Command {
    /// Whether the command is answered while the vault is locked. Exactly these are; a test tries all the others.
    pub fn works_locked(&self) -> bool {
        matches!(self, Self::DeviceState | Self::SuggestPassphrase | Self::Enrol(_) | Self::Unlock { .. })
    }
}

impl App {
    /// Does what a screen asks for.
    ///
    /// # Errors
    /// [`Error`] with a code to branch on. Nothing is half done, and nothing typed is lost.
    pub async fn run(&self, command: Command) -> Result<Value, Error> {
        if !command.works_locked() {
            self.session()?;
        }
        match command {
            Command::Enrol(request) => answer(self.enrol(request).await?),
            Command::Unlock { user, passphrase } => answer(self.unlock(user, passphrase).await?),
            Command::ChangePassphrase { old, new } => answer(self.change_passphrase(old, new).await?),
            Command::SyncNow => {
                let session = self.session()?;
                let came_to = session.syncer.now().await;
                answer(self.sync_state_after(&came_to)?)
            }
            other => {
                let app = self.clone();
                self.blocking(move || app.run_here(other)).await
            }
        }
    }

    /// The commands that only read and write the vault.
    fn run_here(&self, command: Command) -> Result<Value, Error> {
        match command {
            Command::DeviceState => answer(self.device_state()),
            Command::SuggestPassphrase => answer(crypto::passphrase::generate().as_str()),
            Command::Lock => {
                self.lock();
                answer(())
            }
            Command::Me => answer(self.me()?),
            Command::Today => answer(self.today()?),
            Command::People(request) => answer(self.people(&request)?),
            Command::Search { text } => answer(self.search(&text)?),
            Command::Person { person } => answer(self.person(person)?),
            Command::Staff => answer(self.staff()?),
            Command::AddPerson(request) => answer(self.add_person(request)?),
            Command::RecordAttempt(request) => answer(self.record_attempt(request)?),
            Command::RecordVisit(request) => answer(self.record_visit(*request)?),
            Command::Add(request) => answer(self.add(request)?),
            Command::Amend(request) => answer(self.amend(request)?),
            Command::Void { record, reason } => answer(self.void(record, reason)?),
            Command::Choose { record, field, claim, seen } => {
                answer(self.choose(record, &field, claim, seen)?)
            }
            Command::SaveDraft { key, person, body } => answer(self.save_draft(&key, person, &body)?),
            Command::Draft { key } => answer(self.draft(&key)?),
            Command::DropDraft { key } => answer(self.drop_draft(&key)?),
            Command::NeedsALook => answer(self.needs_a_look()?),
            Command::Correct { change, fields } => answer(self.correct(change, fields)?),
            Command::Resend { change } => answer(self.resend(change)?),
            Command::HandOver { changes } => answer(self.hand_over(&changes)?),
            Command::SealForCounty { changes } => answer(self.seal_for_county(&changes)?),
            Command::SettleFiled { change } => answer(self.settle_filed(change)?),
            Command::SettleHanded { work, device } => answer(self.settle_handed(work, device)?),
            Command::AcknowledgeRehomed => answer(self.acknowledge_rehomed()?),
            Command::SyncState => answer(self.sync_state()?),
            Command::NewEvents => answer(self.new_events()?),
            Command::Assign(request) => answer(self.assign(&request)?),
            Command::DecideTriage { event, decision } => {
                answer(self.decide(event, "triage_decision", &decision)?)
            }
            Command::DecideMatch { event, decision } => answer(self.decide_match(event, &decision)?),
            Command::Caseloads => answer(self.caseloads()?),
            Command::VisitsToReview => answer(self.visits_to_review()?),
            Command::Review { visit, note } => answer(self.review(visit, note)?),
            // Answered above, where they may wait for the network or for a key.
            Command::Enrol(_)
            | Command::Unlock { .. }
            | Command::ChangePassphrase { .. }
            | Command::SyncNow => Err(Error::new("internal", "the app stumbled; nothing saved is lost")),
        }
    }
}

fn answer(view: impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(view).map_err(|_| Error::new("internal", "the app stumbled; nothing saved is lost"))
}
