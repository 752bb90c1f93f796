//! Connections on threads of their own, one thread a core.
//!
//! Writing and signing a message takes a processor as long as a hundred small tasks; a connection's
//! thread does nothing else, so that signing runs on all cores and never holds up the program's
//! runtime: the ledger, signals, progress. A thread waits for its own connections only, and wakes
//! nobody else.

use std::thread;

use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Error;
use super::worker::Worker;

/// Starts the connections; how each of them ends comes through the channel, which closes with the last.
pub(super) fn start(workers: Vec<Worker>) -> mpsc::UnboundedReceiver<Result<(), Error>> {
    let (ends, receiver) = mpsc::unbounded_channel();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = cores.min(workers.len()).max(1);
    let mut hands: Vec<Vec<Worker>> = (0..count).map(|_| Vec::new()).collect();
    for (number, worker) in workers.into_iter().enumerate() {
        hands[number % count].push(worker);
    }
    for hand in hands {
        let ends = ends.clone();
        thread::spawn(move || {
            let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
                let _nobody_waits = ends.send(Err(Error::Task));
                return;
            };
            runtime.block_on(async {
                let mut running: JoinSet<_> = hand.into_iter().map(Worker::run).collect();
                while let Some(ended) = running.join_next().await {
                    let _nobody_waits = ends.send(ended.unwrap_or(Err(Error::Task)));
                }
            });
        });
    }
    receiver
}
