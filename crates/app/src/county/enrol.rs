//! Joining a county with a one-time code.

use super::{Met, client, nonce_in, refusal, sent};
use sync::enrolment::EnrolmentCode;
use sync::ports::RemoteError;
use sync::request::{REQUEST_HEADER, RequestId};
use sync::wire::{EnrolRequest, Enrolled};

/// Sends the code's secret and the device's public key to the county that the code names. The first sync can go on
/// over what this leaves: see [`Met`].
///
/// # Errors
/// As [`RemoteError`]; `Refused` carries `code_unknown`, `code_used` or `code_expired`.
pub async fn enrol(code: &EnrolmentCode, request: &EnrolRequest) -> Result<(Enrolled, Met), RemoteError> {
    let url = format!("{}/v1/enrol", code.server.trim_end_matches('/'));
    let body = serde_json::to_vec(request).map_err(|_| RemoteError::Rubbish)?;
    let id = RequestId::from_bytes(crypto::secret::random_bytes());
    let client = client(code.pin)?;
    let request = client.post(url).header("content-type", "application/json").body(body);
    let response = sent(request.header(REQUEST_HEADER, id.to_string()), id, "/v1/enrol").await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let nonce = nonce_in(&response);
    let body = response.bytes().await.map_err(|_| RemoteError::Interrupted)?;
    let enrolled = serde_json::from_slice(&body).map_err(|_| RemoteError::Rubbish)?;
    Ok((enrolled, Met { client, nonce }))
}
