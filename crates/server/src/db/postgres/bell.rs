//! Hears of commits: by notification, and by asking now and then, because a notification is lost when its line is.

use super::Postgres;
use super::url::DatabaseUrl;
use crate::db::{DbError, Result};
use domain::CountyId;
use futures_util::{StreamExt, stream};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

/// A line that went is made again after so long.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Rings when something was committed, perhaps also when nothing was.
pub(super) struct Bell {
    url: DatabaseUrl,
    county: CountyId,
    rings: Arc<Notify>,
    listening: OnceLock<JoinHandle<()>>,
}

impl Bell {
    /// One that listens from the first time it is waited for.
    pub(super) fn new(url: DatabaseUrl, county: CountyId) -> Self {
        Self { url, county, rings: Arc::default(), listening: OnceLock::new() }
    }

    async fn rung(&self) {
        let listen = || tokio::spawn(listen(self.url.clone(), self.county, Arc::clone(&self.rings)));
        self.listening.get_or_init(listen);
        // Time running out is as good: then the database is asked.
        let _ = tokio::time::timeout(self.url.believed, self.rings.notified()).await;
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.abort();
        }
    }
}

/// The channel on which a county's commits are announced.
pub(super) fn channel(county: CountyId) -> String {
    format!("porchlight_{}", county.0.simple())
}

impl Postgres {
    pub(super) async fn wait_for_commit(&self, seen: Option<i64>) -> Result<i64> {
        loop {
            let tx = self.begin_reading().await?;
            let sql = "select commits from county where county = $1";
            let row = tx.query_opt(sql, &[&self.county.0]).await?.ok_or(DbError::Missing)?;
            tx.commit().await?;
            let commits = row.get(0);
            if seen != Some(commits) {
                return Ok(commits);
            }
            self.bell.rung().await;
        }
    }
}

/// Listens for ever, on a line of its own.
async fn listen(url: DatabaseUrl, county: CountyId, rings: Arc<Notify>) {
    loop {
        if listen_once(&url, county, &rings).await.is_err() {
            tracing::debug!("the line on which commits are announced is down; they are asked for");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn listen_once(url: &DatabaseUrl, county: CountyId, rings: &Notify) -> Result<()> {
    let (client, mut line) = url.config.connect(url.tls.clone()).await?;
    let mut messages = stream::poll_fn(move |context| line.poll_message(context));
    let listen = format!("listen {}", channel(county));
    let ask = client.batch_execute(&listen);
    tokio::pin!(ask);
    let mut asked = false;
    loop {
        tokio::select! {
            done = &mut ask, if !asked => {
                done?;
                asked = true;
                // What was committed before we listened.
                rings.notify_one();
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(_))) => rings.notify_one(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    }
}
