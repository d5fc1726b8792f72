//! Deny by default, decision by decision.

use crate::policy_table::TABLE;
use domain::codes::{CodeList, Role};
use domain::policy::{
    ACTIONS, Action, Nearness, OBJECTS, Object, Scope, allows, grants, may_choose, readable, roles,
};
use domain::records::RecordKind;
use std::collections::BTreeSet;

/// One granted letter: action, scope, consent needed, second approver needed.
type Letter = (Action, Scope, bool, bool);

fn roles_in_order() -> [Role; 6] {
    [Role::PeerSupport, Role::Ems, Role::Clinician, Role::Supervisor, Role::CountyAdmin, Role::Evaluator]
}

fn cell(object: Object, role: &Role) -> BTreeSet<Letter> {
    let (_, row) = TABLE.iter().find(|(named, _)| *named == object).unwrap();
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    assert_eq!(cells.len(), 6, "{row}");
    match roles_in_order().iter().position(|known| known == role) {
        Some(column) => letters(cells[column]),
        None => BTreeSet::new(),
    }
}

fn letters(cell: &str) -> BTreeSet<Letter> {
    let mut all = BTreeSet::new();
    for grant in cell.split(';').map(str::trim).filter(|grant| *grant != "-") {
        let (actions, scopes) = grant.split_once(' ').unwrap();
        for scope in scopes.split(',').map(str::trim) {
            let near = match &scope[..1] {
                "o" => Scope::Own,
                "s" => Scope::Shift,
                "t" => Scope::Team,
                "a" => Scope::Agency,
                "c" => Scope::County,
                "d" => Scope::DeIdentified,
                "m" => Scope::Mine,
                other => panic!("no scope {other} in {cell}"),
            };
            for action in actions.chars() {
                let action = match action {
                    'R' => Action::Read,
                    'C' => Action::Create,
                    'U' => Action::Amend,
                    'V' => Action::Void,
                    'X' => Action::Disclose,
                    'A' => Action::Assign,
                    other => panic!("no action {other} in {cell}"),
                };
                all.insert((action, near, scope.contains('+'), scope.contains('2')));
            }
        }
    }
    all
}

/// Every way in which a reader can stand to a thing.
fn contexts() -> impl Iterator<Item = Nearness> {
    (0..64u8).map(|bits| Nearness {
        own: bits & 1 != 0,
        team: bits & 2 != 0,
        mine: bits & 4 != 0,
        author: bits & 8 != 0,
        consent: bits & 16 != 0,
        second: bits & 32 != 0,
    })
}

fn expected(cell: &BTreeSet<Letter>, action: Action, near: Nearness) -> bool {
    cell.iter().any(|(granted, scope, consent, second)| {
        let in_scope = match scope {
            Scope::Own => near.own,
            Scope::Team => near.team,
            Scope::Mine => near.mine,
            Scope::Agency | Scope::County => true,
            // There are no shifts yet, and a person's record is never de-identified.
            Scope::Shift | Scope::DeIdentified => false,
        };
        let serving_team = near.own || near.team;
        *granted == action
            && in_scope
            && (!consent || serving_team || near.consent)
            && (!second || near.second)
    })
}

