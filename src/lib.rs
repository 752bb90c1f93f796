//! Courant turns a news site's articles into a daily or weekly email digest, sends it over SMTP, and
//! learns from opens and clicks which articles are popular.
//!
//! The modules are the stages of one pipeline, in order; each may use the ones above it in this list
//! and none below. ARCHITECTURE.md draws the map and walks one article and one subscriber through it.

pub mod clock;
pub mod secret;
pub mod telemetry;
pub mod tracking;
pub mod units;

pub mod database;
pub mod fetch;
pub mod links;

pub mod sources;

pub mod articles;

pub mod ranking;

pub mod edition;

pub mod render;

pub mod delivery;

pub mod engagement;

pub mod feedback;

pub mod desk;
pub mod signup;

pub mod simulate;

pub mod config;
pub mod people;

pub mod preflight;

pub mod pipeline;

pub mod reports;

pub mod http;

pub mod demo;
pub mod serve;

pub mod cli;
