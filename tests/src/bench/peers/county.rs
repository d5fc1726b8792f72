//! The county for the harness: the real router on the real database, on plain loopback, because the harness counts,
//! delays and cuts what HTTP says before TLS. The server itself has no way to be started like this.

use axum::Router;
use axum::routing::get;
use domain::codes::Role;
use server::Limits;
use server::admin::{County, NewUser};
use server::http::{App, router};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

const TEAM: &str = "Peers";
const WORKER: &str = "Worker";
/// Where a device of the harness gets its enrolment code: the harness tells it nothing but this address.
pub const CODE: &str = "/peer/code";

/// Makes a county in `folder` with one worker, and serves it on a loopback port until it is killed.
///
/// # Errors
/// Administration's, or the socket's.
pub async fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let clock = Arc::new(server::server::clock);
    let county =
        County::init(&folder.join("county"), None, "Peers", "America/New_York", clock.clone()).await?;
    county.add_team(TEAM).await?;
    let team = Some(TEAM.to_owned());
    county.add_user(NewUser { name: WORKER.to_owned(), role: Role::Ems, team }).await?;
    let app = Arc::new(App::new(county.database(), county.secret(), clock, Limits::default()));
    let code = move || async move {
        // Devices of the harness go to the address that it gives them, not to the one in the code.
        county
            .enroll(WORKER, Some("https://localhost"))
            .await
            .map(|code| code.to_string())
            .unwrap_or_default()
    };
    let router: Router = router(app).route(CODE, get(code));
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    let acceptor = axum_server::accept::NoDelayAcceptor::new();
    let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor);
    server.http_builder().http1().auto_date_header(false);
    Ok(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
