//! A backup is whole or not there, and what is restored from it makes the same edition.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use courant::database::{self, Database};
use courant::edition::store as editions;
use courant::engagement::record::{self, Verdict};
use courant::engagement::store::{self, Times};
use courant::engagement::{Agent, EventKind, Facts};
use courant::links::{Kind, Token};
use jiff::{Timestamp, ToSpan as _};
use tempfile::TempDir;

use super::support::databases;
use super::support::program;

fn site() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("digest.toml"),
        program::config(program::LINES, program::FILES),
    )
    .unwrap();
    let now = Timestamp::now();
    let item = |number: i64| {
        format!(
            "{{\"url\":\"/{number}\",\"title\":\"Story {number} of {}\",\"date\":\"{}\"}}\n",
            number * 7919 % 97,
            now - (number % 20 + 1).hours()
        )
    };
    let items: String = (1..=40).map(item).collect();
    fs::write(folder.path().join("news.jsonl"), items).unwrap();
    let readers: String = (0..50).map(|n| format!("r{n}@example.org\n")).collect();
    fs::write(
        folder.path().join("readers.csv"),
        format!("email\n{readers}"),
    )
    .unwrap();
    folder
}

fn run(folder: &Path, database: &str, arguments: &[&str]) -> Output {
    let mut command = program::command(folder, arguments);
    command
        .env("COURANT_DATABASE_URL", database)
        .output()
        .unwrap()
}

fn done(output: &Output) -> Vec<u8> {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    output.stdout.clone()
}

/// Tomorrow's edition and one reader's mail, as bytes.
fn edition(folder: &Path, database: &str, at: &str) -> Vec<Vec<u8>> {
    let build = ["edition", "build", "daily", "--at", at, "--json"];
    let built = done(&run(folder, database, &build));
    let shown = done(&run(folder, database, &["edition", "show", "--json"]));
    let out = [
        "edition",
        "render",
        "--to",
        "r7@example.org",
        "--out",
        "out",
    ];
    done(&run(folder, database, &out));
    let summary: serde_json::Value = serde_json::from_slice(&built).unwrap();
    let name = format!("out/{}.html", summary["edition"].as_str().unwrap());
    let html = fs::read(folder.join(name)).unwrap();
    vec![built, shown, html]
}

/// Some readers of the latest edition follow its fourth story, an hour after it came.
async fn clicks(database: &Database) {
    let mut tx = database.begin_write().await.unwrap();
    let edition = editions::list(&mut tx, 1).await.unwrap().remove(0);
    let copies = store::copies_after(&mut tx, &edition.id, "", 20).await;
    let mut followed = 0;
    for copy in copies.unwrap() {
        let story = edition.copy(&copy.variant)[3].entry.link;
        let token = Token {
            subscriber: copy.subscriber.unwrap(),
            edition: edition.number,
            kind: Kind::Click(story),
        };
        let whose = (&edition, token);
        let facts = Facts {
            method: "GET",
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0",
            ..Facts::default()
        };
        let at = copy.sent_at + 3600;
        let click = EventKind::Click(story);
        let verdict = Verdict::on(&facts);
        let noted = record::note(&mut tx, whose, click, verdict, Times::once(at)).await;
        followed += u32::from(noted.unwrap() && verdict.agent == Agent::Person);
    }
    database::commit(tx).await.unwrap();
    assert_eq!(followed, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_makes_the_same_edition() {
    for (scratch, other) in databases::each()
        .await
        .into_iter()
        .zip(databases::each().await)
    {
        let (here, there) = (scratch.url(), other.url());
        let folder = site();
        let path = folder.path();
        done(&run(path, &here, &["init", "--quiet"]));
        done(&run(path, &here, &["fetch"]));
        done(&run(path, &here, &["subscribers", "import", "readers.csv"]));
        done(&run(path, &here, &["run", "daily"]));
        clicks(&scratch.database).await;
        done(&run(path, &here, &["backup", "kept"]));
        let mode = fs::metadata(path.join("kept"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "it holds addresses");
        other.database.close().await;
        match there.strip_prefix("sqlite:") {
            Some(file) => {
                fs::copy(path.join("kept"), file).unwrap();
                let beside = ["-wal", "-shm"].map(|ending| format!("{file}{ending}"));
                beside.iter().for_each(|file| drop(fs::remove_file(file)));
            }
            None => {
                let mut restore = Command::new("pg_restore");
                restore.args(["--clean", "--if-exists", "--no-owner", "--dbname", &there]);
                done(&restore.arg(path.join("kept")).output().unwrap());
            }
        }
        let tomorrow = (Timestamp::now() + 24.hours()).to_string();
        let restored = edition(path, &there, &tomorrow);
        assert_eq!(restored, edition(path, &here, &tomorrow));
        let told = String::from_utf8_lossy(&restored[1]).into_owned();
        assert!(told.contains("clicks where"), "{told}");
        scratch.end().await;
        other.end().await;
    }
}

#[test]
fn a_backup_replaces_nothing_and_leaves_nothing_half() {
    let folder = site();
    let (path, database) = (folder.path(), "sqlite:courant.db");
    done(&run(path, database, &["init", "--quiet"]));
    fs::write(path.join("kept"), "precious").unwrap();
    let refused = run(path, database, &["backup", "kept"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read_to_string(path.join("kept")).unwrap(), "precious");
    assert_eq!(
        run(path, database, &["backup", "no/such/folder"])
            .status
            .code(),
        Some(2)
    );
    let both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = program::command(path, &["backup", "twice"]);
            command
                .env("COURANT_DATABASE_URL", database)
                .spawn()
                .unwrap()
        })
        .collect();
    let ended = both.into_iter().map(|mut child| child.wait().unwrap());
    let mut codes: Vec<_> = ended.map(|status| status.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes[0], Some(0));
    assert!(codes[1] == Some(2) || codes[1] == Some(0), "{codes:?}");
    let left = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let partial = left.filter(|name| name.to_string_lossy().contains("partial"));
    assert_eq!(partial.count(), 0);
}
