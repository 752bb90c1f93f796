//! The stages together: a real database, loopback servers, files as people write them.

#[cfg(test)]
mod ingest;
#[cfg(test)]
mod support;
