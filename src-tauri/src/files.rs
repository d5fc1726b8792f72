//! Saves what the county alone can read where the worker wants it. Nothing else ever leaves the vault as a file.

use app::Error;

/// Asks where a sealed file should go and writes it there. `false` when the worker chose nowhere.
///
/// # Errors
/// `file_failed` when it cannot be written there; `no_files_here` on a phone, where there is no such dialog.
#[tauri::command]
pub async fn save_file(name: String, content: String) -> Result<bool, Error> {
    save(name, content).await
}

#[cfg(desktop)]
async fn save(name: String, content: String) -> Result<bool, Error> {
    use base64::Engine as _;
    let failed = || Error::new("file_failed", "the file could not be written");
    let bytes = base64::engine::general_purpose::STANDARD.decode(content).map_err(|_| failed())?;
    let Some(chosen) = rfd::AsyncFileDialog::new().set_file_name(name).save_file().await else {
        return Ok(false);
    };
    chosen.write(&bytes).await.map_err(|_| failed())?;
    Ok(true)
}

#[cfg(mobile)]
async fn save(_name: String, _content: String) -> Result<bool, Error> {
    Err(Error::new("no_files_here", "this device has no dialog to save files with"))
}
