//! The desktop program. Phones enter through `mobile.rs` instead.

// A release must not open a console window on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    porchlight_shell::run();
}
