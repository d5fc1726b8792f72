//! Counts connections and bytes, and answers those who come when the house is full.

use crate::metrics::Metrics;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use axum_server::accept::Accept;
use futures_util::future::{Either, Ready, ready};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::errors::HttpError;

/// So many connections beyond the limit are told to come later; further ones are closed without a word, because a
/// handshake costs more than the answer.
const TOLD: usize = 64;

/// Takes connections in.
#[derive(Clone)]
pub struct Door {
    metrics: Arc<Metrics>,
    open: Arc<AtomicUsize>,
    most: usize,
}

impl Door {
    /// For at most so many connections at once.
    pub fn new(metrics: Arc<Metrics>, most: usize) -> Self {
        Self { metrics, open: Arc::default(), most }
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Counted;
    type Service = Admitted<S>;
    type Future = Ready<io::Result<(Counted, Admitted<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let before = self.open.fetch_add(1, Ordering::SeqCst);
        let place = Place { open: Arc::clone(&self.open), gauge: self.metrics.connections.clone() };
        place.gauge.inc();
        let full = before >= self.most;
        if full {
            self.metrics.limited("connections");
        }
        if before >= self.most.saturating_add(TOLD) {
            return ready(Err(io::ErrorKind::ConnectionRefused.into()));
        }
        // A small answer is a whole answer: waiting for more to send with it only delays it.
        let _ = stream.set_nodelay(true);
        let (read, written) = self.metrics.traffic();
        ready(Ok((Counted { stream, read, written, _place: place }, Admitted { service, full })))
    }
}

struct Place {
    open: Arc<AtomicUsize>,
    gauge: Gauge,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.gauge.dec();
    }
}

/// A connection whose bytes are counted, as they are on the wire.
pub struct Counted {
    stream: TcpStream,
    read: Counter,
    written: Counter,
    _place: Place,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.read.inc_by((buf.filled().len() - before) as u64);
        done
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = done {
            self.written.inc_by(count as u64);
        }
        done
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The service of a connection, or the answer that there is no room.
#[derive(Clone)]
pub struct Admitted<S> {
    service: S,
    full: bool,
}

impl<S, B> Service<Request<B>> for Admitted<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.full {
            return Either::Left(self.service.call(request));
        }
        let mut answer = HttpError::busy().into_response();
        let close = axum::http::HeaderValue::from_static("close");
        answer.headers_mut().insert(axum::http::header::CONNECTION, close);
        Either::Right(ready(Ok(answer)))
    }
}
