//! Placeholder.

pub mod ranking;
