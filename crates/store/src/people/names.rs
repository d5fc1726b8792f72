//! How a person is called, sorted and found.

use domain::records::Person;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The name to show: given and family name, else the alias, else the first other name known; empty when there is none.
pub fn display_name(person: &Person, aliases: &[String]) -> String {
    let name = joined([&person.first_name, &person.last_name]);
    if !name.is_empty() {
        return name;
    }
    let alias = person.alias.as_deref().map(str::trim).filter(|alias| !alias.is_empty());
    alias.or(aliases.first().map(|alias| alias.trim())).unwrap_or_default().to_owned()
}

/// The name as lists are sorted: family name first.
pub(super) fn sort_key(person: &Person, shown: &str) -> String {
    let name = joined([&person.last_name, &person.first_name]);
    plain(if name.is_empty() { shown } else { &name })
}

/// Lower case, without accents.
pub(crate) fn plain(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn joined(parts: [&Option<String>; 2]) -> String {
    let parts: Vec<_> =
        parts.into_iter().flatten().map(|part| part.trim()).filter(|p| !p.is_empty()).collect();
    parts.join(" ")
}

/// A number as people type it and as digits only, so that both find it.
pub(super) fn phone_text(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // Without the country code, because few people type it.
    let local = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or_default();
    format!("{number} {digits} {local}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(first: &str, last: &str, alias: &str) -> Person {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Person { first_name: some(first), last_name: some(last), alias: some(alias), ..Person::default() }
    }

    #[test]
    fn a_person_goes_by_name_then_alias_then_any_other_name() {
        let others = ["Blue".to_owned()];
        assert_eq!(display_name(&person("Ana", " Núñez ", "Red"), &others), "Ana Núñez");
        assert_eq!(display_name(&person("", "", "Red"), &others), "Red");
        assert_eq!(display_name(&person("", "", ""), &others), "Blue");
        assert_eq!(display_name(&person("", " ", ""), &[]), "");
    }

    #[test]
    fn lists_sort_by_family_name_without_accents() {
        assert_eq!(sort_key(&person("Ana", "Núñez", ""), "Ana Núñez"), "nunez ana");
        assert_eq!(sort_key(&person("", "", "Él"), "Él"), "el");
    }

    #[test]
    fn a_number_is_found_with_and_without_country_code_and_dashes() {
        assert_eq!(phone_text("+1 (555) 010-0199"), "+1 (555) 010-0199 15550100199 5550100199");
    }
}
