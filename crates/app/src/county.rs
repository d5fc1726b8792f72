//! The way to the county: HTTPS to one server, known by the pin of its key and by nothing else.
//!
//! Every request is signed by the device's key over method, target, body, session token and a nonce from the county's
//! previous answer (see `crypto::proof`). A session opens within the first request that needs one.

use crypto::codes::{AccessToken, Nonce};
use crypto::device_key::DeviceKey;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use domain::DeviceId;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use sync::ports::{Incoming, Remote, RemoteError};
use sync::request::{REQUEST_HEADER, RequestId};
use sync::wire::{AUTH_HEADER, AUTH_SCHEME, CERTIFICATE_HEADER, ErrorBody, NONCE_HEADER, TOKEN_HEADER};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The county's code for a device that it does not know.
const NOT_AUTHORIZED: &str = "not_authorized";

pub mod enrol;
mod pin;

/// How long to wait for a connection, and for the next byte of an answer.
const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(45);
/// A nonce may be stale and a session over: one answer tells the new nonce, the next opens the session. A county that
/// was restored may have forgotten the device: then a third tries with its certificate.
const TRIES: u32 = 4;

/// One device's way to its county.
pub struct County {
    client: Client,
    server: String,
    device: DeviceId,
    key: DeviceKey,
    /// What the county is shown when it does not know the device.
    certificate: String,
    session: Mutex<Session>,
}

/// What an answer of the county leaves behind before there is a session: an open connection, and a nonce.
pub struct Met {
    client: Client,
    nonce: Option<Nonce>,
}

#[derive(Default)]
struct Session {
    token: Option<AccessToken>,
    nonce: Option<Nonce>,
    /// The county does not know the device, and is shown its certificate.
    forgotten: bool,
}

impl County {
    /// The way to the county at `server` (`https://…`), whose key hashes to `pin`, for one enrolled device. After joining,
    /// it goes on over what that has `met`: its first request needs neither a handshake nor a challenge.
    ///
    /// # Errors
    /// `RemoteError::Unreachable` when no TLS client can be made here.
    pub fn new(
        server: &str,
        pin: [u8; 32],
        device: DeviceId,
        key: DeviceKey,
        certificate: String,
        met: Option<Met>,
    ) -> Result<Self, RemoteError> {
        let server = server.trim_end_matches('/').to_owned();
        let Met { client, nonce } = match met {
            Some(met) => met,
            None => Met { client: client(pin)?, nonce: None },
        };
        let session = Mutex::new(Session { nonce, ..Session::default() });
        Ok(Self { client, server, device, key, certificate, session })
    }

    /// Asks for the county's events: one line for each moment at which something in this caseload changed.
    ///
    /// # Errors
    /// As [`RemoteError`].
    pub async fn events(&self) -> Result<Response, RemoteError> {
        self.send(Method::GET, "/v1/events", Vec::new()).await
    }

    async fn send(&self, method: Method, target: &str, body: Vec<u8>) -> Result<Response, RemoteError> {
        let body = bytes::Bytes::from(body);
        let digest = body_digest(&body);
        for _ in 0..TRIES {
            let (authorization, id) = self.authorization(&method, target, digest);
            let mut request = self.client.request(method.clone(), format!("{}{target}", self.server));
            request = request.header(AUTH_HEADER, authorization);
            if lock(&self.session).forgotten {
                request = request.header(CERTIFICATE_HEADER, &self.certificate);
            }
            if let Asked::Named(id) = id {
                request = request.header(REQUEST_HEADER, id.to_string());
            }
            // Without a nonce the answer is a nonce, whatever was sent: what is long goes once.
            if method != Method::GET && matches!(id, Asked::Signed(_)) {
                request = request.body(body.clone());
            }
            let response = sent(request, id.id(), target).await?;
            self.remember(&response);
            match response.status() {
                StatusCode::OK => return Ok(response),
                StatusCode::UNAUTHORIZED => self.session_over(refusal(response).await),
                _ => return Err(refusal(response).await),
            }
        }
        Err(RemoteError::Refused { code: "session_needed".to_owned() })
    }

    /// The header that authorizes a request, and how both logs call the request.
    fn authorization(&self, method: &Method, target: &str, digest: [u8; 32]) -> (String, Asked) {
        let mut session = lock(&self.session);
        let token = session.token.as_ref().map(|token| token.to_text().to_string()).unwrap_or_default();
        // A nonce is used once: the next answer brings another.
        let nonce = session.nonce.take();
        let id =
            nonce.map_or_else(Asked::named, |nonce| Asked::Signed(RequestId::from_bytes(*nonce.as_bytes())));
        let proof = nonce.map(|nonce| {
            let parts = RequestParts { method: method.as_str(), target, body_sha256: digest, token: &token };
            RequestProof::sign(&self.key, parts, nonce).to_string().replacen('.', " ", 1)
        });
        // Without a session the request opens one: it is signed over an empty token, which is written as a dash.
        let shown = if token.is_empty() { "-" } else { &token };
        let proof = proof.unwrap_or_else(|| "- -".to_owned());
        (format!("{AUTH_SCHEME} {} {shown} {proof}", self.device), id)
    }

