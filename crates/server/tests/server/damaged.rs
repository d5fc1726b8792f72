//! What was done to a county behind its back: `check` finds it, and says it for what it is.

use crate::base::NOTED;
use crate::town::Town;
use server::admin::County;
use server::db::CheckReport;
use server::place::Place;
use std::process::Command;
use std::sync::Arc;

/// What is done to a table, and what the report of a sound county becomes by it.
type Damage = (&'static str, &'static str, fn(&mut CheckReport));

/// The county has one person, with one record of each of three kinds; the assignment came last.
const DAMAGES: [Damage; 18] = [
    ("change", "delete from change where kind = 'assignment'", |report| {
        report.changes -= 1;
        report.digests_wrong = 1;
        report.caseload_wrong = 1;
    }),
    ("change", "delete from change where kind = 'person'", |report| {
        report.changes -= 1;
        report.damaged = 1;
        report.digests_wrong = 1;
    }),
    ("change", "update change set seq = seq + 7 where kind = 'assignment'", |report| report.damaged = 1),
    ("change", "update change set stamp = stamp + 1 where kind = 'person'", |report| {
        report.digests_wrong = 1
    }),
    ("change", "update change set body = '{}' where kind = 'case'", |report| report.bodies_wrong = 1),
    ("change", "update change set body = substr(body, 2) where kind = 'staff' and seq < 5", |report| {
        report.bodies_wrong = 1;
    }),
    ("change", "update change set id = record where kind = 'assignment'", |report| {
        report.bodies_wrong = 1;
        report.digests_wrong = 1;
    }),
    ("change", "update change set record = id where kind = 'assignment'", |report| report.bodies_wrong = 1),
    ("change", "update change set kind = 'case' where kind = 'assignment'", |report| report.bodies_wrong = 1),
    ("change", "update change set person = null where kind = 'person'", |report| {
        report.bodies_wrong = 1;
        report.digests_wrong = 2;
    }),
    (
        "digest",
        "update digest set count = count + 1 where object = (select object from change where kind = 'person')",
        |report| report.digests_wrong = 1,
    ),
    (
        "digest",
        "update digest set sum = (select other.sum from digest as other
           where other.object = (select object from change where kind = 'assignment'))
         where object = (select object from change where kind = 'person')",
        |report| report.digests_wrong = 1,
    ),
    (
        "digest",
        "update digest set sum = substr(sum, 2) where object = (select object from change where kind = 'person')",
        |report| report.digests_wrong = 1,
    ),
    (
        "digest",
        "delete from digest where object = (select object from change where kind = 'person')",
        |report| report.digests_wrong = 1,
    ),
    ("caseload", "update caseload set lead = null", |report| report.caseload_wrong = 1),
    ("caseload", "update caseload set open = not open", |report| report.caseload_wrong = 1),
    ("caseload", "delete from caseload", |report| report.caseload_wrong = 1),
    // Somebody is carried of whom nothing is known, and somebody known is not.
    ("caseload", "update caseload set person = case_id", |report| report.caseload_wrong = 2),
];

#[tokio::test]
async fn every_damage_to_the_rows_is_found_and_said_for_what_it_is() {
    let town = Town::new().await;
    let mut maria = town.device("Maria").await;
    maria.meet("Red");
    maria.settle().await;
    let (folder, county) = (town.folder.path(), town.admin.describe().await.unwrap().id);
    let sound = town.admin.check().await.unwrap();
    assert!(sound.sound() && sound.changes == sound.seq && sound.schema > 0, "{sound:?}");
    for table in ["change", "digest", "caseload"] {
        let keep = format!("create table kept_{table} as select * from {table}");
        town.base.damage(folder, county, &keep).await;
    }
    for (table, damage, becomes) in DAMAGES {
        town.base.damage(folder, county, damage).await;
        let found = town.admin.check().await.unwrap();
        let mut expected = sound.clone();
        becomes(&mut expected);
        assert_eq!((&found, found.sound()), (&expected, false), "{damage}");
        let undo = format!("delete from {table}; insert into {table} select * from kept_{table}");
        town.base.damage(folder, county, &undo).await;
        assert_eq!(town.admin.check().await.unwrap(), sound, "the control: without {damage}");
    }
    // The last number, and the tables' version, as they are in the database.
    town.base.damage(folder, county, "update county set seq = seq + 1").await;
    let found = town.admin.check().await.unwrap();
    assert_eq!((&found, found.sound()), (&CheckReport { seq: sound.seq + 1, ..sound.clone() }, false));
    town.base.run(folder, &format!("update {NOTED} set version = version + 1")).await;
    assert_eq!(town.admin.check().await.unwrap().schema, sound.schema + 1);
}

/// Of the embedded database: PostgreSQL looks after its own pages.
#[tokio::test]
async fn a_flipped_bit_in_any_page_of_the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::embedded(folder.path());
    let clock = Arc::new(server::server::clock);
    County::init_at(&place, "Pine", "America/New_York", clock.clone()).await.unwrap();
    let open = async || County::open_at(&place, clock.clone()).await;
    let sound = open().await.unwrap().check().await.unwrap();
    assert!(sound.sound());
    let path = folder.path().join(server::db::sqlite::open::FILE);
    let whole = std::fs::read(&path).unwrap();
    let (page, mut looked) = (8 * 1024, 0);
    for middle in (page / 2..whole.len()).step_by(page) {
        let mut file = whole.clone();
        file[middle] ^= 1;
        std::fs::write(&path, &file).unwrap();
        // Some pages are needed to open it at all, and then nobody gets as far as looking.
        if let Ok(county) = open().await {
            let found = county.check().await.unwrap();
            assert_eq!(found, CheckReport { damaged: 1, ..CheckReport::default() }, "at {middle}");
            assert!(!found.sound());
            looked += 1;
            if looked == 1 {
                drop(county);
                assert_eq!(
                    told(folder.path()),
                    (Some(2), "NOT sound: damaged pages 1; nothing else can be looked at\n".to_owned())
                );
            }
        }
    }
    assert!(looked * 2 > whole.len() / page, "most pages are not needed to open it: {looked}");
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(open().await.unwrap().check().await.unwrap(), sound, "the control");
    let (status, said) = told(folder.path());
    assert!(status == Some(0) && said.starts_with("sound: "), "{said}");
}

/// What the program says of it, and its exit code.
fn told(folder: &std::path::Path) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_porchlight-server"));
    let ended = program.arg("check").arg("--data").arg(folder).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
}
