//! Makes and serves the demo county.
fn main() {}
