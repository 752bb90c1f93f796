//! Page views counted outside, imported as people do: again, in parts, two at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::support::databases::{self, Scratch};
use super::support::program;

const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15";

struct Site {
    folder: TempDir,
    database: String,
}

impl Site {
    fn new(database: String) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(
            folder.path().join("digest.toml"),
            program::config(program::LINES, program::FILES),
        )
        .unwrap();
        let item = |number| {
            format!(
                "{{\"url\":\"/{number}\",\"title\":\"Story {number}\",\"date\":\"2026-11-20\"}}\n"
            )
        };
        let items: String = (1..=60).map(item).collect();
        fs::write(folder.path().join("news.jsonl"), items).unwrap();
        let this = Self { folder, database };
        assert_eq!(this.run(&["fetch"]).status.code(), Some(0));
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

    fn import(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let mut command = self.command(&["popularity", "import", "--json"]);
        let output = command.args(arguments).output().unwrap();
        let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), value)
    }

    /// Views of the stories by their number.
    fn views(&self) -> Vec<(String, i64)> {
        let output = self.run(&["articles", "list", "--limit", "99", "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut all: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|article| {
                let url = article["url"].as_str().unwrap();
                let number = url.rsplit('/').next().unwrap().to_owned();
                (number, article["views"].as_i64().unwrap())
            })
            .filter(|(_, views)| *views > 0)
            .collect();
        all.sort();
        all
    }
}

fn seen(views: &[(&str, i64)]) -> Vec<(String, i64)> {
    let views = views.iter();
    views
        .map(|(number, views)| ((*number).to_owned(), *views))
        .collect()
}

fn line(host: u32, time: &str, address: &str) -> String {
    format!(
        "192.0.2.{host} - - [{time} +0000] \"GET {address} HTTP/1.1\" 200 9 \"-\" \"{SAFARI}\"\n"
    )
}

async fn on_each(check: impl Fn(&Site)) {
    for scratch in databases::each().await {
        check(&Site::new(Scratch::url(&scratch)));
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_imported_twice_counts_once_and_corrections_replace() {
    on_each(|site| {
        let table = site.path().join("views.csv");
        fs::write(
            &table,
            "url,views,date\n/1,7,2026-11-21\n/1,2,2026-11-22\n/2,5\n/99,1\n",
        )
        .unwrap();
        let (code, dry) = site.import(&["views.csv", "--dry-run"]);
        assert_eq!(
            (code, &dry["changed"], &dry["rows"]),
            (Some(0), &0.into(), &3.into())
        );
        assert_eq!(site.views(), []);
        for changed in [3, 0] {
            let (code, found) = site.import(&["views.csv"]);
            assert_eq!(code, Some(0), "{found}");
            let counts = ["read", "counted", "views", "unknown", "articles", "changed"];
            let counts = counts.map(|name| found[name].as_i64().unwrap());
            assert_eq!(counts, [4, 3, 14, 1, 2, changed]);
            assert_eq!(site.views(), seen(&[("1", 9), ("2", 5)]));
        }
        fs::write(&table, "/1;3;2026-11-21\n/1;x;2026-11-22\n").unwrap();
        let (code, found) = site.import(&["views.csv"]);
        assert_eq!((code, &found["refused"]), (Some(4), &1.into()));
        assert_eq!(found["errors"][0], "line 2: \"x\" is no number of views");
        assert_eq!(site.views(), seen(&[("1", 5), ("2", 5)]));
        let (code, _) = site.import(&["none.csv"]);
        assert_eq!(code, Some(2));
        fs::write(&table, "\n").unwrap();
        assert_eq!(site.import(&["views.csv"]).0, Some(3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_viewed_more_than_usual_is_expected_to_be_clicked_more() {
    on_each(|site| {
        let rank = || {
            let at = ["--digest", "daily", "--at", "2026-11-21T12:00:00Z"];
            let output = site.run(&[&["rank", "--json"], &at[..]].concat());
            let text = String::from_utf8(output.stdout).unwrap();
            let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
            let views = first["parts"]["views"].as_f64().unwrap();
            (first["url"].as_str().unwrap().to_owned(), views)
        };
        assert!((rank().1 - 1.0).abs() < 1e-9);
        let rows: String = (1..=60)
            .map(|number| {
                let views = if number == 37 { 900 } else { 40 };
                format!("/{number},{views},2026-11-20\n")
            })
            .collect();
        fs::write(site.path().join("views.csv"), rows).unwrap();
        assert_eq!(site.import(&["views.csv"]).0, Some(0));
        let (url, views) = rank();
        assert_eq!(url, "https://www.tarn.example/37");
        assert!(views > 1.5, "{views}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_and_rotates_never_counts_twice() {
    on_each(|site| {
        let morning =
            line(1, "23/Nov/2026:05:00:00", "/1") + &line(2, "23/Nov/2026:05:00:00", "/1");
        let noon = line(3, "23/Nov/2026:12:00:00", "/1?utm_source=x");
        let write = |name: &str, text: &str| fs::write(site.path().join(name), text).unwrap();
        write("access.log", &morning);
        for _ in 0..2 {
            assert_eq!(site.import(&["access.log"]).0, Some(0));
            assert_eq!(site.views(), seen(&[("1", 2)]));
        }
        write("access.log", &(morning.clone() + &noon));
        assert_eq!(site.import(&["access.log"]).0, Some(0));
        assert_eq!(site.views(), seen(&[("1", 3)]), "it has grown");
        write("access.log.1", &morning);
        write("access.log", &noon);
        assert_eq!(site.import(&["access.log"]).0, Some(0));
        assert_eq!(site.views(), seen(&[("1", 3)]), "it was rotated");
        assert_eq!(site.import(&["access.log.1", "access.log"]).0, Some(0));
        assert_eq!(site.views(), seen(&[("1", 3)]));
        let (_, other) = site.import(&["access.log", "--origin", "second-server"]);
        assert_eq!(other["origin"], "second-server");
        assert_eq!(
            site.views(),
            seen(&[("1", 4)]),
            "another machine's views are added"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_count_once() {
    on_each(|site| {
        let rows: String = (1..=60)
            .flat_map(|number| (1..=20).map(move |day| format!("/{number},3,2026-11-{day:02}\n")))
            .collect();
        fs::write(site.path().join("views.csv"), rows).unwrap();
        let start = || {
            let mut command = site.command(&["popularity", "import", "views.csv", "--quiet"]);
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let mut both = [start(), start()];
        for child in &mut both {
            assert_eq!(child.wait().unwrap().code(), Some(0));
        }
        let all = site.views();
        assert_eq!(all.len(), 60);
        assert!(all.iter().all(|(_, views)| *views == 60), "{all:?}");
    })
    .await;
}
