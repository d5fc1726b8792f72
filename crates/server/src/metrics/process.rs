//! What the operating system says of this process, where it says it in files (Linux).

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::time::{SystemTime, UNIX_EPOCH};

/// What pages are counted in, where this is read.
const PAGE: i64 = 4_096;

/// Memory, open files and the start.
pub struct Process {
    resident: Gauge,
    files: Gauge,
}

impl Process {
    /// Registers the figures; the start is now.
    pub fn register(registry: &mut Registry) -> Self {
        let process = Self { resident: Gauge::default(), files: Gauge::default() };
        let start: Gauge = Gauge::default();
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64));
        registry.register("resident_memory_bytes", "Memory in use", process.resident.clone());
        registry.register("open_files", "Open files and sockets", process.files.clone());
        registry.register("start_time_seconds", "When the server started, since 1970", start);
        process
    }

    /// Reads them anew.
    pub fn look(&self) {
        let pages = std::fs::read_to_string("/proc/self/statm").ok();
        let resident = pages.and_then(|text| text.split(' ').nth(1)?.parse::<i64>().ok());
        if let Some(pages) = resident {
            self.resident.set(pages * PAGE);
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            self.files.set(files.count() as i64);
        }
    }
}
