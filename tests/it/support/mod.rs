//! What the tests share.

pub(crate) mod databases;
pub(crate) mod feeds;
pub(crate) mod mails;
pub(crate) mod names;
pub(crate) mod program;
pub(crate) mod relay;
pub(crate) mod site;
