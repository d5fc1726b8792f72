//! Backups: online, sealed, whole or not at all.

use crate::handed::work;
use crate::town::Town;
use server::admin::{AdminError, County, copy};
use server::db::DbError;
use server::place::Place;
use std::sync::Arc;

#[tokio::test]
async fn a_backup_brings_back_what_was_there_in_a_new_epoch() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("A-MARKED-ALIAS");
    maria.settle().await;
    // The server goes on.
    let file = town.folder.path().join("pine.backup");
    let made = town.admin.backup(&file).await.unwrap();
    let then = town.admin.describe().await.unwrap();
    assert_eq!(made.changes, then.seq);
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(14).any(|window| window == b"A-MARKED-ALIAS"));
    assert!(matches!(town.admin.backup(&file).await, Err(AdminError::Exists("file"))), "never over another");
    maria.meet("Blue");
    maria.settle().await;
    let later = town.admin.describe().await.unwrap();
    assert!(later.seq > then.seq);
    // Not without being told, and not from a file that is not whole.
    let place = Place { database: town.base.owner(), ..Place::embedded(town.folder.path()) };
    let refused = County::restore(&place, &file, false).await;
    assert!(matches!(refused, Err(AdminError::Database(DbError::Exists))));
    let cut = town.folder.path().join("cut.backup");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(County::restore(&place, &cut, true).await, Err(AdminError::Unusable { .. })));
    assert_eq!(town.admin.describe().await.unwrap(), later);
    let moved = County::restore(&place, &file, true).await.unwrap();
    let now = town.admin.describe().await.unwrap();
    assert_eq!((now.seq, now.epoch, moved.epoch), (then.seq, then.epoch + 1, then.epoch + 1));
    assert_eq!((now.id, now.name), (then.id, then.name));
    assert!(town.admin.check().await.unwrap().sound());
    // Its sessions are over.
    let token = maria.client.token.clone();
    maria.client.get("/v1/people").await;
    assert_ne!(maria.client.token, token);
    // Once more: the epoch never goes back to one that devices have seen.
    assert_eq!(County::restore(&place, &file, true).await.unwrap().epoch, then.epoch + 2);
}

#[tokio::test]
async fn a_backup_makes_the_county_anew_where_its_key_is_and_nowhere_else() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    let file = town.folder.path().join("pine.backup");
    town.admin.backup(&file).await.unwrap();
    let (other, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = Arc::new(server::server::clock);
    County::init(other.path(), None, "Oak", "America/Chicago", clock.clone()).await.unwrap();
    let stolen = County::restore(&Place::embedded(other.path()), &file, true).await;
    assert!(matches!(stolen, Err(AdminError::Unusable { .. })));
    // Whatever database it came from, it goes into the embedded one, too.
    std::fs::copy(town.folder.path().join("county.key"), fresh.path().join("county.key")).unwrap();
    let moved = County::restore(&Place::embedded(fresh.path()), &file, false).await.unwrap();
    let anew = County::open(fresh.path(), None, clock).await.unwrap();
    let (here, there) = (anew.describe().await.unwrap(), town.admin.describe().await.unwrap());
    assert_eq!((here.id, here.seq, here.epoch), (there.id, there.seq, there.epoch + 1));
    assert_eq!(moved.changes, there.seq);
    assert_eq!(anew.users().await.unwrap(), town.admin.users().await.unwrap());
    assert_eq!(anew.devices().await.unwrap(), town.admin.devices().await.unwrap());
    assert!(anew.check().await.unwrap().sound());
}

#[tokio::test]
async fn a_county_that_is_written_to_while_it_is_copied_stays_where_it_is() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    let (person, _) = maria.meet("Red");
    for n in 0..150 {
        maria.meet(&format!("Somebody {n}"));
    }
    maria.settle().await;
    let fresh = tempfile::tempdir().unwrap();
    std::fs::copy(town.folder.path().join("county.key"), fresh.path().join("county.key")).unwrap();
    let place = Place { database: town.base.server(), ..Place::embedded(town.folder.path()) };
    let (target, clock) = (Place::embedded(fresh.path()), Arc::new(server::server::clock));
    // Its server still runs, and no change is made: only work is handed over.
    let seq = town.admin.describe().await.unwrap().seq;
    let copied = std::cell::Cell::new(false);
    let writes = async {
        while !copied.get() {
            maria.store.hand_overs.push(work(person));
            maria.sync().await.unwrap();
        }
    };
    let copying = async {
        let outcome = copy(&place, &target, clock.clone()).await;
        copied.set(true);
        outcome
    };
    let (outcome, ()) = tokio::join!(copying, writes);
    assert!(matches!(outcome, Err(AdminError::Unusable { what: "the county", .. })), "{outcome:?}");
    assert_eq!(town.admin.describe().await.unwrap().seq, seq);
    let copied = copy(&place, &target, clock).await;
    assert_eq!(copied.unwrap().changes, seq, "the control: when nobody writes it is copied");
}
