//! A door to a county for programs that cannot sign: plain HTTP on loopback, and behind it one device that signs what
//! comes in and passes it on.

use crate::client::Client;
use crate::county::TestCounty;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// One open door.
pub struct Door {
    /// Where it is.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Who signs.
struct Signer {
    county: Arc<TestCounty>,
    who: Who,
    client: Mutex<Client>,
}

enum Who {
    /// Devices of somebody: another one when the admission of one has ended.
    Somebody(String),
    /// This device and no other.
    Device,
    /// Nobody: requests are passed on as they are.
    Nobody,
}

impl Door {
    /// A door behind which a device of `name` signs, or nobody does.
    ///
    /// # Errors
    /// The county's, or that there is no free port.
    pub async fn open(county: Arc<TestCounty>, name: Option<String>) -> anyhow::Result<Self> {
        let client = Client::enrol(&county.code(name.as_deref().unwrap_or("Nobody")).await?).await?;
        Self::behind(county, name.map_or(Who::Nobody, Who::Somebody), client).await
    }

    /// A door behind which one device signs, whatever the county says to it.
    ///
    /// # Errors
    /// That there is no free port.
    pub async fn of(county: Arc<TestCounty>, client: Client) -> anyhow::Result<Self> {
        Self::behind(county, Who::Device, client).await
    }

    async fn behind(county: Arc<TestCounty>, who: Who, client: Client) -> anyhow::Result<Self> {
        let signer = Arc::new(Signer { county, who, client: Mutex::new(client) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = Router::new().fallback(pass).with_state(signer);
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, task })
    }
}

async fn pass(
    State(signer): State<Arc<Signer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match passed(&signer, method, uri, headers, body).await {
        Ok(answer) => answer,
        // No status that the county itself can give: this is the door's own failure.
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn passed(
    signer: &Signer,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> anyhow::Result<Response> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    let mut client = signer.client.lock().await;
    let answer = match &signer.who {
        Who::Somebody(_) | Who::Device => client.answer(method.as_str(), target, kind, &body).await?,
        Who::Nobody => client.unsigned(method.as_str(), target, headers, &body).await?,
    };
    if let (403, Who::Somebody(name)) = (answer.status().as_u16(), &signer.who) {
        // Somebody ended this device's admission, as one of the operations does; the next request needs another.
        *client = Client::enrol(&signer.county.code(name).await?).await?;
    }
    let mut passed = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != header::TRANSFER_ENCODING && name != header::CONNECTION {
            passed = passed.header(name, value);
        }
    }
    Ok(passed.body(Body::from(answer.bytes().await?))?)
}
