//! The operations of [`Database`], each on its connection.

use super::archive as rows;
use super::{
    Sqlite, accept, audit, auth, check, concerned, epoch, feed, imports, open, pull, refold, rest, told,
};
use crate::db::own::Own;
use crate::db::*;
use crate::decide::Page;
use async_trait::async_trait;
use domain::{Change, RecordId, RecordKind, Stamp};
use prometheus_client::metrics::histogram::Histogram;
use rusqlite::OptionalExtension;
use tokio::sync::mpsc::{Receiver, Sender};

#[async_trait]
impl Database for Sqlite {
    async fn ready(&self) -> Result<()> {
        self.read(
            |c, _| {
                if open::version(c)? == open::newest_schema() { Ok(()) } else { Err(DbError::OtherSchema) }
            },
        )
        .await
    }

    fn pool(&self) -> Pool {
        self.pool_state()
    }

    fn waits(&self) -> Histogram {
        self.queue.waits.clone()
    }

    async fn county(&self) -> Result<County> {
        self.read(super::county).await
    }

    async fn setting(&self, name: &'static str) -> Result<Option<String>> {
        self.read(move |c, county| {
            let sql = "select value from setting where county = ?1 and name = ?2";
            Ok(c.query_row(sql, (county.bytes(), name), |row| row.get(0)).optional()?)
        })
        .await
    }

    async fn set_setting(&self, name: &'static str, value: String) -> Result<()> {
        self.write(move |c, county| {
            c.execute(
                "insert into setting (county, name, value) values (?1, ?2, ?3)
                 on conflict (county, name) do update set value = excluded.value",
                (county.bytes(), name, value),
            )?;
            Ok(())
        })
        .await
    }

    async fn device(&self, device: DeviceId) -> Result<Option<(DeviceRow, MemberRow)>> {
        self.read(move |c, county| auth::device(c, county, device)).await
    }

    async fn devices(&self) -> Result<Vec<(DeviceRow, MemberRow)>> {
        self.read(auth::devices).await
    }

    async fn revoke(&self, device: DeviceId, now: Millis) -> Result<bool> {
        self.write(move |c, county| auth::revoke(c, county, device, now)).await
    }

    async fn open_session(
        &self,
        device: DeviceId,
        hash: [u8; 32],
        now: Millis,
        expires: Millis,
    ) -> Result<()> {
        self.write(move |c, county| auth::open_session(c, county, device, hash, (now, expires))).await
    }

    async fn has_session(&self, device: DeviceId, hash: [u8; 32], now: Millis) -> Result<bool> {
        self.read(move |c, county| auth::has_session(c, county, device, hash, now)).await
    }

    fn nonce_scope(&self) -> [u8; 16] {
        self.nonces.scope
    }

    async fn spend_nonce(&self, nonce: [u8; 12], now: i64, expires: i64) -> Result<bool> {
        Ok(self.nonces.spend(nonce, now, expires))
    }

    async fn add_enrolment(&self, hash: [u8; 32], user: UserId, expires: Millis) -> Result<()> {
        self.write(move |c, county| auth::add_enrolment(c, county, hash, user, expires)).await
    }

    async fn enrol(&self, ask: Enrolment) -> Result<EnrolOutcome> {
        self.write(move |c, county| auth::enrol(c, county, &ask)).await
    }

    async fn members(&self) -> Result<Vec<MemberRow>> {
        self.read(auth::members).await
    }

    async fn teams(&self) -> Result<Vec<TeamRow>> {
        self.read(auth::teams).await
    }

    async fn wait_for_readmission(&self, device: DeviceRow) -> Result<()> {
        self.write(move |c, county| epoch::wait(c, county, &device)).await
    }

    async fn waiting(&self) -> Result<Vec<WaitingRow>> {
        self.read(epoch::waiting).await
    }

    async fn readmit(&self, device: DeviceId) -> Result<Option<MemberRow>> {
        self.write(move |c, county| epoch::readmit(c, county, device)).await
    }

    async fn new_epoch(&self, met: Option<(u32, u64)>, now: Millis) -> Result<u32> {
        self.write(move |c, county| epoch::begin(c, county, met, now)).await
    }

    async fn wanted(&self, device: DeviceId, member: Member, held: Vec<HeldDigest>) -> Result<Vec<Wanted>> {
        self.read(move |c, county| epoch::wanted(c, county, (device, &member), &held)).await
    }

