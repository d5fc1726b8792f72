//! The one window. Its size, title and content policy are in `tauri.conf.json`; what depends on the run is here.

use std::path::Path;

use tauri::{AppHandle, Runtime, Url, WebviewWindowBuilder};

/// Opens the window. It shows our own page and nothing else, and the webview keeps nothing on disk.
pub fn open<R: Runtime>(app: &AppHandle<R>, folder: &Path) -> tauri::Result<()> {
    let config = app.config();
    let Some(main) = config.app.windows.first() else { return Err(tauri::Error::WindowNotFound) };
    let dev_server = if tauri::is_dev() { config.build.dev_url.clone() } else { None };
    let window = WebviewWindowBuilder::from_config(app, main)?
        // Only what a webview insists on keeping (crash reports, its own state): beside the vaults, where a wipe
        // of the folder takes it along.
        .data_directory(folder.join("webview"))
        .incognito(!driven_by_a_test())
        .on_navigation(move |url| is_ours(url, dev_server.as_ref()));
    #[cfg(desktop)]
    let window = window.on_new_window(|_, _| tauri::webview::NewWindowResponse::Deny);
    window.build()?;
    Ok(())
}

/// WebKitGTK refuses WebDriver in a private session. Tests drive a debug build; a release is always private and
/// can therefore never be driven.
fn driven_by_a_test() -> bool {
    cfg!(debug_assertions) && std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// Whether the page may go to `url`: our own origin under the names that the platforms give it, or the
/// development server of a debug build.
fn is_ours(url: &Url, dev_server: Option<&Url>) -> bool {
    let ours = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    };
    ours || dev_server.is_some_and(|dev| dev.origin() == url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_at_home() {
        let dev = Url::parse("http://localhost:5173").unwrap();
        let rows = [
            ("tauri://localhost/index.html", true, true),
            ("http://tauri.localhost/", true, true),
            ("https://tauri.localhost/person/1", true, true),
            ("http://localhost:5173/", false, true),
            ("http://localhost:5174/", false, false),
            ("tauri://elsewhere/", false, false),
            ("http://tauri.localhost:8080/", false, false),
            ("https://tauri.localhost.example.org/", false, false),
            ("https://example.org/", false, false),
            ("file:///etc/passwd", false, false),
            ("data:text/html,hello", false, false),
            ("javascript:alert(1)", false, false),
            ("about:blank", false, false),
        ];
        for (text, release, debug) in rows {
            let url = Url::parse(text).unwrap();
            assert_eq!(is_ours(&url, None), release, "{text} in a release");
            assert_eq!(is_ours(&url, Some(&dev)), debug, "{text} with a development server");
        }
    }
}