    fn remember(&self, response: &Response) {
        let mut session = lock(&self.session);
        if let Some(nonce) = nonce_in(response) {
            session.nonce = Some(nonce);
        }
        if let Some(token) = header(response, TOKEN_HEADER).and_then(|text| AccessToken::parse(text).ok()) {
            session.token = Some(token);
        }
    }

    fn session_over(&self, why: RemoteError) {
        let mut session = lock(&self.session);
        session.token = None;
        let unknown = why == RemoteError::Refused { code: NOT_AUTHORIZED.to_owned() };
        session.forgotten |= unknown && !self.certificate.is_empty();
    }
}

/// The county's answer to a sync, as it arrives.
///
/// A task of its own takes it from the connection: while the device applies what has come, the line goes on, and what
/// it brought before it died is here.
pub struct Answer {
    chunks: mpsc::Receiver<Result<Option<bytes::Bytes>, RemoteError>>,
    task: JoinHandle<()>,
}

/// So many pieces of an answer, of some hundred kilobytes at the most, wait to be read.
const AHEAD: usize = 16;

impl Answer {
    /// Begins to take in a response's body, on the current runtime.
    pub fn new(mut response: Response) -> Self {
        let (sender, chunks) = mpsc::channel(AHEAD);
        let task = tokio::spawn(async move {
            loop {
                let chunk = response.chunk().await.map_err(|_| RemoteError::Interrupted);
                let ended = !matches!(chunk, Ok(Some(_)));
                if sender.send(chunk).await.is_err() || ended {
                    return;
                }
            }
        });
        Self { chunks, task }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Incoming for Answer {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        // Without a word about its end an answer is not at its end.
        let chunk = self.chunks.recv().await.unwrap_or(Err(RemoteError::Interrupted))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }
}

impl Remote for &County {
    type Incoming = Answer;

    async fn sync(&mut self, body: Vec<u8>) -> Result<Answer, RemoteError> {
        self.send(Method::POST, "/v1/sync", body).await.map(Answer::new)
    }
}

/// How a request is called in both logs.
#[derive(Clone, Copy)]
enum Asked {
    /// By the nonce that it is signed with, which the county reads anyway.
    Signed(RequestId),
    /// By an id in a header of its own.
    Named(RequestId),
}

impl Asked {
    fn named() -> Self {
        Self::Named(RequestId::from_bytes(crypto::secret::random_bytes()))
    }

    fn id(self) -> RequestId {
        match self {
            Self::Signed(id) | Self::Named(id) => id,
        }
    }
}

/// Sends a request and notes under its id what came of it: route, status and time, nothing of what it carried.
async fn sent(request: RequestBuilder, id: RequestId, route: &str) -> Result<Response, RemoteError> {
    let started = Instant::now();
    let answered = request.send().await.map_err(|error| failure(&error));
    let ms = started.elapsed().as_millis() as u64;
    match &answered {
        Ok(response) => {
            let status = response.status().as_u16();
            tracing::info!(request = %id, route, status, ms, "asked the county");
        }
        Err(error) => tracing::info!(request = %id, route, %error, ms, "the county could not be asked"),
    }
    answered
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The nonce for the next request.
fn nonce_in(response: &Response) -> Option<Nonce> {
    header(response, NONCE_HEADER)?.parse().ok()
}

fn client(pin: [u8; 32]) -> Result<Client, RemoteError> {
    Client::builder()
        .tls_backend_preconfigured(pin::tls_config(pin).map_err(|_| RemoteError::Unreachable)?)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .build()
        .map_err(|_| RemoteError::Unreachable)
}

/// Why no answer came. Nothing of the error's text is kept: it may name addresses.
fn failure(error: &reqwest::Error) -> RemoteError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        let tls = tls_error(inner);
        if let Some(rustls::Error::InvalidCertificate(_) | rustls::Error::PeerIncompatible(_)) = tls {
            return RemoteError::WrongCertificate;
        }
        cause = inner.source();
    }
    if error.is_connect() { RemoteError::Unreachable } else { RemoteError::Interrupted }
}

/// What TLS says. It may lie inside several I/O errors, of which `source` shows only what lies behind them.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    tls_error(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

async fn refusal(response: Response) -> RemoteError {
    let status = response.status();
    if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
        let after = header(&response, "retry-after").and_then(|text| text.parse().ok());
        return RemoteError::Busy { retry_after: after.unwrap_or(30) };
    }
    // An answer of ours is short; whatever is longer is not ours.
    let ours = response.content_length().is_some_and(|length| length <= 4_096);
    let body = if ours { response.bytes().await.unwrap_or_default() } else { bytes::Bytes::new() };
    match serde_json::from_slice::<ErrorBody>(&body) {
        Ok(body) => RemoteError::Refused { code: body.code },
        Err(_) => RemoteError::Rubbish,
    }
}

/// A poisoned lock is taken all the same: what it guards is replaced whole, never left half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
