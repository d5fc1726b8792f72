//! A device's side of the wire, by hand: what an app would never send can be sent here.

use crypto::codes::Nonce;
use crypto::device_key::DeviceKey;
use crypto::proof::{RequestParts, RequestProof, body_digest};
use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING,
};
use reqwest::{Method, Request, RequestBuilder, Response};
use serde_json::Value;
use sync::enrolment::EnrolmentCode;
use sync::ports::{Remote, RemoteError};
use sync::wire::{CERTIFICATE_HEADER, EnrolRequest, Enrolled, NONCE_HEADER, TOKEN_HEADER};

/// An enrolled device without an app.
pub struct Client {
    /// Who it is, as the county said.
    pub enrolled: Enrolled,
    http: reqwest::Client,
    server: String,
    key: DeviceKey,
    token: String,
    nonce: Option<Nonce>,
    /// Whether its certificate goes with every request.
    shows: bool,
}

/// What came back.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The lines of a sync's answer.
    pub fn lines(&self) -> Vec<Value> {
        let text = sync::packing::decompress_all(&self.bytes, 64 << 20).unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n');
        lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

impl Client {
    /// Enrols with a code. Which certificate the county shows is not what is tried here.
    ///
    /// # Errors
    /// The network's, or that the county refuses.
    pub async fn enrol(code: &str) -> anyhow::Result<Self> {
        let code: EnrolmentCode = code.parse()?;
        Self::enrol_at(&code.server, &code).await
    }

    /// Enrols through another address of the county; one without TLS where a test serves it so.
    ///
    /// # Errors
    /// As [`Client::enrol`].
    pub async fn enrol_at(server: &str, code: &EnrolmentCode) -> anyhow::Result<Self> {
        let http = http()?;
        let key = DeviceKey::generate();
        let request = EnrolRequest {
            code: code.secret.clone(),
            key: key.public().to_text(),
            name: "by hand".to_owned(),
            platform: "linux".to_owned(),
            app: app::VERSION.to_owned(),
            secret_store: "file".to_owned(),
        };
        let sent = http.post(format!("{server}/v1/enrol")).body(serde_json::to_vec(&request)?);
        let answer = sent.send().await?.error_for_status()?;
        let enrolled = serde_json::from_slice(&answer.bytes().await?)?;
        let mut client = Self::admitted(enrolled, server, key)?;
        client.http = http;
        Ok(client)
    }

    /// A device that was admitted already.
    ///
    /// # Errors
    /// No TLS client can be made here.
    pub fn admitted(enrolled: Enrolled, server: &str, key: DeviceKey) -> reqwest::Result<Self> {
        let server = server.to_owned();
        Ok(Self { enrolled, http: http()?, server, key, token: String::new(), nonce: None, shows: false })
    }

    /// Shows its certificate with every request, to a county that may have forgotten it.
    pub fn show_certificate(&mut self) {
        self.shows = true;
    }

    /// Goes to the county by another address from now on.
    pub fn go_by(&mut self, server: &str) {
        server.clone_into(&mut self.server);
    }

    /// Comes back after a long while: without a connection and without a session.
    ///
    /// # Errors
    /// No TLS client can be made here.
    pub fn come_back(&mut self) -> reqwest::Result<()> {
        self.http = http()?;
        self.token.clear();
        self.nonce = None;
        Ok(())
    }

    /// Has a connection and a nonce, as joining leaves them.
    ///
    /// # Errors
    /// The network's.
    pub async fn greet(&mut self) -> anyhow::Result<()> {
        let header = format!("Porchlight {} - - -", self.enrolled.device);
        let url = format!("{}/v1/sync", self.server);
        let answer = self.http.post(url).header(AUTHORIZATION, header).send().await?;
        self.nonce = nonce_in(&answer);
        answer.bytes().await?;
        Ok(())
    }

    /// Sends a signed request, opening a session where one is needed.
    ///
    /// # Errors
    /// The network's.
    pub async fn send(&mut self, method: &str, target: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let answer = self.answer(method, target, None, body).await?;
        Ok(Answer { status: answer.status().as_u16(), bytes: answer.bytes().await?.to_vec() })
    }

    /// Sends a signed request with a kind of body, and leaves the answer to be read.
    ///
    /// # Errors
    /// The network's.
    pub async fn answer(
        &mut self,
        method: &str,
        target: &str,
        kind: Option<HeaderValue>,
        body: &[u8],
    ) -> anyhow::Result<Response> {
        let mut request = self.request(method, target, body)?;
        if let Some(kind) = kind {
            request.headers_mut().insert(CONTENT_TYPE, kind);
        }
        if self.shows {
            request.headers_mut().insert(CERTIFICATE_HEADER, self.enrolled.certificate.parse()?);
        }
        // What is signed is what is sent: on its way into an address some characters are written differently.
        let target = match request.url().query() {
            Some(query) => format!("{}?{query}", request.url().path()),
            None => request.url().path().to_owned(),
        };
        loop {
            let signed = self.nonce.take().map(|nonce| {
                let parts = RequestParts {
                    method,
                    target: &target,
                    body_sha256: body_digest(body),
                    token: &self.token,
                };
                (nonce, RequestProof::sign(&self.key, parts, nonce).signature.to_text())
            });
            let proof = signed.as_ref().map_or("- -".to_owned(), |(nonce, sign)| format!("{nonce} {sign}"));
            let token = if self.token.is_empty() { "-" } else { &self.token };
            let header = format!("Porchlight {} {token} {proof}", self.enrolled.device);
            let mut once = request.try_clone().ok_or_else(|| anyhow::anyhow!("a body that is sent twice"))?;
            // As in the app: the answer to this is a nonce, whatever is sent, but for the one door that needs none.
            if signed.is_none() && once.url().path() != "/v1/enrol" {
                *once.body_mut() = None;
            }
            once.headers_mut().insert(AUTHORIZATION, header.parse()?);
            let answer = self.http.execute(once).await?;
            self.nonce = nonce_in(&answer);
            let opened = answer.headers().get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
            let opened = opened.map(str::to_owned);
            let fresh = signed.is_none();
            if answer.status() == 401 && (fresh || !self.token.is_empty()) {
                if !fresh {
                    self.token.clear();
                }
                continue;
            }
            if let Some(token) = opened {
                self.token = token;
            }
            return Ok(answer);
        }
    }

    /// A request that is signed for this body, to be given its body and sent; after an answer that brought a nonce.
    ///
    /// # Errors
    /// When there is no nonce.
    pub fn signed(&mut self, method: &str, target: &str, body: &[u8]) -> anyhow::Result<RequestBuilder> {
        let nonce = self.nonce.take().ok_or_else(|| anyhow::anyhow!("no answer brought a nonce yet"))?;
        let parts = RequestParts { method, target, body_sha256: body_digest(body), token: &self.token };
        let sign = RequestProof::sign(&self.key, parts, nonce).signature.to_text();
        let header = format!("Porchlight {} {} {nonce} {sign}", self.enrolled.device, self.token);
        let url = format!("{}{target}", self.server);
        Ok(self.http.request(Method::from_bytes(method.as_bytes())?, url).header(AUTHORIZATION, header))
    }

    /// Sends a request as it is, with nobody's signature.
    ///
    /// # Errors
    /// The network's.
    pub async fn unsigned(
        &self,
        method: &str,
        target: &str,
        mut headers: HeaderMap,
        body: &[u8],
    ) -> anyhow::Result<Response> {
        let mut request = self.request(method, target, body)?;
        for name in [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        *request.headers_mut() = headers;
        Ok(self.http.execute(request).await?)
    }

    fn request(&self, method: &str, target: &str, body: &[u8]) -> anyhow::Result<Request> {
        let method = Method::from_bytes(method.as_bytes())?;
        Ok(self.http.request(method, format!("{}{target}", self.server)).body(body.to_vec()).build()?)
    }

    /// Sends the lines of a sync.
    ///
    /// # Errors
    /// The network's.
    pub async fn sync(&mut self, lines: &[Value]) -> anyhow::Result<Answer> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.send("POST", "/v1/sync", &sync::packing::compress(text.as_bytes())).await
    }
}

fn nonce_in(answer: &Response) -> Option<Nonce> {
    answer.headers().get(NONCE_HEADER)?.to_str().ok()?.parse().ok()
}

/// What speaks to the county. Which certificate it shows is not what is tried by hand.
///
/// # Errors
/// No TLS client can be made here.
pub fn http() -> reqwest::Result<reqwest::Client> {
    // Another client of this process may have chosen the same provider before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()
}

/// The engine's way to the county, through this client.
impl Remote for &mut Client {
    type Incoming = app::county::Answer;

    async fn sync(&mut self, body: Vec<u8>) -> Result<Self::Incoming, RemoteError> {
        let answer = self.answer("POST", "/v1/sync", None, &body).await.map_err(|error| {
            // As in the app: a line that dies before the answer begins was there.
            let sent = error.downcast_ref::<reqwest::Error>().is_some_and(|error| !error.is_connect());
            if sent { RemoteError::Interrupted } else { RemoteError::Unreachable }
        })?;
        match answer.status().as_u16() {
            200 => Ok(app::county::Answer::new(answer)),
            429 | 503 => Err(RemoteError::Busy { retry_after: 1 }),
            status => Err(RemoteError::Refused { code: status.to_string() }),
        }
    }
}
