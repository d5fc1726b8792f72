use proptest::prelude::*;

use super::*;

#[test]
fn codes_are_seven_groups_of_four() {
    let text = EnrolmentSecret::generate().to_text();
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    assert_eq!(groups, [4; 7]);
}

#[test]
fn codes_of_the_wrong_shape_say_why() {
    let problem = |typed: &str| EnrolmentSecret::parse(typed).err();
    assert_eq!(problem(""), Some(CodeProblem::Length));
    assert_eq!(problem("0123-4567"), Some(CodeProblem::Length));
    assert_eq!(problem("https://pine.example"), Some(CodeProblem::Character));
    let text = EnrolmentSecret::generate().to_text();
    assert_eq!(problem(&format!("{}0", *text)), Some(CodeProblem::Length));
    assert_eq!(problem(&text.replace(text.chars().next().unwrap(), "U")), Some(CodeProblem::Character));
}

#[test]
fn nearly_every_slip_is_noticed() {
    let text = EnrolmentSecret([0x5a; 16]).to_text();
    let mut unnoticed = 0;
    for at in text.char_indices().filter(|(_, c)| *c != '-').map(|(at, _)| at) {
        for other in CROCKFORD.iter().map(|&c| char::from(c)) {
            let mut slip = text.to_string();
            slip.replace_range(at..=at, &other.to_string());
            if slip != *text && EnrolmentSecret::parse(&slip).is_ok() {
                unnoticed += 1;
            }
        }
    }
    // 868 slips and a check of 12 bits: one in 4,096 passes by chance.
    assert!(unnoticed <= 1, "{unnoticed}");
}

#[test]
fn stored_hashes_are_not_the_values_and_differ() {
    let (a, b) = (EnrolmentSecret::generate(), EnrolmentSecret::generate());
    assert_ne!(a.hash(), b.hash());
    let (a, b) = (AccessToken::generate(), AccessToken::generate());
    assert_ne!(a.hash(), b.hash());
    assert_ne!(a.hash(), a.0);
    assert_eq!(AccessToken::parse(&a.to_text()).unwrap().hash(), a.hash());
    assert!(AccessToken::parse("short").is_err());
}

#[test]
fn nonces_travel_as_text() {
    let nonce = Nonce::generate();
    assert_eq!(nonce.to_string().len(), 16);
    assert_eq!(nonce.to_string().parse(), Ok(nonce));
    assert_eq!("AAAA".parse::<Nonce>(), Err(Malformed));
    assert_ne!(Nonce::generate(), nonce);
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", EnrolmentSecret([0xab; 16])), "EnrolmentSecret(…)");
    assert_eq!(format!("{:?}", AccessToken([0xab; 32])), "AccessToken(…)");
}

proptest! {
    #[test]
    fn a_code_is_read_however_it_is_typed(bytes: [u8; 16], lower: bool, dash in "[- –]?", swap: bool) {
        let secret = EnrolmentSecret(bytes);
        let mut typed = secret.to_text().replace('-', &dash);
        if swap {
            typed = typed.replace('0', "O").replace('1', if lower { "I" } else { "L" });
        }
        if lower {
            typed = typed.to_lowercase();
        }
        prop_assert_eq!(EnrolmentSecret::parse(&format!(" {typed}\n")).unwrap().0, bytes);
    }

    #[test]
    fn any_text_gives_an_answer(typed: String) {
        let _ = EnrolmentSecret::parse(&typed);
        prop_assert!(typed.parse::<Nonce>().is_err() || typed.len() == 16);
    }
}
