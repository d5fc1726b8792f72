//! Where Android's and iOS's own code enters: the macro exports the symbols that they call.

// Exporting a symbol for another language is what the lints are about; the code is Tauri's macro.
#![allow(unsafe_code, missing_docs)]

#[tauri::mobile_entry_point]
fn enter() {
    crate::run();
}
