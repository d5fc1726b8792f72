//! The log of this device: which request was made when, and what came of it. Support joins it with the county's log by
//! the request's id.
//!
//! It lies beside the vaults and is not encrypted, so it holds ids, codes and times and nothing else: only what our own
//! rooms write gets in, and they write nothing of what a record says.

use std::path::Path;

use tracing::{Level, Metadata, Subscriber};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// The folder of the log inside the data folder.
pub const FOLDER: &str = "log";
/// One file a day, and so many days.
const DAYS: usize = 7;

/// From here on, what our rooms say is written into `folder`. A device that cannot keep a log works without one.
pub fn begin(folder: &Path) {
    let folder = folder.join(FOLDER);
    // The writer looks for old files before it makes the folder.
    let made = std::fs::create_dir_all(&folder);
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("porchlight")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder);
    let begun = file.map(|file| tracing::subscriber::set_global_default(to(file)).is_ok());
    if made.is_err() || !begun.is_ok_and(|begun| begun) {
        eprintln!("Porchlight keeps no log: its folder cannot be written");
    }
}

fn to<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer);
    tracing_subscriber::registry().with(lines.with_filter(filter_fn(may_be_logged)))
}

/// Our own rooms alone: others may quote what they handle.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let room = metadata.target().split("::").next().unwrap_or_default();
    matches!(room, "app" | "store" | "sync" | "porchlight_shell") && *metadata.level() <= Level::INFO
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_our_own_rooms_are_written_down() {
        let page = Page::default();
        let writer = page.clone();
        tracing::subscriber::with_default(to(move || writer.clone()), || {
            tracing::info!(target: "app::county", request = "r-1", status = 200, "asked the county");
            tracing::debug!(target: "app::county", "A-MARKED-NAME");
            tracing::error!(target: "reqwest::connect", "A-MARKED-NAME");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(r#""request":"r-1""#) && text.contains(r#""status":200"#), "{text}");
        assert!(!text.contains("MARKED"), "{text}");
    }

    #[test]
    fn the_log_is_a_file_in_its_own_folder() {
        let folder = tempfile::tempdir().unwrap();
        begin(folder.path());
        tracing::info!(target: "app::county", request = "r-2", "asked the county");
        let files: Vec<_> = std::fs::read_dir(folder.path().join(FOLDER)).unwrap().collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
        assert!(text.contains("r-2"));
    }
}
