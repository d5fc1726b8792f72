//! Moves a county: to another database, into a backup and out of one.

use super::{AdminError, Clock, County, Result};
use crate::db::archive::{Batch, Kind, Part, TABLES, Value};
use crate::db::{Database, DbError, epoch_above};
use crate::files::empty_private;
use crate::key;
use crate::place::Place;
use crypto::archive::{Opener, Sealer};
use crypto::county::CountySecret;
use domain::{CountyId, Millis};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc::{Sender, channel};

/// Batches on their way.
const UNDER_WAY: usize = 8;
/// Level of compression.
const LEVEL: i32 = 6;
/// Set in a county that lives elsewhere now: nobody may go on in it.
pub(super) const MOVED: &str = "moved";

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// Which county.
    pub county: CountyId,
    /// How many changes it has.
    pub changes: u64,
    /// How many sums of people were compared on both sides, or are in the backup.
    pub digests: u64,
    /// Its epoch now.
    pub epoch: u32,
}

/// The first line of a backup.
#[derive(serde::Serialize, serde::Deserialize)]
struct Head {
    porchlight_backup: u32,
    county: CountyId,
    made: Millis,
}

/// The last line of a backup.
#[derive(serde::Serialize, serde::Deserialize)]
struct End {
    rows: u64,
}

type Digests = BTreeMap<Vec<u8>, Vec<Value>>;
/// What stands for all rows of each table, in whatever order they come.
type Sums = [u128; TABLES.len()];

impl County {
    /// Writes a backup of this moment, under the county's key, to a file that must not exist. Nobody has to wait for
    /// it.
    ///
    /// # Errors
    /// The database, the disk.
    pub async fn backup(&self, file: &Path) -> Result<Moved> {
        let head = Head { porchlight_backup: 1, county: self.describe().await?.id, made: self.now() };
        let mut county = Moved { county: head.county, changes: 0, digests: 0, epoch: 0 };
        let (to, mut from) = channel::<Part>(UNDER_WAY);
        let (secret, file) = (self.secret(), file.to_owned());
        let writing = tokio::task::spawn_blocking(move || -> Result<Moved> {
            let unfinished = file.with_extension("unfinished");
            if file.exists() {
                return Err(AdminError::Exists("file"));
            }
            let sealer = Sealer::new(
                &secret,
                BufWriter::new(empty_private(&unfinished).map_err(AdminError::at(&file))?),
            )?;
            let mut lines = zstd::stream::write::Encoder::new(sealer, LEVEL)?;
            writeln!(lines, "{}", serde_json::to_string(&head).unwrap_or_default())?;
            let mut end = End { rows: 0 };
            loop {
                match from.blocking_recv() {
                    Some(Part::Rows(batch)) => {
                        end.rows += batch.rows.len() as u64;
                        count(&mut county, &batch);
                        writeln!(lines, "{}", batch.to_line())?;
                    }
                    Some(Part::End) => break,
                    // The database broke off: half a county is no backup.
                    None => {
                        drop(lines);
                        std::fs::remove_file(&unfinished)?;
                        return Err(DbError::GivenUp.into());
                    }
                }
            }
            writeln!(lines, "{}", serde_json::to_string(&end).unwrap_or_default())?;
            let written = lines.finish()?.finish()?.into_inner().map_err(|error| error.into_error())?;
            written.sync_all()?;
            std::fs::rename(&unfinished, &file)?;
            Ok(county)
        });
        let (exported, written) = tokio::join!(self.db.export(to), writing);
        let written = written.map_err(|_| DbError::GivenUp)?;
        match (exported, written) {
            // Each side only says of the other that it went.
            (Err(cause), Err(AdminError::Database(DbError::GivenUp))) => Err(cause.into()),
            (_, written) => written,
        }
    }

