//! The one command, and news of stale views. A screen's request goes to `app` as one value and comes back as one.

use std::path::Path;

use app::{App, Command, Config, Error, Preference, system_clock};
use serde_json::Value;
use tauri::{AppHandle, Emitter, Manager, Runtime, State};
use tokio::sync::broadcast::error::RecvError;

/// The name of the event that carries an [`app::Stale`].
const STALE: &str = "stale";

/// Starts the app, locked, on the data folder, and passes on what it says is stale.
pub fn attach<R: Runtime>(handle: &AppHandle<R>, folder: &Path) {
    let config =
        Config { folder: folder.to_owned(), secrets: Preference::KeystoreThenFile, clock: system_clock() };
    let app = tauri::async_runtime::block_on(async { App::new(config) });
    let mut stale = app.subscribe();
    handle.manage(app);
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            let news = match stale.recv().await {
                Ok(news) => news,
                // Having missed some, the screens read everything again.
                Err(RecvError::Lagged(_)) => app::Stale { topic: "all".to_owned(), person: None },
                Err(RecvError::Closed) => return,
            };
            // A window that is closing hears nothing more.
            let _ = handle.emit(STALE, news);
        }
    });
}

/// Runs one request of a screen.
///
/// # Errors
/// The app's, for the screens to branch on by code.
#[tauri::command]
pub async fn call(app: State<'_, App>, command: Command) -> Result<Value, Error> {
    app.run(command).await
}
