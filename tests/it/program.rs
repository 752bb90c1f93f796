//! The binary as cron calls it: exit codes, one edition a slot, nobody lost, nobody twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use tempfile::TempDir;

use super::support::databases::{self, Scratch};
use super::support::program;

/// A publisher's folder: configuration, feed, list; mail goes into files.
struct Folder {
    folder: TempDir,
    database: String,
}

impl Folder {
    fn new(database: String, readers: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let delivery = format!("{}\nconnections = 4", program::FILES);
        let config = program::config("file = 'news.xml'", &delivery);
        fs::write(folder.path().join("digest.toml"), config).unwrap();
        let now = Timestamp::now();
        let item = |number: i64| {
            let at = (now - number.minutes())
                .strftime("%a, %d %b %Y %H:%M:%S +0000")
                .to_string();
            format!(
                "<item><title>Story {number} of the day</title>\
                 <link>https://www.tarn.example/{number}</link><category>Quay</category>\
                 <description>What happened at berth {number}.</description>\
                 <pubDate>{at}</pubDate></item>"
            )
        };
        let items: String = (1..=8).map(item).collect();
        let feed = format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>");
        fs::write(folder.path().join("news.xml"), feed).unwrap();
        let rows: String = (0..readers)
            .map(|number| format!("reader{number}@example.org,Reader {number}\n"))
            .collect();
        fs::write(
            folder.path().join("list.csv"),
            format!("email,name\n{rows}"),
        )
        .unwrap();
        let this = Self { folder, database };
        assert_eq!(this.run(&["init"]).status.code(), Some(0));
        let imported = this.json(&["subscribers", "import", "list.csv"]);
        assert_eq!(imported["added"], readers);
        this
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::command(self.path(), arguments);
        command.env("COURANT_DATABASE_URL", &self.database);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn configure(&self, from: &str, to: &str) {
        let path = self.path().join("digest.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Everything was sent an hour ago.
    fn an_hour_passes(&self) {
        self.outside("UPDATE deliveries SET sent_at = sent_at - 3600".to_owned());
    }

    fn outside(&self, statement: String) {
        let done = databases::execute(&self.database, statement);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(done));
    }

    fn number(&self, statement: &str) -> u64 {
        let asked = databases::number(&self.database, statement);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asked))
    }

    fn mails(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.path().join("outbox")) else {
            return Vec::new();
        };
        let paths = folder.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
            .collect()
    }

    /// Recipients and Message-IDs of all mails.
    fn headers(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut found = (BTreeSet::new(), BTreeSet::new());
        for path in self.mails() {
            let bytes = fs::read(path).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
            let to = mail.to().unwrap().first().unwrap().address().unwrap();
            found.0.insert(to.to_owned());
            found.1.insert(mail.message_id().unwrap().to_owned());
        }
        found
    }
}