#[test]
fn every_cell_of_the_table_is_the_plans() {
    assert_eq!(TABLE.iter().map(|(object, _)| *object).collect::<Vec<_>>(), OBJECTS);
    assert_eq!(roles().collect::<Vec<_>>(), roles_in_order());
    let mut wrong = Vec::new();
    for object in OBJECTS {
        for role in roles() {
            let given = grants(&role, object).iter().flat_map(|grant| {
                grant.actions.iter().map(|action| (*action, grant.scope, grant.consent, grant.second))
            });
            let given: BTreeSet<Letter> = given.collect();
            let planned = cell(object, &role);
            if given != planned {
                let more: Vec<_> = given.difference(&planned).collect();
                let less: Vec<_> = planned.difference(&given).collect();
                wrong.push(format!("{object:?} × {}: too much {more:?}, missing {less:?}", role.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_decision_is_the_tables_and_everything_else_is_refused() {
    let stranger = Role::from_code("chaplain");
    let mut decisions = 0;
    let mut granted = 0;
    for role in roles().chain([stranger]) {
        for object in OBJECTS {
            let cell = cell(object, &role);
            for action in ACTIONS {
                for near in contexts() {
                    let allowed = allows(&role, action, object, near);
                    assert_eq!(
                        allowed,
                        expected(&cell, action, near),
                        "{role:?} {action:?} {object:?} {near:?}"
                    );
                    decisions += 1;
                    granted += u32::from(allowed);
                }
            }
        }
    }
    assert_eq!(decisions, 7 * 20 * 6 * 64, "none is skipped");
    println!("{decisions} decisions, {granted} of them grants");
}

#[test]
fn choosing_is_for_an_author_the_lead_or_the_teams_supervisor() {
    for role in roles() {
        for lead in [false, true] {
            for near in contexts() {
                let expected = match role {
                    Role::PeerSupport | Role::Ems | Role::Clinician => near.author || lead,
                    Role::Supervisor => near.team,
                    _ => false,
                };
                assert_eq!(may_choose(&role, lead, near), expected, "{role:?} {lead} {near:?}");
            }
        }
    }
    assert!(!may_choose(
        &Role::from_code("chaplain"),
        true,
        Nearness { author: true, ..Nearness::default() }
    ));
}

/// The contexts of the plan by name: who, standing how, may read a visit and a peer's note of it.
#[test]
fn the_named_contexts() {
    let far = Nearness::default();
    let own = Nearness { own: true, ..far };
    let team = Nearness { team: true, ..far };
    let consent = Nearness { consent: true, ..far };
    for (role, near, visit, note) in [
        (Role::PeerSupport, own, true, true),
        (Role::PeerSupport, team, false, false),
        (Role::PeerSupport, far, false, false),
        (Role::PeerSupport, consent, false, false),
        (Role::Ems, own, true, false),
        (Role::Ems, team, false, false),
        (Role::Clinician, own, true, true),
        (Role::Clinician, consent, false, false),
        (Role::Supervisor, team, true, true),
        (Role::Supervisor, far, false, false),
        (Role::Supervisor, own, false, false),
        (Role::CountyAdmin, Nearness { own: true, team: true, mine: true, ..consent }, false, false),
        (Role::Evaluator, Nearness { own: true, team: true, mine: true, ..consent }, false, false),
    ] {
        assert_eq!(allows(&role, Action::Read, Object::Visit, near), visit, "{role:?} {near:?}");
        assert_eq!(allows(&role, Action::Read, Object::PeerNote, near), note, "{role:?} {near:?}");
    }
}

fn of_people() -> Vec<Object> {
    let all = domain::caseload::PERSON_OBJECTS;
    OBJECTS.into_iter().filter(|object| all & object.bit() != 0).collect()
}

#[test]
fn neither_the_county_admin_nor_the_evaluator_ever_touches_a_persons_record() {
    for role in [Role::CountyAdmin, Role::Evaluator] {
        for near in contexts() {
            assert_eq!(readable(&role, near) & domain::caseload::PERSON_OBJECTS, 0, "{role:?} {near:?}");
            for object in of_people() {
                for action in ACTIONS {
                    assert!(!allows(&role, action, object, near), "{role:?} {action:?} {object:?} {near:?}");
                }
            }
        }
    }
}

#[test]
fn an_ems_crew_never_reads_part_2_or_a_peers_note() {
    for near in contexts() {
        for object in [Object::Part2, Object::PeerNote, Object::Consent] {
            assert!(!allows(&Role::Ems, Action::Read, object, near), "{object:?} {near:?}");
        }
    }
}

#[test]
fn only_the_teams_supervisor_voids_or_assigns_and_only_within_the_team() {
    for role in roles() {
        for near in contexts() {
            for object in of_people().into_iter().filter(|object| *object != Object::Consent) {
                for action in [Action::Void, Action::Assign] {
                    let allowed = allows(&role, action, object, near);
                    assert!(
                        !allowed || (role == Role::Supervisor && near.team),
                        "{role:?} {object:?} {near:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_readable_is_what_may_be_read_one_by_one() {
    for role in roles() {
        for near in contexts() {
            let set = readable(&role, near);
            for object in OBJECTS {
                assert_eq!(set & object.bit() != 0, allows(&role, Action::Read, object, near));
            }
        }
    }
}

#[test]
fn every_kind_of_record_is_protected_as_one_object() {
    for code in RecordKind::CODES {
        let kind = RecordKind::from_code(code);
        let object = Object::of(&kind).unwrap_or_else(|| panic!("{code} has no row"));
        let of_person = domain::records::belongs_to_person(&kind);
        assert_eq!(of_people().contains(&object), of_person, "{code}");
    }
    assert_eq!(Object::of(&RecordKind::from_code("horoscope")), None);
}

#[test]
fn objects_keep_their_numbers_because_digests_and_tokens_hold_them() {
    for (number, object) in OBJECTS.into_iter().enumerate() {
        assert_eq!(object as usize, number);
        assert_eq!(Object::from_number(number as u8), Some(object));
    }
    assert_eq!(Object::from_number(20), None);
    // Written out: an object that changes its number breaks every device in the field.
    let kept = [(Object::PersonIdentity, 0), (Object::Case, 2), (Object::Visit, 7), (Object::PeerNote, 8)];
    assert!(kept.iter().all(|(object, number)| *object as u8 == *number));
    assert_eq!((Object::Assignment as u8, Object::Configuration as u8), (11, 19));
}
