//! The invented words that people and visits are made of.

use crate::demo::Dice;
use domain::Millis;
use domain::time::DAY;
use serde_json::{Map, Value, json};

const FIRST: [&str; 24] = [
    "Ana", "Bela", "Carmen", "Dario", "Edda", "Farid", "Gwen", "Hana", "Ivo", "Jonas", "Kofi", "Lena",
    "Milo", "Nadia", "Orla", "Petra", "Ruben", "Selma", "Tomas", "Ulla", "Vito", "Wanda", "Yusuf", "Zofia",
];
const SYLLABLES: [&str; 30] = [
    "al", "ber", "cor", "dan", "el", "fin", "gar", "hol", "is", "jan", "kel", "lor", "mar", "nor", "os",
    "per", "ros", "sal", "tor", "ul", "ver", "wil", "yan", "zel", "man", "son", "berg", "ley", "ton", "ska",
];
const STREETS: [&str; 8] = ["River", "Mill", "Chapel", "Station", "Orchard", "Quarry", "Ferry", "Cedar"];
const WORDS: &str = "we met on the porch and he asked whether there was time to sit down for a while she has slept \
    badly since the ambulance came wants help with a bus card to the clinic on Friday spoke about the waiting list \
    for rooms left three kits and practised how to use one brother was there too with questions about breathing \
    after an overdose nobody else in the house knows plans to call back this evening number works again landlord is \
    pressing them not ready for treatment but glad that somebody came would like to see a nurse about one arm moved \
    to her cousin across town last week walked to the pharmacy together dog is friendly knock at back door";

/// A name that many share in part.
pub fn name(dice: &mut Dice) -> (String, String) {
    let last: String = (0..2 + dice.below(2)).map(|_| *dice.pick(&SYLLABLES)).collect();
    let mut letters = last.chars();
    let last = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    ((*dice.pick(&FIRST)).to_owned(), last)
}

/// A note as people type them: 28 to 57 words.
pub fn note(dice: &mut Dice) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let count = 28 + dice.below(30);
    (0..count).map(|_| *dice.pick(&words)).collect::<Vec<_>>().join(" ")
}

/// What is known of somebody: the fields of the person, a place and a phone.
pub fn person(dice: &mut Dice) -> [Map<String, Value>; 3] {
    let (first, last) = name(dice);
    let alias = dice.chance(30).then(|| *dice.pick(&FIRST));
    let born = format!("19{}-0{}-1{}", 50 + dice.below(50), 1 + dice.below(9), dice.below(10));
    let street = format!("{} {} Street", 1 + dice.below(400), dice.pick(&STREETS));
    [
        fields(json!({ "first_name": first, "last_name": last, "alias": alias, "birth_date": born })),
        fields(json!({ "kind": "home", "street": street, "city": "Pine" })),
        fields(json!({ "number": format!("(555) 01{}-{:04}", dice.below(10), dice.below(10_000)) })),
    ]
}

/// A visit within the last weeks: the fields of the attempt, and those of the visit but for its attempt.
pub fn visit(dice: &mut Dice, now: Millis) -> (Millis, [Map<String, Value>; 2]) {
    let at = now.plus(-(dice.below(60 * DAY as u64) as i64));
    let topic = ["naloxone-use", "using-alone", "what-happened"];
    let need = ["food", "transport", "id-documents", "wound-care", "housing"];
    let next = format!("{} at {}", note(dice).split_at(24).0, 8 + dice.below(10));
    let attempt = json!({ "happened_at": at, "mode": "home-visit", "outcome": "reached-survivor" });
    let visit = json!({
        "happened_at": at, "minutes": 5 + dice.below(85), "present": ["person"],
        "topics": ["what-happened", dice.pick(&topic)],
        "needs": [dice.pick(&need)], "engagement": dice.pick(&["low", "medium", "high"]), "next_step": next,
        "notes": note(dice),
    });
    (at, [fields(attempt), fields(visit)])
}

/// The fields of a JSON object.
pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What somebody might type into the search field, letter by letter.
pub fn typed(dice: &mut Dice) -> String {
    let text = match dice.below(4) {
        0 => name(dice).0,
        1 => name(dice).1,
        2 => note(dice).split(' ').find(|word| word.len() > 3).unwrap_or("porch").to_owned(),
        _ => {
            let (first, last) = name(dice);
            format!("{first} {last}")
        }
    };
    let letters = 1 + dice.below(text.len() as u64) as usize;
    text.chars().take(letters).collect()
}