async fn on_each(readers: usize, check: impl Fn(&Folder)) {
    for scratch in databases::each().await {
        let folder = Folder::new(Scratch::url(&scratch), readers);
        check(&folder);
        scratch.end().await;
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_sent_once_however_often_it_is_run() {
    on_each(25, |folder| {
        let first = folder.json(&["run", "daily"]);
        assert_eq!(
            (first["accepted"].as_u64(), first["remaining"].as_u64()),
            (Some(25), Some(0))
        );
        let (recipients, ids) = folder.headers();
        assert_eq!((recipients.len(), ids.len()), (25, 25));
        let again = folder.run(&["run", "daily"]);
        assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
        assert!(
            stderr(&again).contains("is sent already"),
            "{}",
            stderr(&again)
        );
        let quiet = folder.run(&["run", "daily", "--quiet"]);
        assert_eq!(
            (quiet.status.code(), stderr(&quiet).as_str()),
            (Some(3), "")
        );
        assert_eq!(folder.mails().len(), 25);
    })
    .await;
}

/// A slot that is sent, and a day without news, are no reason not to ask who reads.
#[tokio::test(flavor = "multi_thread")]
async fn readers_without_a_sign_are_asked_whatever_becomes_of_the_edition() {
    on_each(5, |folder| {
        folder.json(&["run", "daily"]);
        let asked = || folder.number("SELECT COUNT(*) FROM still_there");
        folder.configure(
            "[publication]",
            "[signup.quiet]\nafter = '30d'\ncopies = 1\nper_day = 2\n[publication]",
        );
        let months_ago = Timestamp::now().as_second() - 60 * 86_400;
        folder.outside(format!(
            "UPDATE subscribers SET created_at = {months_ago}, confirmed_at = {months_ago}"
        ));
        folder.outside(format!("UPDATE consents SET at = {months_ago}"));
        for _twice in 0..2 {
            let again = folder.run(&["run", "daily"]);
            assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
            assert_eq!(asked(), 2, "a day's worth");
        }
        // All others are shown, though nobody of them is asked today.
        let others = folder.run(&["subscribers", "quiet"]);
        assert_eq!(String::from_utf8_lossy(&others.stdout).lines().count(), 3);
        let said = stderr(&others);
        assert!(said.contains("asks 0 of them (2 a day)"), "{said}");
        folder.outside("UPDATE still_there SET decided_at = decided_at - 86400".to_owned());
        let tomorrow = (Timestamp::now() + 24.hours()).to_string();
        let nothing = folder.run(&["run", "daily", "--at", &tomorrow]);
        assert_eq!(nothing.status.code(), Some(3), "{}", stderr(&nothing));
        assert_eq!(asked(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_send_one_edition() {
    on_each(60, |folder| {
        let mut both = [
            folder.spawn(&["run", "daily"]),
            folder.spawn(&["run", "daily"]),
        ];
        let mut codes: Vec<_> = both
            .iter_mut()
            .map(|child| child.wait().unwrap().code().unwrap())
            .collect();
        codes.sort_unstable();
        assert!(
            codes[0] == 0 && (codes[1] == 75 || codes[1] == 3),
            "{codes:?}"
        );
        assert_eq!(folder.headers().0.len(), 60);
        assert_eq!(folder.json(&["report"])["sent"], 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_continued_and_nobody_is_lost() {
    on_each(400, |folder| {
        folder.configure(
            "connections = 4",
            "connections = 4\nuncertain = \"resend\"\nlimits.per_second = 200",
        );
        let mut child = folder.spawn(&["run", "daily"]);
        for _ in 0..600 {
            std::thread::sleep(Duration::from_millis(10));
            if folder.mails().len() > 40 {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let reached = folder.mails().len();
        assert!(reached < 400, "killed too late to prove anything");
        let rest = folder.json(&["run", "daily"]);
        assert_eq!(rest["remaining"], 0);
        let uncertain = rest["uncertain"].as_u64().unwrap();
        assert!(uncertain <= 4, "{uncertain} in doubt with 4 connections");
        assert_eq!(folder.headers().0.len(), 400);
        let repeats = reached as u64 + rest["accepted"].as_u64().unwrap() - 400;
        assert!(
            repeats <= uncertain,
            "{repeats} repeats, {uncertain} marked"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_in_doubt_is_held_until_somebody_decides() {
    on_each(300, |folder| {
        folder.configure(
            "connections = 4",
            "connections = 4\nlimits.per_second = 200",
        );
        let mut child = folder.spawn(&["run", "daily"]);
        for _ in 0..600 {
            std::thread::sleep(Duration::from_millis(10));
            if folder.mails().len() > 20 {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let reached = folder.mails().len() as u64;
        assert!(reached < 300, "killed too late to prove anything");
        let rest = folder.json(&["run", "daily"]);
        let (accepted, held) = (rest["accepted"].as_u64().unwrap(), rest["held"].as_u64());
        let held = held.unwrap();
        assert!(held <= 4, "{held} in doubt with 4 connections");
        assert_eq!(rest["remaining"], 0);
        let all = folder.mails().len() as u64;
        assert_eq!(all, reached + accepted, "nobody twice");
        assert!((300 - held..=300).contains(&all), "nobody lost");
        let id = rest["edition"].as_str().unwrap();
        let listed = folder.run(&["send", id, "--reconcile", "--json"]);
        let lines = String::from_utf8(listed.stdout).unwrap();
        assert_eq!(lines.lines().count() as u64, held);
        let wanted = if held > 0 { 4 } else { 0 };
        assert_eq!(listed.status.code(), Some(wanted));
        let settled = folder.run(&["send", id, "--reconcile", "--settle", "resend"]);
        assert_eq!(settled.status.code(), Some(0), "{}", stderr(&settled));
        let wanted = if held > 0 { 0 } else { 3 };
        assert_eq!(
            folder.run(&["send", id, "--yes"]).status.code(),
            Some(wanted)
        );
        assert_eq!(folder.headers().0.len(), 300);
        assert_eq!(
            folder.mails().len(),
            300,
            "a file has its Message-ID's name"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editors_hand_is_honoured_and_named() {
    on_each(1, |folder| {
        assert_eq!(folder.run(&["fetch"]).status.code(), Some(0));
        let listed = folder.run(&["articles", "list", "--json"]).stdout;
        let articles: Vec<Value> = String::from_utf8(listed)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let id = |index: usize| articles[index]["id"].as_str().unwrap().to_owned();
        let (hidden, pinned) = (id(0), id(7));
        assert_eq!(
            folder.run(&["articles", "hide", &hidden]).status.code(),
            Some(0)
        );
        assert_eq!(
            folder
                .run(&["articles", "pin", &pinned[..10]])
                .status
                .code(),
            Some(0)
        );
        let built = folder.json(&["edition", "build", "daily"]);
        assert_eq!(
            (built["status"].as_str(), built["articles"].as_u64()),
            (Some("draft"), Some(7))
        );
        assert_eq!(
            folder.json(&["edition", "build", "daily"]),
            built,
            "again: the same one"
        );
        let whole = folder.json(&["edition", "explain"]);
        assert_eq!(
            whole["entries"][0]["article"].as_str(),
            Some(pinned.as_str())
        );
        assert_eq!(whole["entries"][0]["reason"], "pinned by the editor");
        assert_eq!(
            whole["passed_over"][0]["article"].as_str(),
            Some(hidden.as_str())
        );
        assert_eq!(whole["passed_over"][0]["reason"], "hidden by the editor");
        let refused = folder.run(&["send", "--yes", built["edition"].as_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(5), "{}", stderr(&refused));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_slot_is_left_out_or_caught_up_by_policy() {
    on_each(2, |folder| {
        let path = folder.path().join("digest.toml");
        let caught_up = fs::read_to_string(&path).unwrap();
        let policy = "at = \"00:00\"\n            missed = \"skip\"\n            late = \"0s\"";
        fs::write(&path, caught_up.replace("at = \"00:00\"", policy)).unwrap();
        let output = folder.run(&["run", "daily"]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("left out (missed = \"skip\")"),
            "{}",
            stderr(&output)
        );
        assert!(folder.mails().is_empty());
        fs::write(&path, caught_up).unwrap();
        assert_eq!(folder.run(&["run", "daily"]).status.code(), Some(0));
        assert_eq!(folder.mails().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_counts_from_queueing_however_late_an_edition_is_approved() {
    on_each(3, |folder| {
        assert_eq!(folder.run(&["fetch"]).status.code(), Some(0));
        let earlier = (Timestamp::now() - 20.hours()).to_string();
        let built = folder.json(&["edition", "build", "daily", "--at", &earlier]);
        let id = built["edition"].as_str().unwrap();
        assert_eq!(
            folder.run(&["edition", "approve", id]).status.code(),
            Some(0)
        );
        let sent = folder.json(&["send", "--yes", id]);
        assert_eq!(
            (sent["accepted"].as_u64(), sent["expired"].as_u64()),
            (Some(3), Some(0))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_get_an_edition_in_their_own_morning() {
    on_each(1, |folder| {
        // Built an hour ago, so that the hour to come belongs to the slot at any time of day.
        let now = Timestamp::now();
        let built = (now - jiff::SignedDuration::from_hours(1)).strftime("%H:%M");
        let local = now.strftime("%H:%M");
        folder.configure(
            "at = \"00:00\"",
            &format!("at = \"{built}\"\nlocal_at = \"{local}\""),
        );
        // One hour west of Greenwich it is not that late yet.
        let west = "email,time_zone\nwest@example.org,Etc/GMT+1\n";
        fs::write(folder.path().join("west.csv"), west).unwrap();
        assert_eq!(
            folder.json(&["subscribers", "import", "west.csv"])["added"],
            1
        );
        for (accepted, remaining) in [(1, 1), (0, 1)] {
            let summary = folder.json(&["run", "daily"]);
            assert_eq!(summary["accepted"], accepted, "{summary}");
            assert_eq!(summary["remaining"], remaining, "{summary}");
            assert!(summary["next_attempt_at"].is_string(), "{summary}");
        }
        let (recipients, _) = folder.headers();
        assert_eq!(
            recipients,
            BTreeSet::from(["reader0@example.org".to_owned()])
        );
        folder.outside("UPDATE deliveries SET not_before = not_before - 7200".to_owned());
        assert_eq!(folder.json(&["run", "daily"])["accepted"], 1);
        assert_eq!(folder.headers().0.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_makes_no_edition() {
    on_each(1, |folder| {
        fs::write(
            folder.path().join("news.xml"),
            "<rss version=\"2.0\"><channel/></rss>",
        )
        .unwrap();
        let output = folder.run(&["run", "daily"]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains("no edition of daily: no new article"));
        fs::remove_file(folder.path().join("news.xml")).unwrap();
        let output = folder.run(&["run", "daily"]);
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
        assert!(folder.mails().is_empty());
    })
    .await;
}

/// Asks the server a raw question; returns status line, headers and body.
fn ask(address: &str, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: &str, path: &str) -> String {
    ask(
        address,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 Firefox/145.0\r\nConnection: close\r\n\r\n"
        ),
    )
}

fn post(address: &str, path: &str, body: &str) -> String {
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_wave_is_sent_when_it_is_due_and_not_before() {
    on_each(1010, |folder| {
        let path = folder.path().join("digest.toml");
        let config = fs::read_to_string(&path).unwrap();
        let waves = |gap: &str| format!("{config}\n[selection]\nsecond_wave = \"{gap}\"\n");
        fs::write(&path, waves("2h")).unwrap();
        assert_eq!(folder.run(&["fetch"]).status.code(), Some(0));
        let built = folder.json(&["edition", "build", "daily"]);
        let id = built["edition"].as_str().unwrap();
        assert_eq!(
            folder.run(&["edition", "approve", id]).status.code(),
            Some(0)
        );
        let first = folder
            .command(&["send", id, "--yes", "--json"])
            .output()
            .unwrap();
        assert_eq!(first.status.code(), Some(4), "{}", stderr(&first));
        let told: Value = serde_json::from_slice(&first.stdout).unwrap();
        let sent = told["accepted"].as_u64().unwrap();
        // A third, give or take five standard deviations: who is in it is a lot.
        assert!((262..412).contains(&sent), "{told}");
        assert!(told["next_attempt_at"].is_string(), "{told}");
        for early in [vec!["send", id, "--yes"], vec!["run", "daily"]] {
            let early = folder.run(&early);
            assert_eq!(early.status.code(), Some(3), "{}", stderr(&early));
            assert!(stderr(&early).contains("second wave"), "{}", stderr(&early));
        }
        assert_eq!(folder.headers().0.len() as u64, sent);
        // The edition keeps the gap it was built with; time passes instead.
        let statement = "UPDATE editions SET first_wave_at = first_wave_at - 7200".to_owned();
        folder.outside(statement);
        let rest = folder.json(&["run", "daily"]);
        assert_eq!(rest["accepted"].as_u64().unwrap() + sent, 1010, "{rest}");
        assert_eq!(
            (folder.headers().0.len(), folder.mails().len()),
            (1010, 1010)
        );
        assert_eq!(folder.run(&["run", "daily"]).status.code(), Some(3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_clicks_opens_and_leaves() {
    on_each(3, |folder| {
        assert_eq!(folder.run(&["run", "daily"]).status.code(), Some(0));
        let mail = fs::read(&folder.mails()[0]).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
        let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
        let path = |body: &str, kind: &str| {
            let at = body
                .find(&format!("http://127.0.0.1:8025/{kind}/"))
                .unwrap();
            body[at + "http://127.0.0.1:8025".len()..][..3 + 32].to_owned()
        };
        let (click, open) = (path(&text, "c"), path(&html, "o"));
        let leave = path(&text, "u");
        let address = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().to_string()
        };
        let server = program::Running::from(folder.spawn(&["serve", "--listen", &address]));
        for _ in 0..500 {
            if std::net::TcpStream::connect(&address).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Events are written after the answer.
        let written = |count: u64| {
            let line = format!("courant_events_written_total {count}\n");
            let told = (0..500).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                get(&address, "/metrics").contains(&line)
            });
            assert!(told, "{}", get(&address, "/metrics"));
        };
        let figures = || folder.json(&["report"]);
        let score = |article: &Value| -> f64 {
            let output = folder.run(&["rank", "--json"]);
            let text = String::from_utf8(output.stdout).unwrap();
            let mut lines = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            lines.find(|line| line["article"] == *article).unwrap()["score"]
                .as_f64()
                .unwrap()
        };
        let clicked = || {
            let articles = figures()["articles"].as_array().unwrap().clone();
            let mut with = articles.into_iter().filter(|line| line["readers"] != 0);
            with.next().map(|line| line["article"].clone())
        };
        let all = figures()["articles"].as_array().unwrap().clone();
        let before: Vec<_> = all
            .iter()
            .map(|line| (line["article"].clone(), score(&line["article"])))
            .collect();

        // One bit of the token changed: not there, and no event.
        let mut forged = click.clone().into_bytes();
        forged[10] = if forged[10] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert!(get(&address, &forged).starts_with("HTTP/1.1 404"));
        written(0);
        assert_eq!(clicked(), None);
        assert!(get(&address, &click).starts_with("HTTP/1.1 302"));
        written(1);
        assert_eq!(clicked(), None, "nobody reads within ten seconds");

        folder.an_hour_passes();
        let answer = get(&address, &click);
        assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
        assert!(
            answer.contains("location: https://www.tarn.example/"),
            "{answer}"
        );
        assert!(get(&address, &open).starts_with("HTTP/1.1 200"));
        written(3);
        assert!(get(&address, "/readyz").starts_with("HTTP/1.1 200"));
        let lead = clicked().unwrap();
        assert_eq!(figures()["opened_by_people"], 1);
        // The same in every form.
        let told = |arguments: &[&str]| {
            let output = folder.run(&[&["report"], arguments].concat());
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let table = told(&[]);
        assert!(
            table.contains("first opens by hour") && table.contains('█'),
            "{table}"
        );
        assert!(told(&["--format", "csv"]).starts_with("position,section,article,title,people"));
        assert!(told(&["--format", "csv", "--csv-of", "hours"]).starts_with("from,opens,clicks"));
        let json: Value = serde_json::from_str(&told(&["--format", "json"])).unwrap();
        assert_eq!(json["clicked"], 1);
        let file = folder.path().join("report.html");
        let to_file = ["--format", "html", "--out", file.to_str().unwrap()];
        assert_eq!(told(&to_file), "");
        let page = fs::read_to_string(&file).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Click map"));
        let again = folder.run(&[&["report"], &to_file[..]].concat());
        assert_eq!(again.status.code(), Some(2), "nothing is overwritten");
        let mixed = folder.run(&["report", "--csv-of", "hours"]);
        assert_eq!(mixed.status.code(), Some(2));
        let (_, before) = before.iter().find(|(article, _)| *article == lead).unwrap();
        assert!(score(&lead) > *before, "a click lifts the article");

        // GET shows a button and changes nothing; the mail program's POST leaves.
        let active = || {
            folder
                .run(&["subscribers", "list", "--status", "active", "--json"])
                .stdout
        };
        let count = |bytes: Vec<u8>| bytes.iter().filter(|byte| **byte == b'\n').count();
        let page = get(&address, &leave);
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("<button"),
            "{page}"
        );
        assert_eq!(count(active()), 3);
        let answer = post(&address, &leave, "List-Unsubscribe=One-Click");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.to_lowercase().contains("set-cookie") && !answer.contains("location:"));
        assert_eq!(count(active()), 2);
        assert!(post(&address, &leave, "undo=1").starts_with("HTTP/1.1 200"));
        assert!(
            post(&address, &leave, "").starts_with("HTTP/1.1 400"),
            "no button of ours"
        );
        assert_eq!(count(active()), 3);
        assert!(post(&address, &leave, "confirm=1").contains("unsubscribed"));
        assert_eq!(count(active()), 2);
        // What was acknowledged is written, however soon the signal comes.
        let many: Vec<_> = (0..20)
            .map(|_| {
                let (address, open) = (address.clone(), open.clone());
                std::thread::spawn(move || {
                    let answers = (0..20).map(|_| get(&address, &open));
                    answers
                        .filter(|answer| answer.starts_with("HTTP/1.1 200"))
                        .count()
                })
            })
            .collect();
        let acknowledged: usize = many.into_iter().map(|all| all.join().unwrap()).sum();
        assert!(server.terminate(), "it ends well");
        let hits =
            folder.number("SELECT CAST(SUM(hits) AS BIGINT) FROM events WHERE kind = 'open'");
        assert_eq!(hits, 1 + acknowledged as u64);
    })
    .await;
}

#[test]
fn mistakes_have_words_and_codes() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
        command
            .args(arguments)
            .current_dir(folder.path())
            .env_remove("COURANT_CONFIG");
        command.env_remove("COURANT_DATABASE_URL").output().unwrap()
    };
    let output = run(&["run", "daily"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("hint: `courant init` writes one"),
        "{}",
        stderr(&output)
    );
    assert_eq!(run(&["init"]).status.code(), Some(0));
    assert_eq!(run(&["init"]).status.code(), Some(0), "safe to repeat");
    assert_eq!(
        run(&["subscribers", "add", "reader@example.org"])
            .status
            .code(),
        Some(0)
    );
    assert!(
        !folder.path().join("courant.db-wal").exists(),
        "a copy of the file is a backup"
    );
    assert_eq!(
        run(&["subscribers", "forget", "reader@example.org"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        run(&["subscribers", "add", "reader@example.org"])
            .status
            .code(),
        Some(5)
    );
    assert_eq!(run(&["run", "hourly"]).status.code(), Some(2));
    assert_eq!(run(&["nonsense"]).status.code(), Some(2));
    let path = folder.path().join("digest.toml");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("connections = 4", "conections = 4");
    fs::write(&path, text).unwrap();
    let output = run(&["run", "daily"]);
    assert_eq!(output.status.code(), Some(78));
    let words = stderr(&output);
    assert!(words.contains("unknown key \"conections\""), "{words}");
    assert!(
        words.contains("hint: did you mean \"connections\"?"),
        "{words}"
    );
}

/// Two sources tell the same fire; the second edition finds the story told again.
#[tokio::test(flavor = "multi_thread")]
async fn a_story_from_two_sources_is_shown_once_and_not_again() {
    on_each(1, |folder| {
        let feed = |name: &str, items: &[(&str, &str, i64)]| {
            let item = |(path, title, minutes): &(&str, &str, i64)| {
                let at = Timestamp::now() - minutes.minutes();
                let at = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
                format!(
                    "<item><title>{title}</title><link>https://{name}.example/{path}</link>\
                     <pubDate>{at}</pubDate></item>"
                )
            };
            let items: String = items.iter().map(item).collect();
            let feed = format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
            fs::write(folder.path().join(format!("{name}.xml")), feed).unwrap();
        };
        let config = folder.path().join("digest.toml");
        let text = fs::read_to_string(&config).unwrap();
        let more = "\n[[source]]\nname = \"wire\"\nfile = \"wire.xml\"\n";
        fs::write(&config, format!("{text}{more}")).unwrap();
        feed("news", &[("fire", "Fire destroys old mill in Dunmere", 90)]);
        feed(
            "wire",
            &[("mill", "Old mill in Dunmere destroyed by fire", 60)],
        );
        folder.run(&["fetch"]);

        let ranked = folder.json(&["rank"]);
        assert_eq!(ranked["title"], "Fire destroys old mill in Dunmere");
        assert_eq!(ranked["also"][0]["source"], "wire");
        assert_eq!(ranked["cluster"], ranked["article"]);
        let built = folder.json(&["edition", "build", "daily"]);
        assert_eq!(built["articles"], 1);
        let told = folder.json(&["edition", "explain"]);
        let reason = told["entries"][0]["reason"].as_str().unwrap();
        assert!(reason.ends_with("; also reported by wire"), "{reason}");
        let passed = &told["passed_over"][0];
        assert_eq!(
            (
                passed["title"].as_str().unwrap(),
                passed["reason"].as_str().unwrap()
            ),
            (
                "Old mill in Dunmere destroyed by fire",
                "same story as “Fire destroys old mill in Dunmere” (news)"
            )
        );
        let shown = folder.json(&["articles", "show", passed["article"].as_str().unwrap()]);
        assert_eq!(shown["cluster"], told["entries"][0]["article"]);
        assert_eq!(shown["same_story"][0]["source"], "news");
        assert_eq!(shown["sources"][0]["source"], "wire");

        let tomorrow = (Timestamp::now() + 24.hours()).to_string();
        let again = folder.run(&["edition", "build", "daily", "--at", &tomorrow]);
        assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_are_tried_and_the_rest_is_sent_when_one_is_chosen() {
    on_each(200, |folder| {
        folder.configure(
            "[[digest]]",
            "[[digest]]\nsubject_test = { share = 0.4, wait = \"2h\" }",
        );
        assert_eq!(folder.run(&["fetch"]).status.code(), Some(0));
        let built = folder.json(&["edition", "build", "daily"]);
        let id = built["edition"].as_str().unwrap();
        let write = [
            "edition",
            "write",
            "--subject",
            "Plain",
            "--alternative",
            "Odd",
        ];
        let written = folder.json(&write);
        assert_eq!(
            written["alternatives"],
            serde_json::json!(["Odd"]),
            "{written}"
        );
        let same = folder.run(&["edition", "write", "--alternative", "Plain"]);
        assert_ne!(same.status.code(), Some(0));
        assert!(stderr(&same).contains("the same"), "{}", stderr(&same));
        let approved = folder.run(&["edition", "approve", id]);
        assert_eq!(approved.status.code(), Some(0));
        let first = folder.run(&["send", id, "--yes"]);
        assert_eq!(first.status.code(), Some(4), "{}", stderr(&first));
        let subjects = || {
            let mut found = std::collections::BTreeMap::new();
            for path in folder.mails() {
                let bytes = fs::read(path).unwrap();
                let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
                *found.entry(mail.subject().unwrap().to_owned()).or_insert(0) += 1;
            }
            found
        };
        let tried = subjects();
        assert!(tried["Plain"] > 25 && tried["Odd"] > 25, "{tried:?}");
        assert!(
            (60..100).contains(&(tried["Plain"] + tried["Odd"])),
            "{tried:?}"
        );
        let early = folder.run(&["run", "daily"]);
        assert_eq!(early.status.code(), Some(3), "{}", stderr(&early));
        assert!(
            stderr(&early).contains("better subject"),
            "{}",
            stderr(&early)
        );
        // A reader of the alternative is still owed their mail, and gets it as it was drawn.
        folder.outside("UPDATE editions SET first_wave_at = first_wave_at - 7200".to_owned());
        let rest = folder.run(&["run", "daily"]);
        assert_eq!(rest.status.code(), Some(0), "{}", stderr(&rest));
        let all = subjects();
        assert_eq!(
            all["Odd"], tried["Odd"],
            "nobody clicked: the rest gets the editor's"
        );
        assert_eq!(all["Plain"] + all["Odd"], 200);
        assert_eq!((folder.headers().0.len(), folder.mails().len()), (200, 200));
        let report = folder.run(&["report", id]);
        let told = String::from_utf8(report.stdout).unwrap();
        assert!(told.contains("no subject was clearly better"), "{told}");
        assert_eq!(folder.run(&["run", "daily"]).status.code(), Some(3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_subjects_are_tried_nobody_is_lost_and_nobody_gets_two() {
    on_each(300, |folder| {
        assert_eq!(folder.run(&["fetch"]).status.code(), Some(0));
        let built = folder.json(&["edition", "build", "daily"]);
        let id = built["edition"].as_str().unwrap();
        let write = [
            "edition",
            "write",
            "--subject",
            "Plain",
            "--alternative",
            "Odd",
        ];
        assert_eq!(folder.run(&write).status.code(), Some(0));
        assert_eq!(
            folder.run(&["edition", "approve", id]).status.code(),
            Some(0)
        );
        let killed = || {
            for pause in [20, 45, 70, 95, 120, 150, 190, 240] {
                let mut child = folder.spawn(&["send", id, "--yes"]);
                std::thread::sleep(Duration::from_millis(pause));
                child.kill().unwrap();
                child.wait().unwrap();
            }
            folder.run(&["send", id, "--yes"]);
            // Whoever was in doubt gets the same message once more, into the same file.
            folder.run(&["send", id, "--reconcile", "--settle", "resend"]);
            folder.run(&["send", id, "--yes"]);
        };
        let odd = "SELECT COUNT(*) FROM deliveries WHERE subject = 1";
        killed();
        let (first, tried) = (folder.mails().len(), folder.number(odd));
        assert!((110..190).contains(&first), "{first} of 300");
        assert!((50..100).contains(&tried), "{tried} got the alternative");
        folder.outside("UPDATE editions SET first_wave_at = first_wave_at - 7200".to_owned());
        killed();
        assert_eq!(folder.number("SELECT COUNT(*) FROM deliveries"), 300);
        assert_eq!(folder.number(odd), tried, "the others got the editor's");
        assert_eq!((folder.headers().0.len(), folder.mails().len()), (300, 300));
        let is_odd = |path: &PathBuf| {
            let bytes = fs::read(path).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
            mail.subject() == Some("Odd")
        };
        let came = folder.mails().iter().filter(|path| is_odd(path)).count();
        assert_eq!(came as u64, tried, "the ledger says what was sent");
    })
    .await;
}
