//! What a pull brings: planned purely, then read frame by frame and streamed.
//!
//! - [`plan`]: the caseload now against what the device was last told → who leaves, who enters, who is held
//! - [`order`]: in which order histories run, so that a pull can go on where it broke off
//! - [`outlet`]: where finished bytes wait to be taken
//! - [`pace`]: how large a frame may be on the line that it goes over
//! - [`lines`]: the lines of an answer, compressed and signed
//! - [`stream`]: carries the plan out, one short read transaction per frame, none held while the socket waits

pub mod lines;
pub mod order;
pub mod outlet;
pub mod pace;
pub mod plan;
pub mod stream;

#[cfg(test)]
mod tests;
