//! The description of the routes: served, committed as `openapi.json`, and held to the table by a test.

use super::errors::HttpError;
use super::{App, Call};
use axum::Json;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{OpenApi, ToSchema};

mod complete;

/// This description.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    responses((status = 200, content_type = "application/json", body = BTreeMap<String, serde_json::Value>))
)]
pub(super) async fn document(_app: Arc<App>, _call: Call) -> Result<Response, HttpError> {
    Ok(Json(described()).into_response())
}

/// The committed text of the description.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&described()).unwrap_or_default();
    text.push('\n');
    text
}

fn described() -> serde_json::Value {
    complete::complete(serde_json::to_value(Api::openapi()).unwrap_or_default())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Porchlight county server",
        description = "Requests other than enrolment are signed by an admitted device: \
            `authorization: Porchlight <device> <token or -> <nonce or -> <signature or ->`. \
            The nonce comes from the previous answer (`porchlight-nonce`); a 401 `session_needed` brings one. \
            What a reader may not see is not found.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        super::operator::healthz,
        super::operator::readyz,
        document,
        super::enrol::enrol,
        super::syncing::sync,
        super::events::events,
        super::changes::push,
        super::people::list,
        super::people::one,
        super::people::history,
        super::devices::list,
        super::devices::revoke
    )
)]
struct Api;

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident as $shown:ident { $($(#[$fdoc:meta])* $field:ident : $type:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(ToSchema)]
            #[schema(as = $shown)]
            #[allow(dead_code, reason = "shapes are read by the description only")]
            pub(super) struct $name { $($(#[$fdoc])* $field: $type,)+ }
        )+
    };
}

shapes! {
    /// An error.
    ErrorDoc as Error {
        /// A stable code.
        code: String,
        /// What it means, in plain words.
        message: String,
    }
    /// The server's health.
    HealthDoc as Health {
        /// `ok`.
        status: String,
    }
    /// A device that asks to be admitted.
    EnrolRequestDoc as EnrolRequest {
        /// The one-time code.
        code: String,
        /// The device's Ed25519 public key, base64url.
        key: String,
        /// What its owner calls it.
        name: String,
        /// `linux`, `android`, …
        platform: String,
        /// The version of the app.
        app: String,
        /// `os-keystore` or `file`.
        secret_store: String,
    }
    /// An admitted device.
    EnrolledDoc as Enrolled {
        /// The county.
        county: String,
        /// Its name.
        county_name: String,
        /// Its time zone.
        timezone: String,
        /// Whose device this is.
        user: String,
        /// Their name.
        user_name: String,
        /// What they do.
        role: String,
        /// Their team.
        team: Option<String>,
        /// The device's id.
        device: String,
        /// The county's Ed25519 public key, base64url.
        county_key: String,
        /// What the device seals things to the county with: an X25519 public key, base64url.
        sealing_key: Option<String>,
        /// What the device shows to a county that was restored from an older backup.
        certificate: String,
    }
    /// Changes to push.
    PushDoc as Push {
        /// Changes, as in a sync: at most 5,000.
        changes: Vec<BTreeMap<String, serde_json::Value>>,
    }
    /// One answer per change.
    AnswersDoc as Answers {
        /// In the order of the changes.
        answers: Vec<BTreeMap<String, serde_json::Value>>,
    }
    /// A person in a list.
    PersonRowDoc as PersonRow {
        /// Who.
        person: String,
        /// What the reader may see, as a set of bits.
        objects: u32,
        /// The fields of their person record.
        identity: BTreeMap<String, serde_json::Value>,
    }
    /// A page of people.
    PeopleDoc as People {
        /// By id.
        people: Vec<PersonRowDoc>,
        /// Where the next page starts.
        next: Option<String>,
    }
    /// A record as it stands.
    RecordDoc as Record {
        /// Its id.
        id: String,
        /// The values that count.
        fields: BTreeMap<String, serde_json::Value>,
        /// Fields that need a look.
        conflicts: Vec<String>,
        /// Whether it should not have been recorded.
        voided: bool,
        /// The stamp of its first statement.
        first: u64,
        /// The stamp of its latest.
        last: u64,
    }
    /// A person as they stand.
    PersonDoc as Person {
        /// Who.
        person: String,
        /// Records by kind.
        records: BTreeMap<String, Vec<RecordDoc>>,
    }
    /// A change in a history.
    EntryDoc as Entry {
        /// Its number in the county.
        seq: u64,
        /// The stamp by which it counts.
        stamp: u64,
        /// As its author wrote it.
        change: BTreeMap<String, serde_json::Value>,
    }
    /// A page of a history.
    HistoryDoc as History {
        /// Oldest first.
        changes: Vec<EntryDoc>,
        /// The number after which the next page starts.
        next: Option<u64>,
    }
    /// A device.
    DeviceDoc as Device {
        /// Which.
        device: String,
        /// Whose.
        user: String,
        /// Their name.
        user_name: String,
        /// What its owner calls it.
        name: String,
        /// `linux`, `android`, …
        platform: String,
        /// The version of its app.
        app: String,
        /// Which kind of store holds its secret.
        secret_store: String,
        /// For comparing two screens.
        fingerprint: String,
        /// When it was admitted, in milliseconds.
        enrolled_at: i64,
        /// When its admission ended.
        revoked_at: Option<i64>,
        /// When it was last heard of.
        last_contact: Option<i64>,
        /// How many items it had unsent then.
        unsent: u32,
        /// Its clock minus the county's, in milliseconds.
        clock_offset: i64,
    }
    /// Devices.
    DevicesDoc as Devices {
        /// Oldest first.
        devices: Vec<DeviceDoc>,
    }
}
