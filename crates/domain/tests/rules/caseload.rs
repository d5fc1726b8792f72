//! Whose people are whose: the assignment decides.

use domain::caseload::{Carried, Member};
use domain::codes::Role;
use domain::policy::{Nearness, Object};
use domain::records::{Assignment, Case};
use domain::{RecordId, TeamId, UserId};
use uuid::Uuid;

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn team(n: u128) -> TeamId {
    TeamId(Uuid::from_u128(n))
}

fn member(role: Role) -> Member {
    Member { user: user(1), role, team: Some(team(1)) }
}

#[test]
fn who_carries_a_case_and_who_therefore_sees_the_person() {
    let carried = |t: Option<u128>, lead: Option<u128>, partner: Option<u128>| Carried {
        team: t.map(team),
        lead: lead.map(user),
        partner: partner.map(user),
    };
    // case carried by | near: own, team | a peer sees | a supervisor sees
    for (case, own, same_team, peer, supervisor) in [
        (carried(Some(1), Some(1), None), true, true, true, true),
        (carried(Some(1), Some(2), Some(1)), true, true, true, true),
        (carried(Some(2), Some(1), None), true, false, true, false),
        (carried(Some(1), Some(2), None), false, true, false, true),
        (carried(Some(1), None, None), false, true, false, true),
        (carried(Some(2), Some(2), None), false, false, false, false),
        (carried(None, None, None), false, false, false, false),
    ] {
        let near = member(Role::PeerSupport).nearness([&case]);
        assert_eq!((near.own, near.team), (own, same_team), "{case:?}");
        assert_eq!(member(Role::PeerSupport).sees(near) != 0, peer, "{case:?}");
        assert_eq!(member(Role::Supervisor).sees(near) != 0, supervisor, "{case:?}");
    }
}

#[test]
fn somebody_in_no_team_is_near_to_no_team() {
    let alone = Member { team: None, ..member(Role::Supervisor) };
    let unassigned = Carried::default();
    assert_eq!(alone.nearness([&unassigned]), Nearness::default());
    assert_eq!(alone.sees(alone.nearness([&unassigned])), 0);
}

#[test]
fn with_several_cases_any_one_of_them_is_enough() {
    let other = Carried { team: Some(team(2)), ..Carried::default() };
    let mine = Carried { lead: Some(user(1)), ..Carried::default() };
    assert!(member(Role::Ems).nearness([&other, &mine]).own);
}

#[test]
fn an_agency_wide_grant_alone_brings_nobody_into_a_caseload() {
    let crew = member(Role::Ems);
    assert!(domain::policy::readable(&Role::Ems, Nearness::default()) & Object::SafetyAlert.bit() != 0);
    assert_eq!(crew.sees(Nearness::default()), 0);
    assert_eq!(crew.sees(Nearness { team: true, ..Nearness::default() }), 0);
}

#[test]
fn a_crew_sees_the_visits_of_its_people_and_not_a_peers_notes() {
    let own = Nearness { own: true, ..Nearness::default() };
    let seen = member(Role::Ems).sees(own);
    assert!(seen & Object::Visit.bit() != 0 && seen & Object::Address.bit() != 0);
    assert!(seen & Object::PeerNote.bit() == 0 && seen & Object::Part2.bit() == 0);
    assert!(member(Role::PeerSupport).sees(own) & Object::PeerNote.bit() != 0);
}

#[test]
fn administration_evaluation_and_roles_of_other_versions_have_no_caseload() {
    let near = Nearness { own: true, team: true, mine: true, consent: true, ..Nearness::default() };
    for role in [Role::CountyAdmin, Role::Evaluator, Role::Other("chaplain".to_owned())] {
        assert_eq!(member(role).sees(near), 0);
    }
}

#[test]
fn an_unassigned_case_is_the_teams_whose_list_it_joined() {
    let case = Case { team: Some(team(1)), ..Case::default() };
    assert_eq!(Carried::by(&case, None), Carried { team: Some(team(1)), ..Carried::default() });
    let taken = Assignment { lead: Some(user(3)), ..Assignment::default() };
    assert_eq!(
        Carried::by(&case, Some(&taken)),
        Carried { team: Some(team(1)), lead: Some(user(3)), partner: None },
        "the case's team stands in until the assignment names one"
    );
    let moved = Assignment { team: Some(team(2)), ..taken };
    assert_eq!(Carried::by(&case, Some(&moved)).team, Some(team(2)));
}

#[test]
fn a_cases_one_assignment_has_an_id_that_everybody_derives_alike() {
    let case = RecordId(Uuid::from_u128(0x0198_8f2c_0000_7000_8000_0000_0000_00fe));
    let assignment = Assignment::id_for(case);
    assert_ne!(assignment, case);
    assert_eq!(assignment, RecordId(Uuid::from_u128(0x0198_8f2c_0000_7000_8000_0000_0000_00ff)));
    assert_eq!(Assignment::id_for(assignment), case, "turned back it is the case's again");
}
