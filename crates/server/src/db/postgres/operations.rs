//! The operations of [`Database`], each in its transaction.

use super::archive as rows;
use super::{
    Postgres, TRIES, accept, audit, auth, check, concerned, epoch, feed, imports, pull, refold, rest, schema,
    text, told,
};
use crate::db::*;
use crate::decide::Page;
use async_trait::async_trait;
use domain::{Change, RecordId, RecordKind, Stamp};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::mpsc::{Receiver, Sender};

#[async_trait]
impl Database for Postgres {
    async fn ready(&self) -> Result<()> {
        let tx = self.begin_reading().await?;
        let version = tx.schema().await?;
        tx.commit().await?;
        if version == Some(schema::newest()) { Ok(()) } else { Err(DbError::OtherSchema) }
    }

    fn pool(&self) -> Pool {
        let state = self.pool.status();
        Pool {
            size: state.max_size,
            busy: state.size.saturating_sub(state.available),
            waiting: state.waiting,
        }
    }

    fn waits(&self) -> Histogram {
        self.waits.clone()
    }

    async fn county(&self) -> Result<County> {
        let tx = self.begin_reading().await?;
        let found = super::county(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn setting(&self, name: &'static str) -> Result<Option<String>> {
        let tx = self.begin_reading().await?;
        let sql = "select value from setting where county = $1 and name = $2";
        let row = tx.query_opt(sql, &[&self.county.0, &name]).await?;
        tx.commit().await?;
        Ok(row.map(|row| row.get(0)))
    }

    async fn set_setting(&self, name: &'static str, value: String) -> Result<()> {
        let tx = self.begin().await?;
        let sql = "insert into setting (county, name, value) values ($1, $2, $3)
             on conflict (county, name) do update set value = excluded.value";
        tx.execute(sql, &[&self.county.0, &name, &text(&value)]).await?;
        tx.commit().await
    }

    async fn device(&self, device: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>> {
        let tx = self.begin_reading().await?;
        let found = auth::device(&tx, device).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn devices(&self) -> Result<Vec<(DeviceRow, MemberRow)>> {
        let tx = self.begin_reading().await?;
        let found = auth::devices(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn revoke(&self, device: DeviceId, now: Millis) -> Result<bool> {
        let tx = self.begin().await?;
        let done = auth::revoke(&tx, device, now).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn open_session(
        &self,
        device: DeviceId,
        hash: [u8; 32],
        now: Millis,
        expires: Millis,
    ) -> Result<()> {
        let tx = self.begin().await?;
        let done = auth::open_session(&tx, device, hash, (now, expires)).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn has_session(&self, device: DeviceId, hash: [u8; 32], now: Millis) -> Result<bool> {
        let tx = self.begin_reading().await?;
        let found = auth::has_session(&tx, device, hash, now).await?;
        tx.commit().await?;
        Ok(found)
    }

    fn nonce_scope(&self) -> [u8; 16] {
        self.county.bytes()
    }

    async fn spend_nonce(&self, nonce: [u8; 12], now: i64, expires: i64) -> Result<bool> {
        let tx = self.begin().await?;
        let first = auth::spend_nonce(&tx, nonce, now, expires).await?;
        tx.commit().await?;
        Ok(first)
    }

    async fn add_enrolment(&self, hash: [u8; 32], user: UserId, expires: Millis) -> Result<()> {
        let tx = self.begin().await?;
        let done = auth::add_enrolment(&tx, hash, user, expires).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn enrol(&self, ask: Enrolment) -> Result<EnrolOutcome> {
        let tx = self.begin().await?;
        let done = auth::enrol(&tx, &ask).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn members(&self) -> Result<Vec<MemberRow>> {
        let tx = self.begin_reading().await?;
        let found = auth::members(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn teams(&self) -> Result<Vec<TeamRow>> {
        let tx = self.begin_reading().await?;
        let found = auth::teams(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn wait_for_readmission(&self, device: DeviceRow) -> Result<()> {
        let tx = self.begin().await?;
        epoch::wait(&tx, &device).await?;
        tx.commit().await
    }

    async fn waiting(&self) -> Result<Vec<WaitingRow>> {
        let tx = self.begin_reading().await?;
        let found = epoch::waiting(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn readmit(&self, device: DeviceId) -> Result<Option<MemberRow>> {
        let tx = self.begin().await?;
        let done = epoch::readmit(&tx, device).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn new_epoch(&self, met: Option<(u32, u64)>, now: Millis) -> Result<u32> {
        let tx = self.begin().await?;
        let counts = epoch::begin(&tx, met, now).await?;
        tx.commit().await?;
        Ok(counts)
    }

    async fn wanted(&self, device: DeviceId, member: Member, held: Vec<HeldDigest>) -> Result<Vec<Wanted>> {
        let tx = self.begin().await?;
        let found = epoch::wanted(&tx, device, &member, &held).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn accept(&self, page: Page, report: Option<Taken>) -> Result<Outcome> {
        let tx = self.begin().await?;
        let done = accept::accept(&tx, page, report.as_ref()).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn begin_pull(&self, ask: PullAsk) -> Result<Begun> {
        for _ in 1..TRIES {
            match self.begin_pull_once(&ask).await {
                Err(DbError::Busy) => {}
                done => return done,
            }
        }
        self.begin_pull_once(&ask).await
    }

    async fn county_records(&self, from: u64, to: u64) -> Result<Vec<Delivery>> {
        let tx = self.begin_reading().await?;
        let found = feed::county_records(&tx, from, to).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn histories(&self, ask: HistoryAsk) -> Result<HistoryPart> {
        let tx = self.begin_reading().await?;
        still_reads(auth::device(&tx, ask.device).await?, &ask.member)?;
        let found = feed::histories(&tx, &ask).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn feed(&self, ask: FeedAsk) -> Result<FeedPart> {
        let tx = self.begin_reading().await?;
        still_reads(auth::device(&tx, ask.device).await?, &ask.member)?;
        let found = feed::feed(&tx, &ask).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn last_frame(&self, ask: FeedAsk) -> Result<LastPart> {
        let tx = self.begin_reading().await?;
        still_reads(auth::device(&tx, ask.device).await?, &ask.member)?;
        let found = feed::last(&tx, &ask, &self.settled).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn missed(&self, device: DeviceId, people: BTreeSet<PersonId>) -> Result<()> {
        let tx = self.begin().await?;
        told::missed(&tx, device, &people).await?;
        tx.commit().await
    }

    async fn people(&self, member: Member, after: Option<PersonId>, limit: u32) -> Result<Vec<PersonRow>> {
        let tx = self.begin_reading().await?;
        let found = rest::people(&tx, &member, after, limit).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn changes_of(
        &self,
        member: Member,
        person: PersonId,
        after: u64,
        limit: u32,
    ) -> Result<Option<Vec<Delivery>>> {
        let tx = self.begin_reading().await?;
        let found = rest::changes_of(&tx, &member, person, (after, limit)).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn reports_of_incident(&self, agency: String, incident: String) -> Result<Vec<ReportRow>> {
        let tx = self.begin_reading().await?;
        let found = imports::of_incident(&tx, &agency, &incident).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn reports_of_event(&self, event: RecordId) -> Result<Vec<ReportRow>> {
        let tx = self.begin_reading().await?;
        let found = imports::of_event(&tx, event).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn report(&self, agency: String, report: String) -> Result<Option<ReportRow>> {
        let tx = self.begin_reading().await?;
        let found = imports::one(&tx, &agency, &report).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn same_name(&self, full_name: String, birth_date: String) -> Result<Vec<PersonId>> {
        let tx = self.begin_reading().await?;
        let found = imports::same_name(&tx, &full_name, &birth_date).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn changes_of_kind(
        &self,
        person: Option<PersonId>,
        kind: RecordKind,
    ) -> Result<Vec<(Change, Stamp)>> {
        let tx = self.begin_reading().await?;
        let found = refold::of_kind(&tx, person, &kind).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn changed(&self, seen: Option<i64>) -> Result<i64> {
        self.wait_for_commit(seen).await
    }

    async fn concerned(&self, after: u64, except: Vec<(u64, u64)>) -> Result<Commits> {
        let tx = self.begin_reading().await?;
        let found = concerned::since(&tx, after, &except).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn export(&self, to: Sender<archive::Part>) -> Result<()> {
        let tx = self.begin_reading().await?;
        rows::export(&tx, to).await?;
        tx.commit().await
    }

    async fn import(&self, from: Receiver<archive::Part>, replace: bool) -> Result<()> {
        let tx = self.begin().await?;
        rows::import(&tx, from, replace).await?;
        tx.commit().await
    }

    async fn audit(&self, row: AuditRow) -> Result<()> {
        let tx = self.begin().await?;
        audit::keep(&tx, &[row]).await?;
        tx.commit().await
    }

    async fn audited(&self, limit: u32) -> Result<Vec<AuditRow>> {
        let tx = self.begin_reading().await?;
        let found = audit::last(&tx, limit).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn check(&self) -> Result<CheckReport> {
        let tx = self.begin_reading().await?;
        let found = check::check(&tx).await?;
        tx.commit().await?;
        Ok(found)
    }
}

impl Postgres {
    async fn begin_pull_once(&self, ask: &PullAsk) -> Result<Begun> {
        let tx = self.begin_of_a_moment().await?;
        let begun = pull::begin(&tx, ask, &self.settled).await?;
        tx.commit().await?;
        Ok(begun)
    }
}
