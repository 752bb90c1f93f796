//! The stages together: a real database, loopback servers, files as people write them.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod api;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod compose;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod dkim;
#[cfg(test)]
mod editing;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feedback;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod ingest;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod later;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod mailbox;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod masthead;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod polling;
#[cfg(test)]
mod popularity;
#[cfg(test)]
mod preflight;
#[cfg(test)]
mod program;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod ranking;
#[cfg(test)]
mod record;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod robots;
#[cfg(test)]
mod signup;
#[cfg(test)]
mod slates;
#[cfg(test)]
mod story;
#[cfg(test)]
mod subjects;
#[cfg(test)]
mod support;
#[cfg(test)]
mod waves;
#[cfg(test)]
mod writing;
