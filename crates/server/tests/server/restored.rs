//! A county that was restored from a backup: what it lacks comes back by its own signature, whoever brings it, and
//! devices that it has forgotten wait to be admitted again.

use crate::handed::{letter, shown, work};
use crate::model::Device;
use crate::town::{Town, now};
use server::admin::{AdminError, County};
use server::place::Place;
use sync::engine::SyncError;
use sync::ports::RemoteError;
use sync::wire::{Verdict, WAITING};

/// The county is what it was in the backup; its devices hear so with their next sync.
async fn restored(town: Town, backup: &std::path::Path) -> Town {
    let data = town.folder.path();
    town.running.stop().await;
    let place = Place { database: town.base.owner(), ..Place::embedded(data) };
    County::restore(&place, backup, true, now()).await.unwrap();
    let running = Town::serve(data, town.base.server()).await;
    let place = Place { database: town.base.server(), ..Place::embedded(data) };
    let admin = County::open_at(&place, std::sync::Arc::new(server::server::clock)).await.unwrap();
    Town { admin, running, ..town }
}

async fn waits(device: &mut Device) {
    match device.sync().await {
        Err(SyncError::Remote(RemoteError::Refused { code })) => assert_eq!(code, WAITING),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_restored_county_lacks_comes_back_by_its_own_signature() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    maria.meet("Red");
    maria.settle().await;
    sam.settle().await;
    let backup = town.folder.path().join("pine.backup");
    town.admin.backup(&backup).await.unwrap();

    let (blue, case) = maria.meet("Blue");
    maria.settle().await;
    let mut dev = town.device("Dev").await;
    let (green, _) = dev.meet("Green");
    dev.settle().await;
    sam.settle().await;
    sam.assign(blue, case, town.team, dev.user(), None);
    sam.settle().await;
    dev.settle().await;
    let (before, last) = (town.admin.check().await.unwrap(), town.admin.describe().await.unwrap());
    let known = sam.store.log.clone();

    let town = restored(town, &backup).await;
    let here = town.admin.describe().await.unwrap();
    assert!(here.epoch > last.epoch && here.seq < last.seq, "the control: the backup lacks something");
    for device in [&mut maria, &mut sam, &mut dev] {
        device.client.server = town.running.address.clone();
    }

    // Dev's device was admitted after the backup. It shows its certificate, offers what it has, and gets nothing.
    dev.client.shows = true;
    let late = work(green);
    let id = late.id;
    dev.store.hand_overs.push(late);
    waits(&mut dev).await;
    assert_eq!(*dev.verdict(id), Verdict::HandedOver, "it is heard all the same");
    let waiting = town.admin.waiting().await.unwrap();
    let [row] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((row.device.device, row.device.user), (dev.client.device(), dev.user()));

    // Maria's never heard that Blue is Dev's now; hers, and Sam's, bring the rest.
    let offered = maria.sync().await.unwrap().offered + sam.sync().await.unwrap().offered;
    assert!(offered > 0, "{offered}");
    town.admin.readmit(&dev.client.device().to_string()).await.unwrap();
    assert!(town.admin.waiting().await.unwrap().is_empty());
    for device in [&mut dev, &mut maria, &mut sam] {
        device.settle().await;
    }
    let after = town.admin.check().await.unwrap();
    assert_eq!((after.changes, after.sound()), (before.changes, true));
    for device in [&maria, &sam, &dev] {
        let stamps = device.store.log.iter().map(|(id, (_, stamp))| (id, *stamp));
        assert!(stamps.clone().all(|(id, stamp)| known.get(id).is_none_or(|(_, was)| *was == stamp)));
    }
    assert!(known.keys().all(|id| sam.store.log.contains_key(id)));
    let of_blue = maria.store.log.values().filter(|(change, _)| change.person == Some(blue)).count();
    assert_eq!(of_blue, 0, "who left is gone again");
    assert_eq!(dev.store.people(), [blue, green].into());
    assert_eq!(shown(&mut sam).await.len(), 1);
}

#[tokio::test]
async fn a_sealed_file_of_a_device_that_waits_is_read() {
    let town = Town::new().await;
    let backup = town.folder.path().join("pine.backup");
    town.admin.backup(&backup).await.unwrap();
    let (mut dev, mut sam) = (town.device("Dev").await, town.device("Sam").await);
    let (green, _) = dev.meet("Green");
    dev.settle().await;
    let file = town.folder.path().join("letter");
    let to = dev.client.enrolled.sealing_key.unwrap();
    std::fs::write(&file, letter(&dev, vec![work(green)]).seal(&dev.client.key, &to).unwrap()).unwrap();
    let town = restored(town, &backup).await;
    let unknown = town.admin.open_letter(&file).await;
    assert!(matches!(unknown, Err(AdminError::NoSuch("device"))), "nobody has heard of it yet");
    for device in [&mut dev, &mut sam] {
        device.client.server = town.running.address.clone();
        device.client.shows = true;
        waits(device).await;
    }
    let report = town.admin.open_letter(&file).await.unwrap();
    assert_eq!((report.from.as_str(), report.taken), ("Dev", 1));
    town.admin.readmit(&sam.client.device().to_string()).await.unwrap();
    assert_eq!(shown(&mut sam).await[0].author, dev.user());
}

#[tokio::test]
async fn a_token_that_was_never_given_begins_an_epoch_and_ends_all_sessions() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.settle().await;
    let (db, token) = (town.admin.database(), maria.client.token.clone());
    let here = db.county().await.unwrap();
    assert_eq!(db.new_epoch(Some((here.epoch, here.seq)), now()).await.unwrap(), here.epoch);
    maria.client.get("/v1/people").await;
    assert_eq!(maria.client.token, token, "the control");
    let met = (here.epoch + 5, 1);
    let epoch = db.new_epoch(Some(met), now()).await.unwrap();
    assert!(epoch > met.0);
    assert_eq!(db.new_epoch(Some(met), now()).await.unwrap(), epoch, "once is enough");
    maria.client.get("/v1/people").await;
    assert_ne!(maria.client.token, token);
    maria.settle().await;
    assert!(db.new_epoch(None, now()).await.unwrap() > epoch, "somebody says so");
}
