//! What all routes have in common, added to the description from the table of routes: who may ask, what a refusal
//! looks like, and the exact shape of what stands in an address.

use crate::http::{Guard, NO_BODY, Route, routes};
use serde_json::{Map, Value, json};
use sync::request::REQUEST_HEADER;
use sync::wire::{NONCE_HEADER, PUSH_PAGE, TOKEN_HEADER};

/// An id, for those who try the interface.
const EXAMPLE: &str = "019a0000-0000-7000-8000-000000000001";

/// Completes the description.
pub(super) fn complete(mut document: Value) -> Value {
    document["components"]["securitySchemes"] = json!({ "device": {
        "type": "http",
        "scheme": "porchlight",
        "description": "`authorization: Porchlight <device> <token or -> <nonce or -> <signature or ->`, signed \
            with the device's Ed25519 key over method, target, body digest, token and nonce. The token is `-` to \
            open a session with this request.",
    }});
    document["components"]["headers"] = json!({
        "nonce": header("The nonce for the next request.", json!({ "type": "string" })),
        "token": header("The token of the session that this request opened.", json!({ "type": "string" })),
        "request": header(
            "The request's id, as it stands in the county's log.",
            json!({ "type": "string", "pattern": "^[0-9a-f]{24}$" }),
        ),
        "wait": header("Seconds to wait.", json!({ "type": "integer", "minimum": 1 })),
        "methods": header("The methods of this path.", json!({ "type": "string" })),
    });
    document["components"]["schemas"]["Change"] = change();
    let changes = &mut document["components"]["schemas"]["Push"]["properties"]["changes"];
    changes["items"] = json!({ "$ref": "#/components/schemas/Change" });
    changes["maxItems"] = json!(PUSH_PAGE);
    for route in routes() {
        let operation = &mut document["paths"][route.path][route.method.to_lowercase()];
        let guarded = !matches!(route.guard, Guard::Public(_));
        operation["operationId"] = json!(name(&route));
        operation["security"] = if guarded { json!([{ "device": [] }]) } else { json!([]) };
        let parameters = parameters(route.path);
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        let Some(answers) = operation["responses"].as_object_mut() else { continue };
        if guarded {
            let stamped = json!({ NONCE_HEADER: link("nonce"), TOKEN_HEADER: link("token") });
            answers.values_mut().for_each(|answer| answer["headers"] = stamped.clone());
        } else if route.path == "/v1/enrol" {
            answers["200"]["headers"] = json!({ NONCE_HEADER: link("nonce") });
        }
        for (status, says) in refusals(&route, guarded) {
            let answer = refusal(status, says);
            let known = answers.entry(status.to_string()).or_insert_with(|| answer.clone());
            known["headers"] = answer["headers"].clone();
        }
    }
    document
}

/// Such as `get_people_person_history`.
fn name(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty() && *word != "v1");
    std::iter::once(route.method.to_lowercase()).chain(words.map(str::to_owned)).collect::<Vec<_>>().join("_")
}

fn header(description: &str, schema: Value) -> Value {
    json!({ "description": description, "schema": schema })
}

fn link(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The statuses that a route can answer beside those that its own description names.
fn refusals(route: &Route, guarded: bool) -> Vec<(u16, &'static str)> {
    let mut all = vec![
        (400, "`malformed`: the request cannot be read."),
        (405, "`method_not_allowed`: another method than those of this path."),
        (408, "`too_slow`: the body did not arrive in time."),
        (413, "`too_large`: more than the route takes."),
        (429, "`busy`: too many requests from this address or this device."),
        (500, "`internal`: something failed at the county; its log says what, under the request's id."),
        (503, "`busy`: too many connections, too much to do, or the server is stopping."),
    ];
    if route.limit > NO_BODY {
        all.push((415, "`unsupported_media_type`: a body of another kind than the route takes."));
    }
    if guarded {
        all.push((
            401,
            "`session_needed`, `not_authorized`: sign the request with the nonce in this answer.",
        ));
        all.push((403, "`device_revoked`: this device is no longer admitted."));
    }
    if matches!(route.guard, Guard::Policy(..)) {
        all.push((404, "`not_found`: nothing here that this reader may see."));
    }
    all
}

fn refusal(status: u16, says: &str) -> Value {
    let mut headers = Map::from_iter([(REQUEST_HEADER.to_owned(), link("request"))]);
    match status {
        401 => headers.extend([(NONCE_HEADER.to_owned(), link("nonce"))]),
        405 => headers.extend([("allow".to_owned(), link("methods"))]),
        429 | 503 => headers.extend([("retry-after".to_owned(), link("wait"))]),
        _ => {}
    }
    json!({
        "description": says,
        "headers": headers,
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    })
}

fn parameters(path: &str) -> Vec<Value> {
    let id = json!({ "type": "string", "format": "uuid" });
    let number = |from: u64, to: u64| json!({ "type": "integer", "minimum": from, "maximum": to });
    let query = |name: &str, schema: Value, says: &str| {
        let place = "query";
        json!({ "name": name, "in": place, "required": false, "schema": schema, "description": says })
    };
    let part = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": id, "example": EXAMPLE });
    match path {
        "/v1/people" => vec![
            query("after", id.clone(), "The last id of the page before."),
            query("limit", number(1, 200), "The most people on the page."),
        ],
        "/v1/people/{person}" => vec![part("person")],
        "/v1/people/{person}/history" => vec![
            part("person"),
            query("after", number(0, i64::MAX as u64), "The last number of the page before."),
        ],
        "/v1/devices/{device}/revoke" => vec![part("device")],
        "/v1/events" => vec![query("limit", number(1, 1_000), "The stream ends after so many lines.")],
        "/v1/sync" => vec![query(
            "limit",
            number(1, u64::from(u32::MAX)),
            "The answer ends after so many frames; the rest comes with the token of the last.",
        )],
        _ => Vec::new(),
    }
}

/// A change is answered as soon as it says which one it is; what is wrong with the rest of it stands in its answer.
fn change() -> Value {
    let says = |text: &str| json!({ "description": text });
    json!({
        "type": "object",
        "description": "One statement about a record. Whatever has an id is answered; what is not a change is refused.",
        "required": ["id"],
        "properties": {
            "id": { "type": "string", "format": "uuid", "description": "Its own id." },
            "record": says("The record it speaks of; equal to `id` for the `create` of a record."),
            "kind": says("The kind of that record."),
            "person": says("The person the record belongs to."),
            "op": says("`create`, `amend` or `void`."),
            "author": says("Who says so: the session's user."),
            "device": says("On which device: the session's."),
            "stamp": says("The device's own stamp."),
            "happened_at": says("When it happened, in milliseconds since 1970."),
            "reason": says("Why, for an amendment of a signed record and for every void."),
            "fields": says("What it sets: per field the value, and the changes whose values were on the screen."),
        },
    })
}
