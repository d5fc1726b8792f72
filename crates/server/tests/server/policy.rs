//! The policy table, tried over sync and over REST.

use crate::town::{PEOPLE, Town};
use domain::codes::{CodeList, Role};
use domain::policy::{self, Action, Nearness, Object};
use server::http::{Guard, routes};

#[test]
fn every_route_has_its_row_and_its_description() {
    let described: serde_json::Value = serde_json::from_str(&server::http::openapi::text()).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let methods = |path: &serde_json::Value| path.as_object().unwrap().len();
    assert_eq!(paths.values().map(methods).sum::<usize>(), routes().len());
    for route in routes() {
        assert!(paths[route.path].get(route.method.to_lowercase()).is_some(), "{}", route.path);
        match route.guard {
            Guard::Public(reason) | Guard::Judged(reason) => assert!(!reason.is_empty()),
            Guard::Policy(..) => {}
        }
    }
    let open: Vec<_> =
        routes().iter().filter(|r| matches!(r.guard, Guard::Public(_))).map(|r| r.path).collect();
    assert_eq!(open, ["/healthz", "/readyz", "/v1/openapi.json", "/v1/enrol"]);
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == server::http::openapi::text(),
        "run `porchlight-server openapi > crates/server/openapi.json`"
    );
}

/// Who may read which of a person's objects, over every route and for every role, inside and outside the caseload.
#[tokio::test]
async fn every_role_reads_over_rest_what_the_table_grants_and_finds_nothing_else() {
    let town = Town::new().await;
    let (mut maria, mut sam) = (town.device("Maria").await, town.device("Sam").await);
    let (mut dev, mut cleo) = (town.device("Dev").await, town.device("Cleo").await);
    let mut carried = Vec::new();
    for (n, lead) in [maria.user(), dev.user(), cleo.user()].into_iter().enumerate() {
        let (person, case) = maria.meet(&format!("P{n}"));
        crate::imports::one_of_everything(&mut maria, person, case);
        maria.settle().await;
        sam.settle().await;
        sam.assign(person, case, town.team, lead, None);
        sam.settle().await;
        carried.push((lead, person));
    }
    dev.settle().await;
    cleo.settle().await;
    let mut decisions = 0;
    for (name, role, team) in PEOPLE {
        let role = Role::from_code(role);
        let mut client = town.device(name).await.client;
        for (lead, person) in &carried {
            let near = Nearness {
                own: client.enrolled.user == *lead,
                team: team == Some("Outreach"),
                ..Nearness::default()
            };
            let member = domain::caseload::Member {
                user: client.enrolled.user,
                role: role.clone(),
                team: client.enrolled.team,
            };
            let objects = member.sees(near);
            for target in [format!("/v1/people/{person}"), format!("/v1/people/{person}/history")] {
                let (status, body) = client.get(&target).await;
                assert_eq!(status, if objects == 0 { 404 } else { 200 }, "{name} {target}");
                if objects == 0 {
                    assert_eq!(body["code"], "not_found");
                    continue;
                }
                let text = body.to_string();
                for kind in domain::RecordKind::CODES {
                    let kind = domain::RecordKind::from_code(kind);
                    let object = Object::of(&kind).unwrap();
                    if !domain::records::belongs_to_person(&kind) || object == Object::ReviewMark {
                        continue;
                    }
                    let granted =
                        policy::allows(&role, Action::Read, object, near) && objects & object.bit() != 0;
                    let shown = text.contains(&format!("\"{}\":[", kind.code()))
                        || text.contains(&format!("\"kind\":\"{}\"", kind.code()));
                    // Nothing was made of some kinds by this author; what was made is shown exactly where granted.
                    assert!(!shown || granted, "{name} sees {} over {target}", kind.code());
                    if granted && crate::imports::MADE.contains(&kind.code()) {
                        assert!(shown, "{name} misses {} over {target}", kind.code());
                    }
                    decisions += 1;
                }
            }
        }
        // The list says the same as the single answers.
        let (status, list) = client.get("/v1/people").await;
        assert_eq!(
            status == 200,
            routes().iter().find(|r| r.path == "/v1/people").unwrap().guard.admits(&role)
        );
        if status == 200 {
            let listed = list["people"].as_array().unwrap().len();
            let expected = carried.iter().filter(|(lead, _)| name == "Sam" || *lead == client.enrolled.user);
            assert_eq!(listed, expected.count(), "{name}");
        }
    }
    assert!(decisions > 150, "{decisions}");
}
