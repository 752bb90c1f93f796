//! `courant demo`.
use clap::Args;
use super::Desk;
use super::exit::Failure;
#[derive(Debug, Args)]
pub(super) struct Demo {}
impl Demo { pub(super) async fn run(self, _desk: &Desk) -> Result<u8, Failure> { Ok(0) } }
