//! Composing alone: one message against a copy of its bytes, in time and in instructions.
//!
//! `delivery --compose FOLDER COUNT` composes so many messages of a folder's latest edition; callgrind,
//! where it is installed, counts the instructions of two such runs, and the difference is a message's.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use courant::clock::Clock;
use courant::config::{Config, Environment};
use courant::database::Database;
use courant::delivery::compose::{Composer, Purpose, Sender};
use courant::edition::{self, slates::Variant};
use courant::links::Links;
use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};

fn composer(folder: &Path) -> Composer {
    let config = Config::read(&folder.join("digest.toml"), Environment::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let edition = runtime.block_on(async {
        let database = Database::open(&config.database.url, folder).await.unwrap();
        let mut reader = database.reader().await.unwrap();
        edition::store::list(&mut reader, 1)
            .await
            .unwrap()
            .remove(0)
    });
    let links = Links::open(&config.links, folder).unwrap();
    let sender = Sender::parse(&config.delivery).unwrap();
    Composer::new(edition, config.theme, links, sender, Clock::System)
}

fn recipient(number: i64) -> Recipient {
    Recipient {
        id: SubscriberId::from_i64(number + 1),
        address: EmailAddress::parse(&format!("reader{number}@example.org")).unwrap(),
        name: None,
        format: Format::Designed,
        counting: Counting::Allowed,
        subscribed_at: 1_700_000_000 + number,
        time_zone: None,
    }
}

/// Composes; how many bytes one message has.
pub(crate) fn run(folder: &Path, count: i64) -> usize {
    let composer = composer(folder);
    let mut bytes = 0;
    for number in 0..count {
        let mail = composer.mail(
            &recipient(number % 1000),
            &Variant::default(),
            Purpose::Edition,
        );
        bytes = black_box(mail.unwrap()).bytes.len();
    }
    bytes
}

/// Lines about composing for the report.
pub(crate) fn report(folder: &Path) -> Vec<String> {
    let composer = composer(folder);
    let people: Vec<Recipient> = (0..1000).map(recipient).collect();
    let variant = Variant::default();
    let mail = |person| composer.mail(person, &variant, Purpose::Edition).unwrap();
    let bytes = mail(&people[0]).bytes;
    let alone = composer.mail_by_itself(&people[0], &variant, Purpose::Edition);
    assert_ne!(bytes, alone.unwrap().bytes, "it was not made of blocks");
    let best = |work: &dyn Fn()| {
        let times = (0..20).map(|_| {
            let watch = Instant::now();
            (0..1000).for_each(|_| work());
            watch.elapsed().as_secs_f64() * 1e3
        });
        times.fold(f64::MAX, f64::min)
    };
    let number = std::cell::Cell::new(0);
    let composed = best(&|| {
        number.set((number.get() + 1) % people.len());
        black_box(mail(&people[number.get()]));
    });
    let copied = best(&|| {
        black_box(black_box(&bytes).clone());
    });
    let alone = best(&|| {
        if number.get().is_multiple_of(50) {
            black_box(
                composer
                    .mail_by_itself(&people[0], &variant, Purpose::Edition)
                    .unwrap(),
            );
        }
        number.set(number.get() + 1);
    }) * 50.0;
    let mut lines = vec![format!(
        "Composing a message of {} bytes: {composed:.2} µs, {:.1} × a copy of its bytes ({copied:.2} µs); rendered and \
         encoded by itself {alone:.0} µs.",
        bytes.len(),
        composed / copied
    )];
    if let Some(instructions) = instructions(folder) {
        lines.push(format!(
            "Instructions a message (callgrind): {instructions:.0}."
        ));
    }
    lines
}

fn instructions(folder: &Path) -> Option<f64> {
    let count = |messages: u32| -> Option<f64> {
        let output = Command::new("valgrind")
            // The C library copies by one instruction that callgrind counts once a byte.
            .env(
                "GLIBC_TUNABLES",
                "glibc.cpu.x86_rep_movsb_threshold=1000000000",
            )
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args([
                "--compose",
                &folder.display().to_string(),
                &messages.to_string(),
            ])
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said.lines().find(|line| line.contains("Collected"))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    Some((count(1010)? - count(10)?) / 1000.0)
}
