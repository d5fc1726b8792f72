//! Whoever runs the county: every step with the real `porchlight-server` program, beside a running `serve`, which
//! notices. And the real EMS files, where they are at hand.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use tests::county::TestCounty;
use tests::device::Device;
use tests::program::Operator;

/// A `serve` that ends with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/tests/fixtures");
    folder.join(name).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_is_made_served_and_run_beside_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::of(&folder.path().join("county"));
    let (_, code) = operator.run(&["init", "--name", "Pine", "--timezone", "America/Nowhere"]).unwrap();
    assert_ne!(code, 0, "a time zone that does not exist");
    assert_eq!(operator.run(&["init", "--name", "Pine", "--timezone", "America/New_York"]).unwrap().1, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        for file in ["county.key", "county.db", "tls/server.key"] {
            assert_eq!(mode(&operator.data.join(file)), 0o600, "only its owner reads {file}");
        }
        for folder in [&operator.data, &operator.data.join("tls")] {
            assert_eq!(mode(folder), 0o700, "only its owner enters {}", folder.display());
        }
    }

    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (listen, address) = (format!("127.0.0.1:{port}"), format!("https://127.0.0.1:{port}"));
    let mut serve =
        operator.command(&["--json", "serve", "--listen", &listen, "--address", &address]).unwrap();
    let mut serving = Serving(serve.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap());
    let mut said = BufReader::new(serving.0.stdout.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains(&address), "it says where it is");

    // All of this beside the running server.
    assert_eq!(operator.run(&["team", "add", "Pine response team"]).unwrap().1, 0);
    let (early, _) = operator.run(&["import", "nemsis", &fixture("one_invalid.xml")]).unwrap();
    assert_eq!(early["team_has_supervisor"], json!(false), "it says that nobody sees them yet");
    assert_eq!(
        operator
            .run(&["user", "add", "Sam Lindqvist", "--role", "supervisor", "--team", "Pine response team"])
            .unwrap()
            .1,
        0
    );
    assert_ne!(operator.run(&["user", "add", "Sam Lindqvist", "--role", "wizard"]).unwrap().1, 0);
    let (enrolment, code) = operator.run(&["enroll", "Sam Lindqvist"]).unwrap();
    assert_eq!(code, 0);
    let text = enrolment["code"].as_str().unwrap();
    let sam = Device::enrol(&folder.path().join("sam"), text, "Sam's laptop").await.unwrap();
    let again = Device::enrol(&folder.path().join("thief"), text, "Somebody else's").await;
    assert_eq!(again.err().unwrap().code, "code_used", "a code admits one device, once");

    let (taken, code) = operator
        .run(&["import", "nemsis", &fixture("meets_reachable.xml"), &fixture("one_invalid.xml")])
        .unwrap();
    assert_eq!(code, 2, "some reports were not valid: {taken}");
    assert_eq!(taken["team_has_supervisor"], json!(true));
    let new = json!({ "do": "new_events" });
    let view = sam
        .until(new, |view| view["events"].as_array().is_some_and(|events| !events.is_empty()))
        .await
        .unwrap();
    assert!(view["events"].as_array().unwrap().iter().any(|event| event["person"]["name"] == "Rosa Núñez"));
    assert_eq!(operator.run(&["check"]).unwrap().1, 0);
}

/// The real files of other systems: none of them is an opioid overdose, and one made into one comes through.
#[tokio::test(flavor = "multi_thread")]
async fn real_reports_are_read_and_one_made_positive_reaches_a_worker() {
    let Some(samples) = std::env::var_os("PORCHLIGHT_SAMPLES").map(PathBuf::from) else {
        println!("skipped: PORCHLIGHT_SAMPLES does not name a folder with real files");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let county = TestCounty::start(&folder.path().join("county"), "Pine", "America/New_York").await.unwrap();
    county.admin.add_team("Pine response team").await.unwrap();
    let team = Some("Pine response team");
    let sam = county.welcome("Sam Lindqvist", "supervisor", team).await.unwrap();
    let maria = county.welcome("Maria Ortiz", "peer-support", team).await.unwrap();
    let sam = Device::enrol(&folder.path().join("sam"), &sam, "Sam's laptop").await.unwrap();
    let maria = Device::enrol(&folder.path().join("maria"), &maria, "Maria's phone").await.unwrap();

    let list = |sub: &str| -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(samples.join("nemsis").join(sub))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    };
    let mut meets = 0;
    for report in county.import(&list("samples")).await.unwrap() {
        assert!(report.valid > 0 && report.invalid == 0, "{report:?}");
        meets += report.new - report.review;
    }
    let fails = county.import(&[samples.join("nemsis/pretesting/2025-EMS-FailXsd_v351.xml")]).await.unwrap();
    assert_eq!(
        (fails[0].valid, fails[0].invalid),
        (0, 1),
        "the must-fail file fails, with a line and an element"
    );
    assert!(fails[0].problems[0].line > 0);
    assert_eq!(meets, 0, "none of the real files meets the definition");

    // The realistic case, with a heroin poisoning in place of its own impression.
    let text =
        std::fs::read_to_string(samples.join("nemsis/pretesting/2025-EMS-1-Overdose_v351.xml")).unwrap();
    let positive = text.replace("<eSituation.11>F19<", "<eSituation.11>T40.1X1A<");
    assert_ne!(positive, text);
    let path = folder.path().join("positive.xml");
    std::fs::write(&path, positive).unwrap();
    let taken = county.import(&[path]).await.unwrap();
    assert_eq!((taken[0].new, taken[0].review), (1, 0));

    let new = json!({ "do": "new_events" });
    let one = |view: &Value| {
        view["events"].as_array().is_some_and(|events| events.iter().any(|e| e["needs_look"] == false))
    };
    let view = sam.until(new, one).await.unwrap();
    let event =
        view["events"].as_array().unwrap().iter().find(|event| event["needs_look"] == false).unwrap().clone();
    let assign = json!({
        "do": "assign", "person": event["person"]["person"], "case": event["case"], "lead": maria.user(),
        "partner": null,
    });
    sam.call(assign).await.unwrap();
    let page = json!({ "do": "person", "person": event["person"]["person"] });
    let today = json!({ "do": "today" });
    maria.until(today, |view| view["due"].as_array().is_some_and(|due| due.len() == 1)).await.unwrap();
    maria.call(page).await.unwrap();
    maria.until_agreed().await.unwrap();
}
