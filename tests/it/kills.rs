//! `kill -9` at random moments: nobody lost, nobody twice that is not recorded as in doubt.
//!
//! A few kills by default; `COURANT_TEST_KILLS=100 COURANT_TEST_READERS=10000` is the long run.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use courant::database::Database;
use courant::delivery::store::{self as ledger, leases};
use courant::edition::EditionId;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use tempfile::TempDir;

use super::support::databases::{self, Scratch};
use super::support::program;
use super::support::relay::{Act, At, PIPELINED, Relay, Script};

const CONNECTIONS: u64 = 4;

/// How long the relay thinks about a message: an edition lasts long enough to be killed in, on a
/// quick machine too.
const PACE: Duration = Duration::from_millis(5);

/// How many editions in a row may be out before they could be killed.
const MISSES: u64 = 3;

/// Numbers that look random and are the same every time.
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn number(name: &str, usual: u64) -> u64 {
    databases::variable(name).map_or(usual, |text| text.parse().unwrap())
}

fn prepare(folder: &Path, url: &str, (port, readers): (u16, u64), uncertain: &str) {
    let delivery = format!(
        r#"
        connections = {CONNECTIONS}
        uncertain = "{uncertain}"
        [delivery.smtp]
        host = "localhost"
        port = {port}
        tls = "none"
        [selection]
        groups = 1
        "#
    );
    let config = program::config("file = 'news.xml'", &delivery);
    std::fs::write(folder.join("digest.toml"), config).unwrap();
    let at = (Timestamp::now() - 5.minutes()).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let item = format!(
        "<item><title>Story</title><link>https://www.tarn.example/1</link>\
         <description>What happened.</description><pubDate>{at}</pubDate></item>"
    );
    let feed = format!("<rss version=\"2.0\"><channel><title>T</title>{item}</channel></rss>");
    std::fs::write(folder.join("news.xml"), feed).unwrap();
    let rows: String = (0..readers)
        .map(|number| format!("reader{number}@example.org\n"))
        .collect();
    std::fs::write(folder.join("list.csv"), format!("email\n{rows}")).unwrap();
    for arguments in [
        &["init"][..],
        &["fetch"],
        &["subscribers", "import", "list.csv"],
    ] {
        let output = run(folder, url, arguments);
        assert_eq!(output.0, Some(0), "{}", output.1);
    }
}

fn run(folder: &Path, url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = program::command(folder, arguments);
    let output = command.env("COURANT_DATABASE_URL", url).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn spawn(folder: &Path, url: &str, id: &str) -> Child {
    let mut command = program::command(folder, &["send", id, "--yes", "--quiet"]);
    command
        .env("COURANT_DATABASE_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until more messages than that have arrived, or every process has ended.
async fn under_way(relay: &Relay, before: usize, children: &mut [Child]) {
    for _ in 0..10_000 {
        let arrived = relay.heard.lock().unwrap().ids.len();
        let ended = |child: &mut Child| child.try_wait().unwrap().is_some();
        if arrived > before || children.iter_mut().all(ended) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One edition, sent by so many processes at once that are killed again and again while mail is
/// leaving, until it is out; returns how many kills there were.
async fn edition(
    (folder, url, relay): (&Path, &str, &Relay),
    (id, senders): (&str, usize),
    (luck, most): (&mut Luck, u64),
) -> u64 {
    let mut kills = 0;
    while kills < most {
        let mut children: Vec<Child> = (0..senders).map(|_| spawn(folder, url, id)).collect();
        let mut all_ended = true;
        for at in 0..senders {
            let before = relay.heard.lock().unwrap().ids.len();
            let more = usize::try_from(luck.below(40)).unwrap();
            under_way(relay, before + more, &mut children[at..]).await;
            tokio::time::sleep(Duration::from_micros(luck.below(5_000))).await;
            let child = &mut children[at];
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                kills += 1;
                all_ended = false;
            }
            child.wait().unwrap();
        }
        if all_ended {
            break;
        }
    }
    let (code, said) = run(folder, url, &["send", id, "--yes"]);
    assert!(matches!(code, Some(0 | 3 | 4)), "{code:?} {said}");
    kills
}

async fn survive(scratch: &Scratch, senders: usize, uncertain: &str) {
    let readers = number("COURANT_TEST_READERS", 400);
    let wanted = number("COURANT_TEST_KILLS", 4);
    let folder = TempDir::new().unwrap();
    let (folder, url) = (folder.path(), scratch.url());
    let relay = Relay::start(Script {
        at: At::Taken,
        act: Act::Pause(PACE),
        times: u32::MAX,
        offers: PIPELINED,
    })
    .await;
    prepare(folder, &url, (relay.port, readers), uncertain);
    let (_, built) = run(folder, &url, &["edition", "build", "daily", "--json"]);
    let built: Value = serde_json::from_str(built.lines().next().unwrap()).unwrap();
    let id = built["edition"].as_str().unwrap();
    run(folder, &url, &["edition", "approve", id]);
    let mut luck = Luck(7);
    let (mut kills, mut doubts, mut repeats, mut misses) = (0, 0, 0, 0);
    while kills < wanted && misses < MISSES {
        let left = wanted - kills;
        let now = edition((folder, &url, &relay), (id, senders), (&mut luck, left)).await;
        let ids = std::mem::take(&mut relay.heard.lock().unwrap().ids);
        let again = judge(&scratch.database, id, (readers, &ids)).await;
        // The same message may be in doubt after several kills.
        let recorded = "SELECT COUNT(*) FROM attempts WHERE outcome = 'uncertain'";
        let in_doubt = databases::number(&url, recorded).await;
        assert!(
            in_doubt <= CONNECTIONS * now,
            "{in_doubt} after {now} kills"
        );
        assert!(again <= in_doubt, "{again} twice, {in_doubt} in doubt");
        assert!(uncertain != "hold" || again == 0, "{again} twice");
        (kills, doubts, repeats) = (kills + now, doubts + in_doubt, repeats + again);
        for anew in [
            "UPDATE deliveries SET status = 'queued', sent_at = NULL, uncertain_at = NULL",
            "DELETE FROM attempts",
        ] {
            databases::execute(&url, anew.to_owned()).await;
        }
        misses = if now == 0 { misses + 1 } else { 0 };
    }
    println!("{senders} sender(s), {uncertain}: {kills} kills, {doubts} in doubt, {repeats} twice");
    assert!(kills >= wanted, "too quick to be killed: {kills} kills");
}

/// Nobody may be missing; how many messages came again.
async fn judge(database: &Database, id: &str, (readers, ids): (u64, &[String])) -> u64 {
    let id = EditionId::from_text(id);
    let mut reader = database.reader().await.unwrap();
    let counts = ledger::counts(&mut reader, &id).await.unwrap();
    let held = leases::uncertain(&mut reader, &id).await.unwrap();
    assert_eq!(counts.remaining(), 0, "{counts:?}");
    let came: BTreeSet<String> = ids
        .iter()
        .map(|id| {
            id.trim_start_matches('<')
                .split('@')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    let held: BTreeSet<String> = held.iter().map(|(id, ..)| id.as_str().to_owned()).collect();
    let known = came.union(&held).count() as u64;
    assert_eq!(known, readers, "somebody is lost: {counts:?}");
    (ids.len() - came.len()) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_senders_lose_nobody() {
    for scratch in databases::each().await {
        for uncertain in ["hold", "resend"] {
            survive(&scratch, 1, uncertain).await;
        }
        if scratch.database.kind() == courant::database::Kind::Postgres {
            survive(&scratch, 3, "hold").await;
        }
        scratch.end().await;
    }
}
