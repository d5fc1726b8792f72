//! Reports that are huge, malicious or damaged: each says where and why, and the others go on.

use crate::county;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/tests/fixtures").join(name)
}

/// A sound file with something put in before its root ends.
fn with(folder: &Path, name: &str, put: impl FnOnce(&mut dyn Write, &str)) -> PathBuf {
    let path = folder.join(name);
    let mut file = BufWriter::new(File::create(&path).unwrap());
    put(&mut file, &std::fs::read_to_string(fixture("meets_reachable.xml")).unwrap());
    file.flush().unwrap();
    path
}

/// A hundred megabytes behind a good report.
fn huge(folder: &Path) -> PathBuf {
    with(folder, "huge.xml", |file, sound| {
        let (reports, end) = sound.split_at(sound.rfind("</").unwrap());
        file.write_all(reports.as_bytes()).unwrap();
        let padding = format!("<!--{}-->\n", "x".repeat(1 << 20));
        for _ in 0..100 {
            file.write_all(padding.as_bytes()).unwrap();
        }
        file.write_all(end.as_bytes()).unwrap();
    })
}

/// Ten entities, each ten of the one before: a billion laughs.
fn laughs(folder: &Path) -> PathBuf {
    with(folder, "laughs.xml", |file, sound| {
        let start = sound.find("<EMSDataSet").unwrap();
        let mut bomb = "<!DOCTYPE EMSDataSet [<!ENTITY a0 \"ha\">".to_owned();
        for n in 1..10 {
            bomb += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
        }
        let (declaration, root) = sound.split_at(start);
        write!(file, "{declaration}{bomb}]>\n{root}").unwrap();
    })
}

fn deep(folder: &Path) -> PathBuf {
    with(folder, "deep.xml", |file, sound| {
        let (reports, end) = sound.split_at(sound.rfind("</").unwrap());
        let (down, up) = ("<a>".repeat(100_000), "</a>".repeat(100_000));
        write!(file, "{reports}{down}{up}{end}").unwrap();
    })
}

fn cut(folder: &Path) -> PathBuf {
    with(folder, "cut.xml", |file, sound| {
        file.write_all(&sound.as_bytes()[..sound.len() / 2]).unwrap();
    })
}

fn not_xml(folder: &Path) -> PathBuf {
    with(folder, "notes.xml", |file, _| file.write_all(b"PK\x03\x04 an office document").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_says_where_and_why_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let county = county(folder.path()).await;
    let path = folder.path();
    // What is wrong, the line where it shows, and how many reports before it were good.
    for (file, code, good) in [
        (huge(path), "file_too_large", 1),
        (laughs(path), "doctype_refused", 0),
        (deep(path), "too_deep", 1),
        (cut(path), "truncated", 0),
        (not_xml(path), "not_xml", 0),
        (path.join("nowhere.xml"), "read_failed", 0),
    ] {
        let reports = county.import(std::slice::from_ref(&file)).await.unwrap();
        let [report] = &reports[..] else { panic!() };
        assert_eq!(report.valid, good, "{code}");
        assert!(!report.sound(), "{code}");
        let problem = report.problems.last().unwrap_or_else(|| panic!("{code}: nothing said"));
        assert_eq!(problem.code, code);
        assert!(problem.line > 0 || code == "read_failed", "{code} says where");
        assert!(!problem.message.is_empty());
    }
    let before = county.admin.check().await.unwrap();
    assert_eq!((before.damaged, before.digests_wrong, before.caseload_wrong), (0, 0, 0));

    // In one go with a bad one, the good one is taken; of one file, the invalid report alone is left out.
    let files = [laughs(path), fixture("review.xml"), fixture("one_invalid.xml")];
    let reports = county.import(&files).await.unwrap();
    assert_eq!(reports.iter().map(|report| report.sound()).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(reports[1].new, 1);
    assert_eq!(reports[2].invalid, 1);
    assert!(reports[2].valid > 0 && reports[2].problems[0].line > 1);
    assert!(reports[2].problems[0].element.starts_with('e'));
}
