//! Runs the county: HTTPS on one socket, and a watch for commits of other processes.

use crate::admin::{AdminError, County};
use crate::http::connections::Door;
use crate::http::{App, operator, router};
use crate::limits::Limits;
use crate::place::{Backend, Place};
use crate::tls::Files;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use domain::Millis;
use hyper_util::rt::TokioTimer;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// What `serve` is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// The key file, if not the one in the data folder.
    pub key_file: Option<PathBuf>,
    /// Its database.
    pub database: Backend,
    /// The socket.
    pub listen: SocketAddr,
    /// The address under which devices reach it, such as `https://county.example:8443`.
    pub address: Option<String>,
    /// A certificate and key that were given; else they are made here.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Renew the certificate made here, with the same key, even if it has not nearly expired.
    pub renew_certificate: bool,
    /// Where the operator reads figures and health, over plain HTTP; nowhere unless it is given.
    pub operator: Option<SocketAddr>,
    /// What one server takes on.
    pub limits: Limits,
}

impl Config {
    /// A server on a free loopback port for the county in `data`, with nothing else chosen.
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            key_file: None,
            database: Backend::Embedded,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            address: None,
            tls: None,
            renew_certificate: false,
            operator: None,
            limits: Limits::default(),
        }
    }
}

/// The real time.
pub fn clock() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(since.as_millis() as i64)
}

/// A running server.
pub struct Running {
    /// The socket it listens on.
    pub listen: SocketAddr,
    /// The address under which devices reach it.
    pub address: String,
    /// The pin of its certificate.
    pub pin: [u8; 32],
    /// Where the operator reads figures and health, if anywhere.
    pub operator: Option<SocketAddr>,
    app: Arc<App>,
    leave_time: Duration,
    handle: Handle<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// The server.
pub struct Server;

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// The key, the database, the certificate or the socket.
    pub async fn start(config: Config) -> Result<Running, AdminError> {
        let place = Place {
            data: config.data.clone(),
            key_file: config.key_file.clone(),
            database: config.database.clone(),
        };
        let county = County::open_at(&place, Arc::new(clock)).await?;
        let files = match &config.tls {
            Some((certificate, key)) => Files::given(certificate.clone(), key.clone()),
            None => Files::own(&config.data),
        };
        let listener = std::net::TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let listen = listener.local_addr()?;
        let address = county.announce_address(config.address.as_deref(), listen.port()).await?;
        let host = host_of(&address).to_owned();
        files.ensure(&host, clock().0 / 1_000, config.renew_certificate)?;
        let pin = files.pin()?;
        county.announce_pin(&pin).await?;
        let limits = config.limits;
        let app = Arc::new(App::new(county.database(), county.secret(), Arc::new(clock), limits.clone()));
        let tls = RustlsConfig::from_config(files.config()?);
        let handle = Handle::new();
        let door = Door::new(Arc::clone(&app.metrics), limits.connections);
        let mut server = axum_server::from_tcp_rustls(listener, tls.clone())?
            .map(|acceptor| acceptor.handshake_timeout(limits.header_time).acceptor(door))
            .handle(handle.clone())
            // Apps speak nothing else, and its times are bounded from the first byte on.
            .http1_only();
        // A date says nothing that a device believes, and costs a third of an empty answer's headers.
        let mut http = server.http_builder().http1();
        http.timer(TokioTimer::new()).header_read_timeout(limits.header_time).auto_date_header(false);
        let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(server.serve(service));
        let (watched, leave_time) = (Arc::clone(&app), limits.leave_time);
        let watch = tokio::spawn(async move { watched.notifier.watch(watched.db.as_ref()).await });
        let mut tasks = vec![watch, tokio::spawn(renew(files, host, tls))];
        let mut operator = None;
        if let Some(socket) = config.operator {
            let listener = tokio::net::TcpListener::bind(socket).await?;
            operator = Some(listener.local_addr()?);
            let routes = operator::router(Arc::clone(&app));
            tasks.push(tokio::spawn(async move {
                if let Err(error) = axum::serve(listener, routes).await {
                    tracing::error!(%error, "figures are no longer served");
                }
            }));
        }
        tracing::info!(%listen, operator = operator.map(tracing::field::display), "the county is served");
        Ok(Running { listen, address, pin, operator, app, leave_time, handle, tasks, serving })
    }
}

impl Running {
    /// Stops taking requests, lets those under way end, and returns. Until then the operator still reads figures, and
    /// `/readyz` says that nothing more should be sent here.
    pub async fn stop(self) {
        self.app.close();
        self.handle.graceful_shutdown(Some(self.leave_time));
        tracing::info!("stopping: requests under way may end");
        let _ = self.serving.await;
        self.tasks.iter().for_each(JoinHandle::abort);
        tracing::info!("stopped");
    }

    /// Runs until the server fails or `until` is done.
    ///
    /// # Errors
    /// The socket's.
    pub async fn run(mut self, until: impl Future<Output = ()>) -> std::io::Result<()> {
        tokio::select! {
            failed = &mut self.serving => failed.map_err(std::io::Error::other)?,
            () = until => { self.stop().await; Ok(()) }
        }
    }
}

/// Once a day: renews a certificate made here before it expires, and uses it at once.
async fn renew(files: Files, host: String, tls: RustlsConfig) {
    let mut tick = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
    loop {
        tick.tick().await;
        match files.ensure(&host, clock().0 / 1_000, false) {
            Ok(false) => {}
            Ok(true) => match files.config() {
                Ok(config) => tls.reload_from_config(config),
                Err(error) => tracing::error!(%error, "the renewed certificate cannot be used"),
            },
            Err(error) => tracing::error!(%error, "the certificate cannot be renewed"),
        }
    }
}

/// The host of an address such as `https://county.example:8443`.
pub fn host_of(address: &str) -> &str {
    let rest = address.strip_prefix("https://").unwrap_or(address);
    let rest = rest.split('/').next().unwrap_or(rest);
    if let Some(bracketed) = rest.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or(bracketed);
    }
    rest.rsplit_once(':').map_or(rest, |(host, _)| host)
}
