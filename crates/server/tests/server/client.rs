//! A device's side of the wire, by hand: pins the certificate, signs each request, opens sessions.

use crypto::codes::Nonce;
use crypto::device_key::DeviceKey;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use domain::ids::DeviceId;
use reqwest::{Method, Response};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::sync::Arc;
use sync::enrolment::EnrolmentCode;
use sync::ports::{Incoming, Remote, RemoteError};
use sync::wire::{CERTIFICATE_HEADER, EnrolRequest, Enrolled, ErrorBody, NONCE_HEADER, TOKEN_HEADER};

pub struct Client {
    pub http: reqwest::Client,
    pub server: String,
    pub key: DeviceKey,
    pub enrolled: Enrolled,
    pub token: Option<String>,
    pub nonce: Option<String>,
    /// Whether its certificate goes with every request.
    pub shows: bool,
    /// Bytes after which the line dies.
    pub cut_after: Option<usize>,
}

pub fn http(pin: [u8; 32]) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned(pin, provider)))
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(config).build().unwrap()
}

pub fn enrol_request(code: &str, key: &DeviceKey) -> EnrolRequest {
    EnrolRequest {
        code: code.to_owned(),
        key: key.public().to_text(),
        name: "a tablet".to_owned(),
        platform: "linux".to_owned(),
        app: "0.1.0".to_owned(),
        secret_store: "file".to_owned(),
    }
}

impl Client {
    pub async fn enrol(code: &EnrolmentCode, _name: &str) -> Result<Self, String> {
        Self::enrol_with(code, DeviceKey::generate()).await
    }

    pub async fn enrol_with(code: &EnrolmentCode, key: DeviceKey) -> Result<Self, String> {
        let http = http(code.pin);
        let body = serde_json::to_vec(&enrol_request(&code.secret, &key)).unwrap();
        let answer = http.post(format!("{}/v1/enrol", code.server)).body(body).send().await.unwrap();
        if !answer.status().is_success() {
            return Err(error(answer).await);
        }
        let enrolled = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let server = code.server.clone();
        Ok(Self { http, server, key, enrolled, token: None, nonce: None, shows: false, cut_after: None })
    }

    pub fn device(&self) -> DeviceId {
        self.enrolled.device
    }

    /// The header for a request.
    pub fn header(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        token: &str,
        nonce: Option<&str>,
    ) -> String {
        let Some(nonce) = nonce else { return format!("Porchlight {} - - -", self.device()) };
        let parts = RequestParts { method, target, body_sha256: body_digest(body), token };
        let nonce: Nonce = nonce.parse().unwrap();
        let proof = RequestProof::sign(&self.key, parts, nonce);
        let token = if token.is_empty() { "-" } else { token };
        format!("Porchlight {} {token} {nonce} {}", self.device(), proof.signature.to_text())
    }

    /// Sends with exactly this header.
    pub async fn raw(&self, method: &str, target: &str, body: &[u8], header: &str) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{target}", self.server));
        if self.shows {
            request = request.header(CERTIFICATE_HEADER, &self.enrolled.certificate);
        }
        request.header("authorization", header).body(body.to_vec()).send().await.unwrap()
    }

    /// Sends as an app does: opens a session where one is needed.
    pub async fn send(&mut self, method: &str, target: &str, body: &[u8]) -> Response {
        loop {
            let token = self.token.clone().unwrap_or_default();
            let nonce = self.nonce.take();
            let header = self.header(method, target, body, &token, nonce.as_deref());
            let answer = self.raw(method, target, body, &header).await;
            let take =
                |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            self.nonce = take(NONCE_HEADER);
            if let Some(token) = take(TOKEN_HEADER) {
                self.token = Some(token);
            }
            if answer.status() != 401 || nonce.is_some() && token.is_empty() {
                return answer;
            }
            if nonce.is_some() {
                self.token = None;
            }
        }
    }

    pub async fn get(&mut self, target: &str) -> (u16, serde_json::Value) {
        let answer = self.send("GET", target, b"").await;
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }
}

pub async fn error(answer: Response) -> String {
    let body: ErrorBody = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body.code
}

impl Remote for Client {
    type Incoming = Line;

    async fn sync(&mut self, body: Vec<u8>) -> Result<Line, RemoteError> {
        let answer = self.send("POST", "/v1/sync", &body).await;
        if !answer.status().is_success() {
            return Err(RemoteError::Refused { code: error(answer).await });
        }
        Ok(Line { answer, left: self.cut_after.take() })
    }
}

pub struct Line {
    answer: Response,
    left: Option<usize>,
}

impl Incoming for Line {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        let chunk = self.answer.chunk().await.map_err(|_| RemoteError::Interrupted)?;
        let Some(mut bytes) = chunk.map(|bytes| bytes.to_vec()) else { return Ok(None) };
        if let Some(left) = &mut self.left {
            if *left == 0 {
                return Err(RemoteError::Interrupted);
            }
            bytes.truncate(*left);
            *left -= bytes.len();
        }
        Ok(Some(bytes))
    }
}

#[derive(Debug)]
struct Pinned([u8; 32], Arc<CryptoProvider>);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if crypto::spki::spki_sha256(certificate) == Ok(self.0) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.1.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.1.signature_verification_algorithms.supported_schemes()
    }
}
