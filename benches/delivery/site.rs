//! A publisher's folder, ready to send.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::measure::{self, Measured, Sink, must, write_lines};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signing {
    None,
    Rsa,
    Ed25519,
}

/// How a run differs from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) name: &'static str,
    pub(crate) readers: u32,
    pub(crate) connections: u32,
    pub(crate) delay_ms: u32,
    pub(crate) signing: Signing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "",
            readers: 1_000,
            connections: 8,
            delay_ms: 0,
            signing: Signing::None,
        }
    }
}

/// A folder with a list, a feed and editions to send.
pub(crate) struct Site {
    folder: TempDir,
    options: Options,
}

impl Site {
    pub(crate) fn new(options: &Options) -> Self {
        let site = Self {
            folder: TempDir::new().unwrap(),
            options: *options,
        };
        site.configure(25);
        write_lines(&site.path().join("news.xml"), feed());
        let rows = (0..options.readers).map(|n| format!("reader{n}@list{}.example", n % 977));
        let list = std::iter::once("email".to_owned()).chain(rows);
        write_lines(&site.path().join("list.csv"), list);
        for arguments in [
            &["init"][..],
            &["dkim"],
            &["subscribers", "import", "list.csv", "--quiet"],
            &["fetch"],
        ] {
            must(&mut site.courant(arguments));
        }
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn courant(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
        command.args(arguments).current_dir(self.path());
        command.env_remove("COURANT_DATABASE_URL");
        command
    }

    fn configure(&self, port: u16) {
        let Options {
            connections,
            signing,
            ..
        } = self.options;
        let sign = signing != Signing::None;
        let second = match signing {
            Signing::Ed25519 => "ed25519_selector = \"ed\"",
            Signing::None | Signing::Rsa => "",
        };
        let text = format!(
            r#"
            [publication]
            name = "Tarn Post"
            home_url = "https://www.tarn.example/"
            postal_address = "Tarn Post, 1 Quay, Tarn"
            [[source]]
            name = "news"
            file = "news.xml"
            [[digest]]
            name = "daily"
            title = "Morning Digest"
            at = "00:00"
            [delivery]
            from = "Tarn Post <digest@tarn.example>"
            connections = {connections}
            [delivery.dkim]
            sign = {sign}
            {second}
            [delivery.smtp]
            host = "127.0.0.1"
            port = {port}
            tls = "none"
            messages_per_connection = 1000000
            "#
        );
        std::fs::write(self.path().join("digest.toml"), text).unwrap();
    }

    /// Sends one edition to everybody and measures the sending alone: building and queueing it are
    /// calls of their own.
    pub(crate) fn send(&self) -> Measured {
        let built = must(&mut self.courant(&["edition", "build", "daily", "--json"]));
        let built: Value = serde_json::from_str(&built).unwrap();
        let id = built["edition"].as_str().unwrap();
        if built["status"] == "draft" {
            must(&mut self.courant(&["edition", "approve", id]));
        }
        let queued = self
            .courant(&["send", id, "--yes", "--limit", "0"])
            .output();
        assert_eq!(queued.unwrap().status.code(), Some(4));
        let sink = Sink::start(self.options.delay_ms, None);
        self.configure(sink.port);
        let measured = measure::run(self.courant(&["send", id, "--yes"]), sink);
        #[expect(clippy::float_cmp, reason = "whole numbers")]
        let everybody = measured.messages == f64::from(self.options.readers);
        assert!(everybody, "{measured:?}");
        // The next round sends to everybody again.
        let database = self.path().join("courant.db");
        let again = "UPDATE deliveries SET status = 'queued', sent_at = NULL; \
                     UPDATE editions SET status = 'sending';";
        must(Command::new("sqlite3").arg(database).arg(again));
        measured
    }
}

/// Twenty stories of a plausible length.
fn feed() -> impl Iterator<Item = String> {
    let now = jiff::Timestamp::now();
    let item = move |number: i64| {
        let at = now - jiff::SignedDuration::from_mins(number);
        let at = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let words = "The council met for the third time this week and agreed, after some hours, \
                     that the old mole stays; fishermen, shopkeepers and the harbour office had \
                     all asked for it. Costs are put at four million, half of it from the county.";
        format!(
            "<item><title>Story {number} of the day, with a headline of some length</title>\
             <link>https://www.tarn.example/2026/11/27/story-{number}-of-the-day</link>\
             <category>{}</category><description>{words}</description>\
             <author>Åsa Öberg</author><pubDate>{at}</pubDate></item>",
            ["Quay", "Sport", "Culture", "World"][usize::try_from(number % 4).unwrap_or(0)]
        )
    };
    let head = "<rss version=\"2.0\"><channel><title>T</title>".to_owned();
    std::iter::once(head)
        .chain((1..=24).map(item))
        .chain(std::iter::once("</channel></rss>".to_owned()))
}
