//! The line to the database: under TLS, with the server's certificate checked.

use crate::cluster::Cluster;
use server::admin::{AdminError, County};
use server::db::DbError;
use server::place::{Backend, Place};
use std::sync::Arc;

#[tokio::test]
async fn a_line_under_tls_is_made_only_with_a_certificate_that_fits() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cluster = Cluster::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem());
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("ca.pem");
    std::fs::write(&roots, made.cert.pem()).unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem())
        .unwrap();
    let port = cluster.port;
    let open = async |host: &str, roots: &std::path::Path| {
        let url = format!(
            "postgres://postgres@{host}:{port}/postgres?sslmode=require&sslrootcert={}",
            roots.display()
        );
        let data = tempfile::tempdir().unwrap();
        let database: Backend = url.parse().unwrap();
        let place = Place { database, ..Place::embedded(data.path()) };
        let clock = Arc::new(server::server::clock);
        County::init_at(&place, "Pine", "America/New_York", clock).await.map(|_| ())
    };
    let refused = |made| matches!(made, Err(AdminError::Database(DbError::Unreachable)));
    assert!(refused(open("localhost", &other).await), "another authority");
    assert!(refused(open("127.0.0.1", &roots).await), "another name");
    open("localhost", &roots).await.unwrap();
    // The control: what went over that line was encrypted.
    let url = format!(
        "postgres://postgres@localhost:{port}/postgres?sslmode=require&sslrootcert={}",
        roots.display()
    );
    let url: server::db::postgres::url::DatabaseUrl = url.parse().unwrap();
    let client = server::db::postgres::schema::connect(&url).await.unwrap();
    let ssl = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    assert!(client.query_one(ssl, &[]).await.unwrap().get::<_, bool>(0));
}
