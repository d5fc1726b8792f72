//! Backups: online, sealed, whole or not at all.

use crate::handed::work;
use crate::town::{Town, now};
use server::admin::{AdminError, County, copy};
use server::db::DbError;
use server::db::archive::Part;
use server::db::sqlite::{Sqlite, open};
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
    let refused = County::restore(&place, &file, false, now()).await;
    assert!(matches!(refused, Err(AdminError::Database(DbError::Exists))));
    let cut = town.folder.path().join("cut.backup");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(County::restore(&place, &cut, true, now()).await, Err(AdminError::Unusable { .. })));
    assert_eq!(town.admin.describe().await.unwrap(), later);
    let moved = County::restore(&place, &file, true, now()).await.unwrap();
    let here = town.admin.describe().await.unwrap();
    assert_eq!((here.seq, here.epoch), (then.seq, moved.epoch));
    assert!(moved.epoch > then.epoch);
    assert_eq!((here.id, here.name), (then.id, then.name));
    assert!(town.admin.check().await.unwrap().sound());
    // Its sessions are over.
    let token = maria.client.token.clone();
    maria.client.get("/v1/people").await;
    assert_ne!(maria.client.token, token);
    // Once more: the epoch never goes back to one that devices have seen.
    assert!(County::restore(&place, &file, true, now()).await.unwrap().epoch > moved.epoch);
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
    let stolen = County::restore(&Place::embedded(other.path()), &file, true, now()).await;
    assert!(matches!(stolen, Err(AdminError::Unusable { .. })));
    // Whatever database it came from, it goes into the embedded one, too.
    std::fs::copy(town.folder.path().join("county.key"), fresh.path().join("county.key")).unwrap();
    let moved = County::restore(&Place::embedded(fresh.path()), &file, false, now()).await.unwrap();
    let anew = County::open(fresh.path(), None, clock).await.unwrap();
    let (here, there) = (anew.describe().await.unwrap(), town.admin.describe().await.unwrap());
    assert_eq!((here.id, here.seq, here.epoch), (there.id, there.seq, moved.epoch));
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
    // Its server still runs, and no change is made: only work is handed over, and codes are given out.
    let seq = town.admin.describe().await.unwrap().seq;
    let copied = std::cell::Cell::new(false);
    let writes = async {
        while !copied.get() {
            maria.store.hand_overs.push(work(person));
            maria.sync().await.unwrap();
        }
    };
    // A sync may take longer than the whole copy; one row does not.
    let codes = async {
        while !copied.get() {
            town.code("Sam").await;
        }
    };
    let copying = async {
        let outcome = copy(&place, &target, clock.clone()).await;
        copied.set(true);
        outcome
    };
    let (outcome, (), ()) = tokio::join!(copying, writes, codes);
    assert!(matches!(outcome, Err(AdminError::Unusable { what: "the county", .. })), "{outcome:?}");
    assert_eq!(town.admin.describe().await.unwrap().seq, seq);
    let copied = copy(&place, &target, clock).await;
    assert_eq!(copied.unwrap().changes, seq, "the control: when nobody writes it is copied");
}

#[tokio::test]
async fn two_restores_of_one_backup_are_two_lives() {
    let town = Town::new().await;
    let file = town.folder.path().join("pine.backup");
    town.admin.backup(&file).await.unwrap();
    let mut epochs = Vec::new();
    for later in [0, 1_000] {
        let fresh = tempfile::tempdir().unwrap();
        std::fs::copy(town.folder.path().join("county.key"), fresh.path().join("county.key")).unwrap();
        let place = Place::embedded(fresh.path());
        epochs.push(County::restore(&place, &file, false, now().plus(later)).await.unwrap().epoch);
    }
    assert!(epochs[0] < epochs[1], "tokens of the one are strangers to the other: {epochs:?}");
    assert!(epochs[0] > town.admin.describe().await.unwrap().epoch);
}

#[tokio::test]
async fn rows_that_stop_coming_are_not_kept() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    let db = town.base.receiving(town.folder.path(), town.admin.describe().await.unwrap().id).await;
    let before = town.admin.check().await.unwrap();
    let (to, mut from) = tokio::sync::mpsc::channel(64);
    db.export(to).await.unwrap();
    let mut parts = Vec::new();
    while let Some(part) = from.recv().await {
        parts.push(part);
    }
    assert_eq!(parts.last(), Some(&Part::End));
    let import = async |parts: Vec<Part>| {
        let (to, from) = tokio::sync::mpsc::channel(64);
        for part in parts {
            to.send(part).await.unwrap();
        }
        drop(to);
        db.import(from, true).await
    };
    let most = parts[..parts.len() - 1].to_vec();
    for cut in [most.clone(), Vec::new()] {
        assert!(matches!(import(cut).await, Err(DbError::GivenUp)), "the last word is missing");
        assert_eq!(town.admin.check().await.unwrap(), before);
    }
    // The control: with the last word the same rows are taken, and without rows none are left.
    import([most, vec![Part::End]].concat()).await.unwrap();
    assert_eq!(town.admin.check().await.unwrap(), before);
    import(vec![Part::End]).await.unwrap();
    assert!(db.county().await.is_err());
}

#[tokio::test]
async fn a_backup_that_breaks_off_leaves_no_file() {
    let town = Town::new().await;
    let file = town.folder.path().join("pine.backup");
    // The last table that is read is not there.
    town.base.run(town.folder.path(), "alter table import_report rename to elsewhere").await;
    assert!(matches!(town.admin.backup(&file).await, Err(AdminError::Database(_))));
    let left = std::fs::read_dir(town.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("pine.")));
    town.base.run(town.folder.path(), "alter table elsewhere rename to import_report").await;
    town.admin.backup(&file).await.unwrap();
}

#[tokio::test]
async fn what_a_cut_restore_leaves_in_an_empty_folder_is_in_nobodys_way() {
    let town = Town::new().await;
    let file = town.folder.path().join("pine.backup");
    town.admin.backup(&file).await.unwrap();
    let secret = town.admin.secret();
    let clock = Arc::new(server::server::clock);
    for left in ["tables", "nothing"] {
        for restores in [true, false] {
            let fresh = tempfile::tempdir().unwrap();
            let place = Place::embedded(fresh.path());
            std::fs::copy(town.folder.path().join("county.key"), fresh.path().join("county.key")).unwrap();
            let county = town.admin.describe().await.unwrap().id;
            match left {
                "tables" => drop(Sqlite::vacant(fresh.path(), &secret, county).unwrap()),
                _ => std::fs::write(fresh.path().join(open::FILE), b"").unwrap(),
            }
            assert!(County::open_at(&place, clock.clone()).await.is_err(), "{left}: no county");
            if restores {
                County::restore(&place, &file, false, now()).await.unwrap();
            } else {
                County::init_at(&place, "Pine", "America/New_York", clock.clone()).await.unwrap();
            }
            assert!(County::open_at(&place, clock.clone()).await.unwrap().check().await.unwrap().sound());
            // The control: now somebody lives there.
            let again = County::restore(&place, &file, false, now()).await;
            assert!(matches!(again, Err(AdminError::Database(DbError::Exists))), "{left}");
            let again = County::init_at(&place, "Pine", "America/New_York", clock.clone()).await;
            assert!(matches!(again, Err(AdminError::Database(DbError::Exists))), "{left}");
        }
    }
}