    /// Makes the county in `place` from a backup, in a new epoch: every device first offers what it holds. All or
    /// nothing. `replace` allows that it takes the place of one that is there.
    ///
    /// # Errors
    /// No backup of this county's key; [`DbError::Exists`]; the database.
    pub async fn restore(place: &Place, file: &Path, replace: bool, now: Millis) -> Result<Moved> {
        let secret = Arc::new(key::load(&place.data, place.key_file.as_deref())?);
        // Once through it first: nothing is begun with a file that cannot be read to its end.
        let (head, _) = blocking_read(&secret, file, None, 0).await?;
        let db = place.receive(&secret, head.county, replace).await?;
        let epoch = match db.county().await {
            Ok(there) => there.epoch,
            Err(DbError::Missing) => 0,
            Err(error) => return Err(error.into()),
        };
        let (to, from) = channel(UNDER_WAY);
        let reading = blocking_read(&secret, file, Some(to), epoch_above(epoch, now));
        let (imported, read) = tokio::join!(db.import(from, true), reading);
        let (_, mut moved) = match (imported, read) {
            (Err(cause), Err(AdminError::Database(DbError::GivenUp))) => return Err(cause.into()),
            (imported, read) => {
                let read = read?;
                imported?;
                read
            }
        };
        place.settle(head.county)?;
        moved.epoch = db.county().await?.epoch;
        Ok(moved)
    }
}

/// Copies a county from one database to another and compares the digests of every person. Its devices go on as if
/// nothing had happened: same county, same epoch, same numbers. The old place is marked as left; no server may be
/// running on it.
///
/// # Errors
/// There is a county already; it was written to meanwhile; the two differ.
pub async fn copy(from: &Place, to: &Place, clock: Clock) -> Result<Moved> {
    let old = County::open_at(from, clock).await?;
    let here = old.describe().await?;
    if to.is_taken() {
        return Err(DbError::Exists.into());
    }
    let new = to.receive(&old.secret(), here.id, false).await?;
    let compared = match transfer(old.db.as_ref(), new.as_ref()).await {
        Ok(compared) => compared,
        Err(error) => {
            // Nothing is left behind that could be taken for the county.
            let (end, nothing) = channel(1);
            end.send(Part::End).await.map_err(|_| DbError::GivenUp)?;
            new.import(nothing, true).await?;
            drop(new);
            to.give_up()?;
            return Err(error);
        }
    };
    to.settle(here.id)?;
    old.db.set_setting(MOVED, "yes".to_owned()).await?;
    Ok(compared)
}

async fn transfer(old: &dyn Database, new: &dyn Database) -> Result<Moved> {
    let (to, mut through) = channel::<Part>(UNDER_WAY);
    let (on, from) = channel::<Part>(UNDER_WAY);
    let here = old.county().await?;
    let mut moved = Moved { county: here.id, changes: 0, digests: 0, epoch: here.epoch };
    let (mut theirs, mut rows) = (Digests::new(), Sums::default());
    let pass = async {
        while let Some(part) = through.recv().await {
            if let Part::Rows(batch) = &part {
                count(&mut moved, batch);
                collect(&mut theirs, batch);
                sum(&mut rows, batch);
            }
            if on.send(part).await.is_err() {
                break;
            }
        }
        drop(on);
        drop(through);
    };
    let (exported, (), imported) = tokio::join!(old.export(to), pass, new.import(from, false));
    match (exported, imported) {
        (Err(DbError::GivenUp), Err(cause)) | (Err(cause), _) | (_, Err(cause)) => return Err(cause.into()),
        _ => {}
    }
    let ours = gathered(new, collect).await?;
    let report = new.check().await?;
    if ours != theirs || !report.sound() || report.changes != moved.changes {
        return Err(AdminError::Unusable { what: "the copy", why: "it differs from the original" });
    }
    // Not changes alone: work that was handed over, an enrolment, or that somebody was told of a person.
    if gathered::<Sums>(old, sum).await? != rows {
        let why = "it was written to meanwhile: stop its server first";
        return Err(AdminError::Unusable { what: "the county", why });
    }
    Ok(moved)
}

