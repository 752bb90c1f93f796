//! How fast a list comes in: `cargo bench --bench import`, with `-- --rows N` for another size.
//!
//! A file of addresses into an empty SQLite database by the program itself, in rounds, each beside SQLite copying
//! the same rows within a database: the least such rows cost. Read the ratio; seconds depend on what else a machine
//! does. Then the same file once more, which changes nobody.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops when something goes wrong, prints, and looks at the clock"
)]

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

const ROUNDS: usize = 3;

/// Clock ticks a second, as `/proc` counts them on every Linux of today.
const TICKS: f64 = 100.0;

/// What copying takes: rows, the index of addresses, and the first evidence of each, in the order they came.
const COPY: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072;
    BEGIN IMMEDIATE;
    INSERT INTO people_copy SELECT * FROM subscribers ORDER BY id;
    INSERT INTO consents_copy SELECT * FROM consents ORDER BY subscriber_id;
    COMMIT;";

struct Took {
    seconds: f64,
    cpu: f64,
}

/// Seconds of the processor that this process (0) and those it waited for (2) have had.
fn cpu(of: usize) -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, rest) = text.rsplit_once(") ").unwrap();
    let ticks = rest.split(' ').skip(11 + of).take(2);
    ticks.map(|it| it.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}

fn courant(folder: &Path, arguments: &[&str]) -> Took {
    let (begin, before) = (Instant::now(), cpu(2));
    let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
    let command = command.current_dir(folder).args(arguments);
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{arguments:?}");
    Took {
        seconds: begin.elapsed().as_secs_f64(),
        cpu: cpu(2) - before,
    }
}

fn write_list(file: &Path, rows: usize) {
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    writeln!(out, "email,name").unwrap();
    // A step through all numbers below a prime, so that addresses come in no order.
    let mut number = 1_u64;
    for row in 0..rows {
        number = number * 48_271 % 2_147_483_647;
        writeln!(
            out,
            "reader{number}x{row}@example{}.org,Reader {row}",
            row % 50
        )
        .unwrap();
    }
    out.flush().unwrap();
}

async fn copied(database: &Path) -> Took {
    let url = format!("sqlite:{}", database.display());
    let mut conn = AnyConnection::connect(&url).await.unwrap();
    for (name, copy) in [
        ("subscribers", "people_copy"),
        ("consents", "consents_copy"),
    ] {
        let text = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = $1";
        let text: String = sqlx::query_scalar(text)
            .bind(name)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        let text = text.replacen(name, copy, 1);
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut conn)
            .await
            .unwrap();
    }
    sqlx::raw_sql("PRAGMA foreign_keys = OFF")
        .execute(&mut conn)
        .await
        .unwrap();
    let (begin, before) = (Instant::now(), cpu(0));
    sqlx::raw_sql(COPY).execute(&mut conn).await.unwrap();
    let took = Took {
        seconds: begin.elapsed().as_secs_f64(),
        cpu: cpu(0) - before,
    };
    conn.close().await.unwrap();
    took
}

fn say(name: &str, rows: f64, took: &Took) {
    println!(
        "{name}: {:.0} rows/s, {:.2} µs CPU a row",
        rows / took.seconds,
        took.cpu * 1e6 / rows
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let named = arguments.iter().position(|it| it == "--rows");
    let rows = named.and_then(|at| arguments.get(at + 1)?.parse().ok());
    let rows: usize = rows.unwrap_or(1_000_000);
    let count = f64::from(u32::try_from(rows).unwrap());
    sqlx::any::install_default_drivers();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        courant(folder, &["init"]);
        write_list(&folder.join("list.csv"), rows);
        let import = ["subscribers", "import", "list.csv", "--quiet"];
        let new = courant(folder, &import);
        say("new rows", count, &new);
        let copy = copied(&folder.join("courant.db")).await;
        say("SQLite copying them", count, &copy);
        say("the same rows again", count, &courant(folder, &import));
        ratios.push(copy.seconds / new.seconds);
    }
    ratios.sort_by(f64::total_cmp);
    println!("as fast as SQLite copies: {:.2}", ratios[ROUNDS / 2]);
}
