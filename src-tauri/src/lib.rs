//! The shell: one window that shows `ui`, one command that reaches `app`, one that saves a sealed file, and what a
//! platform must be told so that nobody else sees any of it. Everything a worker can do is in `app`; nothing is
//! decided here.
//!
//! - [`hardening`]: no memory dumps, no personal data in panics
//! - [`folder`]: where this device keeps its vaults
//! - [`window`]: the one window and what it may show
//! - [`commands`]: the one command, and news of stale views
//! - [`logs`]: ids, codes and times, for support
//! - [`files`]: saving what is sealed to the county
//! - `mobile`: where Android and iOS enter

pub mod commands;
pub mod files;
pub mod folder;
pub mod hardening;
pub mod logs;
#[cfg(mobile)]
mod mobile;
pub mod window;

/// Runs the app until its window closes. Ends the process with 1 and one line on standard error if it cannot
/// start (no display, no folder to keep data in, no webview).
pub fn run() {
    hardening::harden();
    // Before the first TLS client exists: rustls is built with one provider and picks none by itself. Only a
    // second call fails, and then the provider is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let result = tauri::Builder::default()
        .setup(|app| {
            let folder = folder::for_app(app.handle())?;
            logs::begin(&folder);
            commands::attach(app.handle(), &folder);
            window::open(app.handle(), &folder)?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![commands::call, files::save_file])
        .run(tauri::generate_context!());
    if let Err(error) = result {
        eprintln!("Porchlight could not start: {error}");
        std::process::exit(1);
    }
}