/// What is gathered from every row of a database as it is now.
async fn gathered<T: Default>(db: &dyn Database, gather: fn(&mut T, &Batch)) -> Result<T> {
    let (to, mut from) = channel(UNDER_WAY);
    let mut all = T::default();
    let collecting = async {
        while let Some(Part::Rows(batch)) = from.recv().await {
            gather(&mut all, &batch);
        }
    };
    let (exported, ()) = tokio::join!(db.export(to), collecting);
    exported?;
    Ok(all)
}

/// Adds rows to the sum of their table.
fn sum(all: &mut Sums, batch: &Batch) {
    for row in &batch.rows {
        let digest = crypto::proof::body_digest(format!("{row:?}").as_bytes());
        let (_, half) = digest.split_at(16);
        let number = half.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        all[batch.table] = all[batch.table].wrapping_add(number);
    }
}

/// The sums of every person as they are kept.
fn collect(all: &mut Digests, batch: &Batch) {
    if TABLES[batch.table].name == "digest" {
        for row in &batch.rows {
            if let [Value::Id(person), Value::Number(object), ..] = &row[..] {
                all.insert([&person[..], &object.to_be_bytes()[..]].concat(), row.clone());
            }
        }
    }
}

fn count(moved: &mut Moved, batch: &Batch) {
    match TABLES[batch.table].name {
        "change" => moved.changes += batch.rows.len() as u64,
        "digest" => moved.digests += batch.rows.len() as u64,
        _ => {}
    }
}

async fn blocking_read(
    secret: &Arc<CountySecret>,
    file: &Path,
    to: Option<Sender<Part>>,
    epoch: u32,
) -> Result<(Head, Moved)> {
    let (secret, file) = (Arc::clone(secret), file.to_owned());
    let read = tokio::task::spawn_blocking(move || read(&secret, &file, to.as_ref(), epoch));
    read.await.map_err(|_| DbError::GivenUp)?
}

/// Reads a backup to its end and sends what is in it, in this epoch, or in one above its own.
fn read(secret: &CountySecret, file: &Path, to: Option<&Sender<Part>>, epoch: u32) -> Result<(Head, Moved)> {
    let send = |part| match to {
        Some(to) => to.blocking_send(part).map_err(|_| DbError::GivenUp),
        None => Ok(()),
    };
    let broken = || AdminError::Unusable { what: "the file", why: "it is no whole backup of this county" };
    let sealed = File::open(file).map_err(AdminError::at(file))?;
    let opened = Opener::new(secret, BufReader::new(sealed)).map_err(|_| broken())?;
    let mut lines = BufReader::new(zstd::stream::read::Decoder::new(opened)?).lines();
    let mut next = || lines.next().transpose().map_err(|_| broken());
    let head: Head = next()?.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(broken)?;
    if head.porchlight_backup != 1 {
        return Err(AdminError::Unusable {
            what: "the file",
            why: "a newer version of this program made it",
        });
    }
    let (mut rows, mut end) = (0, None);
    let mut moved = Moved { county: head.county, changes: 0, digests: 0, epoch: 0 };
    while let Some(line) = next()? {
        // A batch has rows too, but a list of them.
        if let Ok(last) = serde_json::from_str::<End>(&line) {
            end = Some(last.rows);
            continue;
        }
        let mut batch = Batch::from_line(&line)?;
        rows += batch.rows.len() as u64;
        count(&mut moved, &batch);
        begin_epoch(&mut batch, epoch);
        send(Part::Rows(batch))?;
    }
    if end != Some(rows) {
        return Err(broken());
    }
    send(Part::End)?;
    Ok((head, moved))
}

/// The county's row begins a new epoch.
fn begin_epoch(batch: &mut Batch, new: u32) {
    let table = &TABLES[batch.table];
    let place = table.columns.iter().position(|column| *column == ("epoch", Kind::Number));
    if let (true, Some(place)) = (table.name == "county", place) {
        for row in &mut batch.rows {
            if let Value::Number(epoch) = &mut row[place] {
                *epoch = i64::from(new).max(*epoch + 1);
            }
        }
    }
}
