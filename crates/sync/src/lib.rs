//! Room of the Porchlight house; see docs/ARCHITECTURE.md.
