//! How fast and how cheap delivery is, beside its peers: `cargo bench --bench delivery`.
//!
//! Every sender is a process of its own and sends to a sink of its own, in rounds, one after the other,
//! so that whatever else the machine does hits all of them. Courant runs as people run it: SQLite
//! ledger and journal on, a feed of twenty stories, groups of readers. Postfix `smtp-source` and
//! nodemailer run beside it where they are installed (`npm install nodemailer` in benches/peers).
//! Writes `docs/performance.md` with `-- --write`; `-- --readers 200000` changes the size.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program, which prints and stops at the first surprise"
)]

mod compose;
mod measure;
mod sink;
mod site;

use measure::{Measured, Row, median};
use site::{Options, Signing, Site};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--sink") => sink::run(&arguments[1..]),
        Some("--compose") => {
            let count = arguments[2].parse().unwrap();
            println!("{}", compose::run(arguments[1].as_ref(), count));
        }
        _ => compare(&arguments),
    }
}

fn option(arguments: &[String], name: &str, default: u32) -> u32 {
    let at = arguments.iter().position(|text| text == name);
    at.and_then(|at| arguments.get(at + 1)?.parse().ok())
        .unwrap_or(default)
}

fn compare(arguments: &[String]) {
    let readers = option(arguments, "--readers", 20_000);
    let rounds = option(arguments, "--rounds", 3);
    let slow = (readers / 10).clamp(100, 2_000);
    let plain = |name, connections| Options {
        name,
        readers,
        connections,
        ..Options::default()
    };
    let runs = [
        plain("courant, unsigned, 8 connections", 8),
        plain("courant, unsigned, 1 connection", 1),
        plain("courant, unsigned, 32 connections", 32),
        Options {
            signing: Signing::Rsa,
            readers: readers / 2,
            ..plain("courant, RSA-2048, 8 connections", 8)
        },
        Options {
            signing: Signing::Ed25519,
            readers: readers / 2,
            ..plain("courant, Ed25519 beside RSA, 8 connections", 8)
        },
        Options {
            delay_ms: 20,
            readers: slow,
            ..plain("courant, unsigned, 8 connections, 20 ms an answer", 8)
        },
    ];
    let sites: Vec<Site> = runs.iter().map(Site::new).collect();
    let mut rows: Vec<Row> = runs.iter().map(|run| Row::new(run.name)).collect();
    let mut source = Row::new("smtp-source, 8 sessions");
    let mut node = [
        Row::new("nodemailer, unsigned, 8 connections"),
        Row::new("nodemailer, RSA-2048, 8 connections"),
    ];
    let mut crypto = Vec::new();
    for round in 0..rounds {
        println!("round {}", round + 1);
        for (site, row) in sites.iter().zip(&mut rows) {
            row.add(site.send(), true);
        }
        let bytes = rows[0].bytes_per_message();
        source.extend(measure::smtp_source(readers, bytes));
        for (signed, row) in node.iter_mut().enumerate() {
            row.extend(measure::nodemailer(signed == 1, bytes));
        }
        crypto.push(measure::bare_crypto(bytes));
    }
    rows.push(source);
    rows.extend(node);
    let composing = compose::report(sites[0].path());
    let text = report(&rows, (median(&mut crypto), &composing), readers);
    println!("{text}");
    if arguments.iter().any(|text| text == "--write") {
        std::fs::write("docs/performance.md", text).unwrap();
    }
}

fn report(rows: &[Row], (crypto, composing): (f64, &[String]), readers: u32) -> String {
    let mut lines = vec![
        "# How fast delivery is".to_owned(),
        String::new(),
        "Made by `cargo bench --bench delivery -- --write`; every sender beside the others, in rounds, each to".to_owned(),
        "a sink of its own on the same machine. Read the ratios: seconds depend on what else a machine does.".to_owned(),
        String::new(),
        format!("{}; {readers} recipients; load {}", measure::machine(), measure::load()),
        String::new(),
        "| sender | messages/s | CPU µs a message: least / median / most | round trips a message | peak MB |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(rows.iter().filter(|row| row.has_run()).map(Row::line));
    lines.push(String::new());
    lines.push(format!(
        "One RSA-2048 signature and the SHA-256 of a body of this size, alone: {crypto:.0} µs."
    ));
    lines.push(String::new());
    lines.extend_from_slice(composing);
    lines.push(String::new());
    let cpu = |name: &str| {
        let row = rows.iter().find(|row| row.name == name && row.has_run());
        row.map(Measured::cpu_of)
    };
    let unsigned = cpu("courant, unsigned, 8 connections");
    let signed = cpu("courant, RSA-2048, 8 connections");
    let ratio = |what: &str, a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => format!("- {what}: {:.2}", a / b),
        _ => format!("- {what}: not measured here"),
    };
    lines.push(ratio(
        "unsigned, CPU against smtp-source",
        unsigned,
        cpu("smtp-source, 8 sessions"),
    ));
    lines.push(ratio(
        "signed, CPU against the bare crypto",
        signed,
        Some(crypto),
    ));
    let nodemailer = cpu("nodemailer, RSA-2048, 8 connections");
    lines.push(ratio(
        "nodemailer signed, CPU against ours",
        nodemailer,
        signed,
    ));
    let rate = |name: &str| {
        rows.iter()
            .find(|row| row.name == name && row.has_run())
            .map(Row::rate)
    };
    let (ours, theirs) = (
        rate("courant, unsigned, 8 connections"),
        rate("smtp-source, 8 sessions"),
    );
    lines.push(ratio(
        "unsigned, messages a second against smtp-source",
        ours,
        theirs,
    ));
    lines.push(String::new());
    lines.push("Loopback has no distance: with a delay every answer waits so long, which models round trips and nothing".to_owned());
    lines.push("else of a network. A real relay's limits come first.".to_owned());
    lines.push(String::new());
    lines.join("\n")
}
