//! The one command. A screen's request goes through it to `app` as one value and comes back as one value.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use tauri::{AppHandle, Runtime};

/// What the screens get instead of an answer: a code to branch on, and text for a developer's eye.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// Stable; never changes its meaning.
    pub code: &'static str,
    /// Never names a person.
    pub message: &'static str,
}

/// Makes what [`call`] works on from the data folder.
pub fn attach<R: Runtime>(_app: &AppHandle<R>, _folder: &Path) -> Result<(), tauri::Error> {
    Ok(())
}

/// Runs one request of a screen.
#[tauri::command]
pub async fn call(command: Value) -> Result<Value, Refusal> {
    let _ = command;
    Err(Refusal { code: "unknown_command", message: "this build answers no commands" })
}
