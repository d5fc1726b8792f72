//! Where a report says that the person lives, and where it happened. The scene is not the home, unless both say the
//! same.

use super::states;
use domain::codes::PlaceKind;
use domain::records::Place;
use exchange::nemsis::{HomeAddress, ScenePlace};
use serde::{Deserialize, Serialize};

/// An address in words.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) name: Option<String>,
    pub(super) street: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) directions: Option<String>,
    pub(super) position: Option<(f64, f64)>,
    pub(super) usable: bool,
}

/// The home. Its city is a code that only a gazetteer turns into a name, so it stays open; the ZIP code says it.
pub(super) fn home(home: &HomeAddress) -> Address {
    Address {
        street: home.street.clone(),
        unit: home.street2.clone(),
        state: home.state_code.as_deref().and_then(states::letters),
        zip: home.zip.clone(),
        usable: home.usable(),
        ..Address::default()
    }
}

/// The scene.
pub(super) fn scene(scene: &ScenePlace) -> Address {
    Address {
        name: scene.facility.clone(),
        street: scene.street.clone(),
        unit: scene.apartment.clone().or_else(|| scene.street2.clone()),
        state: scene.state_code.as_deref().and_then(states::letters),
        zip: scene.zip.clone(),
        directions: scene.directions.clone(),
        position: scene.position.map(|position| (position.latitude, position.longitude)),
        usable: scene.street.is_some(),
    }
}

impl Address {
    /// Whether a place can be made of it.
    pub(super) fn says_something(&self) -> bool {
        self.street.is_some() || self.name.is_some() || self.directions.is_some() || self.position.is_some()
    }

    /// The same door, however it is written.
    pub(super) fn same_door(&self, other: &Self) -> bool {
        let plain = |text: &Option<String>| {
            let letters = text.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect::<String>()
        };
        let zip = |address: &Self| address.zip.clone().map(|zip| zip.chars().take(5).collect::<String>());
        !plain(&self.street).is_empty()
            && plain(&self.street) == plain(&other.street)
            && plain(&self.unit) == plain(&other.unit)
            && zip(self) == zip(other)
    }

    /// As a record.
    pub(super) fn place(&self, kind: PlaceKind) -> Place {
        let cut = |text: &Option<String>, most| text.as_ref().map(|text| text.chars().take(most).collect());
        Place {
            kind: Some(kind),
            label: cut(&self.name, 200),
            street: cut(&self.street, 200),
            unit: cut(&self.unit, 120),
            state: cut(&self.state, 40),
            zip: cut(&self.zip, 12),
            directions: cut(&self.directions, 2_000),
            latitude: self.position.map(|(latitude, _)| latitude),
            longitude: self.position.map(|(_, longitude)| longitude),
            usable: Some(self.usable),
            ..Place::default()
        }
    }
}
