//! Readers made of numbers: how ranking policies compare where the truth is known.
//!
//! In real life nobody knows which story would have been clicked on had it been shown. Here a world
//! of articles and readers is drawn from a few distributions that real logs support; every policy
//! sends editions into the same world, with the same luck, and sees only what a server would see.
//! What comes out is clicks by people, as a share of what somebody who knows everything gets.
//!
//! Our own policy is not a copy: it calls the functions of `ranking` and `engagement::filter` that
//! choose real editions. The shares are properties of this world of numbers; what they are good for
//! is comparing.

mod chart;
mod crowd;
mod dice;
mod figures;
mod oracle;
mod ours;
mod peers;
mod policy;
mod reach;
mod subjects;
mod summary;
#[cfg(test)]
mod tests;
mod trial;
mod weekly;
mod world;
mod worlds;

pub use chart::chart;
pub use figures::Figures;
pub use policy::{POLICIES, Policy, find, named};
pub use subjects::{SubjectTrials, SubjectWorld, subject_trials};
pub use summary::{Row, summary};
pub use trial::{Trial, run};
pub use world::{Parameters, Reading};
pub use worlds::{random_world, world, worlds};
