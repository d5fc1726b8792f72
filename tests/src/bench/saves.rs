//! What a save costs over the least that a durable, encrypted one can; and an unlock over its key derivation. The two
//! of each pair are measured in turns, so that whatever else the machine does falls on both.

use super::device::Device;
use super::{median, ms, timed};
use crate::demo::Dice;
use crate::device::PASSPHRASE;
use crypto::kdf::{KdfParams, KekPurpose, derive_kek};
use crypto::passphrase::Passphrase;
use crypto::secret::random_bytes;
use domain::PersonId;
use rusqlite::Connection;
use std::path::Path;
use std::time::Instant;
use store::{Order, PeopleFilter, Vault};

impl Device {
    /// A visit saved, over a bare insert of as many bytes: the ratio of the medians of `runs` pairs.
    ///
    /// # Errors
    /// The store's.
    pub fn saves(&self, runs: usize) -> anyhow::Result<f64> {
        let people = self.store.person_list(&PeopleFilter::default(), Order::Name, None, 200)?.rows;
        let people: Vec<PersonId> = people.iter().map(|row| row.person).collect();
        let bare = bare(&self.folder)?;
        let mut dice = Dice(7);
        let (mut saves, mut inserts) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let who = *dice.pick(&people);
            let visit = self.visit(who, &mut dice)?;
            let texts = visit.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
            saves.push(ms(timed(|| self.record(visit))?));
            let row = (random_bytes::<16>().to_vec(), texts.concat());
            inserts.push(ms(timed(|| bare.execute("insert into visit (id, body) values (?1, ?2)", row))?));
        }
        Ok(median(&mut saves) / median(&mut inserts))
    }

    /// An unlock over Argon2id alone: the ratio of the medians of `runs` pairs. The vault is locked afterwards.
    ///
    /// # Errors
    /// The vault's.
    pub fn unlocks(self, runs: usize) -> anyhow::Result<f64> {
        self.store.lock();
        let (mut unlocks, mut keys) = (Vec::new(), Vec::new());
        let typed = Passphrase::new(PASSPHRASE);
        let purpose = KekPurpose { user: "user", vault: "vault", slot_kind: "passphrase" };
        for _ in 0..runs {
            let begun = Instant::now();
            let store = Vault::unlock(&self.folder, PASSPHRASE, &self.secret, server::server::clock())?;
            unlocks.push(ms(begun.elapsed()));
            store.lock();
            let salt = random_bytes();
            let derive = || derive_kek(&typed, &salt, &KdfParams::DEFAULT, &self.secret, purpose);
            keys.push(ms(timed(derive)?));
        }
        Ok(median(&mut unlocks) / median(&mut keys))
    }
}

/// One encrypted table on the same disk, durable at each commit.
fn bare(folder: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(folder.join("bare.db"))?;
    db.execute_batch(
        "pragma cipher_memory_security = on;
         pragma key = \"x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'\";
         pragma cipher_page_size = 8192; pragma cipher_hmac_algorithm = HMAC_SHA256;
         pragma journal_mode = wal; pragma synchronous = full;
         create table visit (id blob primary key, body text not null) strict;",
    )?;
    Ok(db)
}
