//! What every kind of record may hold, written out once more: `name:rule`, with `*` where a `create` must give it.
//!
//! Field names and rules are promises to apps and counties of other versions, so a change here is a change of format.
//! Rules: `text<most characters>` · `time` (ms) · `date` (YYYY-MM-DD) · `flag` · `whole<least>..<most>` ·
//! `number<least>..<most>` · `code` · `codes` · `ref` (the id of another record).

/// kind | fields
pub const KINDS: &[(&str, &str)] = &[
    (
        "person",
        "first_name:text120 last_name:text120 alias:text120 pronouns:text120 birth_date:date age_years:whole0..125 \
         age_noted_on:date sex:code language:text35 unhoused:code preferred_contact:code best_time:text200 \
         message_ok:code mention_team_ok:code leave_material_ok:code contact_note:text2000 died:flag",
    ),
    ("alias", "name*:text120"),
    (
        "place",
        "kind*:code label:text200 street:text200 unit:text120 city:text120 state:text40 zip:text12 \
         latitude:number-90..90 longitude:number-180..180 directions:text2000 last_seen:time usable:flag \
         safe_to_visit:code",
    ),
    (
        "phone",
        "number*:text40 kind:code belongs_to:text120 message_ok:code text_ok:code last_seen:time usable:flag",
    ),
    (
        "overdose_event",
        "occurred_at*:time source*:code place:ref agency:text200 agency_name:text200 incident_number:text200 \
         report_count:whole1..100 naloxone_given:code naloxone_doses:whole0..50 naloxone_response:code transport:code \
         destination:text200 triage:code triage_reasons:codes triage_decision:code possible_match:ref \
         match_decision:code age_years:whole0..125 phone_usable:flag address_usable:flag fatal:flag",
    ),
    (
        "case",
        "stage*:code opened_at*:time team:ref first_contact_hours:whole1..720 engagement:code closed_at:time \
         closing_reason:code may_contact_again:code contact_again_on:date",
    ),
    ("assignment", "case*:ref team*:ref lead:ref partner:ref assigned_at:time"),
    (
        "contact_attempt",
        "happened_at*:time mode*:code outcome*:code case:ref place:ref phone:ref note:text2000",
    ),
    (
        "visit",
        "attempt*:ref happened_at*:time minutes:whole0..1440 present:codes topics:codes needs:codes \
         engagement:code next_step:text2000 notes:text20000",
    ),
    ("peer_note", "visit:ref text*:text20000"),
    (
        "referral",
        "category*:code service:text200 status*:code handoff:code offered_at*:time outcome:code outcome_at:time \
         why_not:code visit:ref note:text2000",
    ),
    (
        "supply_handout",
        "item*:code kits*:whole1..1000 doses:whole0..5000 lot:text60 expires_on:date recipient:code trained:flag \
         refill:flag refill_reason:code happened_at*:time visit:ref",
    ),
    (
        "follow_up",
        "kind*:code due_on*:date assigned_to:ref note:text200 done_at:time dropped_at:time visit:ref",
    ),
    ("step_forward", "text*:text2000 area:code happened_at*:time visit:ref"),
    ("safety_note", "category*:code text:text500 place:ref ended_at:time"),
    ("review_mark", "visit*:ref reviewed_at*:time note:text2000"),
    ("team", "name*:text120"),
    ("staff", "name*:text120 role*:code team:ref active:flag"),
    ("county_settings", "name*:text120 timezone*:text60 first_contact_hours:whole1..720"),
];

/// Kinds that count as signed when recorded: amending one needs a reason.
pub const SIGNED: [&str; 4] = ["contact_attempt", "visit", "peer_note", "supply_handout"];

/// Kinds that belong to no person.
pub const COUNTYS_OWN: [&str; 3] = ["team", "staff", "county_settings"];

/// One field of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub rule: &'static str,
    pub required: bool,
}

/// The fields of a kind, as the table has them.
pub fn rows(kind: &str) -> Vec<Row> {
    let (_, fields) = KINDS.iter().find(|(named, _)| *named == kind).unwrap();
    let row = |field: &'static str| {
        let (name, rule) = field.split_once(':').unwrap();
        Row { name: name.trim_end_matches('*'), rule, required: name.ends_with('*') }
    };
    fields.split_whitespace().map(row).collect()
}