    async fn accept(&self, page: Page, report: Option<Taken>) -> Result<Outcome> {
        let own = Own::of(&page);
        let outcome = self.write(move |c, county| accept::accept(c, county, page, report.as_ref())).await?;
        if let (Some(device), Some(numbers)) = (own, outcome.numbers) {
            self.own.note(device, numbers);
        }
        Ok(outcome)
    }

    async fn begin_pull(&self, ask: PullAsk) -> Result<Begun> {
        let settled = self.settled.clone();
        self.write(move |c, county| pull::begin(c, county, ask, &settled)).await
    }

    async fn county_records(&self, from: u64, to: u64) -> Result<Vec<Delivery>> {
        self.read(move |c, county| feed::county_records(c, county, from, to)).await
    }

    async fn histories(&self, ask: HistoryAsk) -> Result<HistoryPart> {
        self.read(move |c, county| {
            still_reads(auth::device(c, county, ask.device)?, &ask.member)?;
            feed::histories(c, county, &ask)
        })
        .await
    }

    async fn feed(&self, ask: FeedAsk) -> Result<FeedPart> {
        let own = self.own.clone();
        self.read(move |c, county| {
            still_reads(auth::device(c, county, ask.device)?, &ask.member)?;
            feed::feed(c, county, &ask, &own)
        })
        .await
    }

    async fn last_frame(&self, ask: FeedAsk) -> Result<LastPart> {
        let (settled, own) = (self.settled.clone(), self.own.clone());
        self.read(move |c, county| {
            still_reads(auth::device(c, county, ask.device)?, &ask.member)?;
            feed::last(c, county, &ask, &settled, &own)
        })
        .await
    }

    async fn missed(&self, device: DeviceId, people: BTreeSet<PersonId>) -> Result<()> {
        self.write(move |c, county| told::missed(c, county, device, &people)).await
    }

    async fn people(&self, member: Member, after: Option<PersonId>, limit: u32) -> Result<Vec<PersonRow>> {
        self.read(move |c, county| rest::people(c, county, &member, after, limit)).await
    }

    async fn changes_of(
        &self,
        member: Member,
        person: PersonId,
        after: u64,
        limit: u32,
    ) -> Result<Option<Vec<Delivery>>> {
        self.read(move |c, county| rest::changes_of(c, county, &member, person, (after, limit))).await
    }

    async fn reports_of_incident(&self, agency: String, incident: String) -> Result<Vec<ReportRow>> {
        self.read(move |c, county| imports::of_incident(c, county, &agency, &incident)).await
    }

    async fn reports_of_event(&self, event: RecordId) -> Result<Vec<ReportRow>> {
        self.read(move |c, county| imports::of_event(c, county, event)).await
    }

    async fn report(&self, agency: String, report: String) -> Result<Option<ReportRow>> {
        self.read(move |c, county| imports::one(c, county, &agency, &report)).await
    }

    async fn same_name(&self, full_name: String, birth_date: String) -> Result<Vec<PersonId>> {
        self.read(move |c, county| imports::same_name(c, county, &full_name, &birth_date)).await
    }

    async fn changes_of_kind(
        &self,
        person: Option<PersonId>,
        kind: RecordKind,
    ) -> Result<Vec<(Change, Stamp)>> {
        self.read(move |c, county| refold::of_kind(c, county, person, &kind)).await
    }

    async fn changed(&self, seen: Option<i64>) -> Result<i64> {
        loop {
            let version = self.data_version().await?;
            if seen != Some(version) {
                return Ok(version);
            }
            tokio::time::sleep(super::EVERY).await;
        }
    }

    async fn concerned(&self, after: u64, except: Vec<(u64, u64)>) -> Result<Commits> {
        self.read(move |c, county| concerned::since(c, county, after, &except)).await
    }

    async fn export(&self, to: Sender<archive::Part>) -> Result<()> {
        self.read(move |c, county| rows::export(c, county, &to)).await
    }

    async fn import(&self, from: Receiver<archive::Part>, replace: bool) -> Result<()> {
        self.write(move |c, county| rows::import(c, county, from, replace)).await
    }

    async fn audit(&self, row: AuditRow) -> Result<()> {
        self.write(move |c, county| audit::keep(c, county, &[row])).await
    }

    async fn audited(&self, limit: u32) -> Result<Vec<AuditRow>> {
        self.read(move |c, county| audit::last(c, county, limit)).await
    }

    async fn check(&self) -> Result<CheckReport> {
        self.read(check::check).await
    }
}
