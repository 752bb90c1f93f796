//! Whole files.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// 2026-11-23T12:00:00Z.
const NOON: i64 = 1_795_435_200;
const TODAY: i64 = NOON / 86_400;
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15";

fn id(path: &str) -> ArticleId {
    let url = Url::parse("https://www.tarn.example/").unwrap();
    Canonical::of(&url.join(path).unwrap()).id()
}

fn counter() -> Counter {
    let settings = Settings {
        base: Url::parse("https://www.tarn.example/").unwrap(),
        now: NOON,
        day: None,
        lines: None,
    };
    Counter::new(settings, [(id("/a"), NOON - 3 * 86_400), (id("/b"), NOON)])
}

fn count(text: &[u8]) -> (Views, Account, Lines) {
    let mut counter = counter();
    counter.read(text).unwrap();
    counter.end()
}

fn request(address: &str, host: u32, minute: u32, name: &str) -> String {
    format!(
        "192.0.2.{host} - - [23/Nov/2026:10:{minute:02}:00 +0000] \"GET {address} HTTP/1.1\" 200 9 \"-\" \"{name}\"\n"
    )
}

#[test]
fn of_two_tables_the_later_stands_and_of_two_logs_the_sum() {
    let mut tables = counter();
    for text in [
        &b"/a,5,2026-11-22\n/a/,1,2026-11-22\n"[..],
        b"/a,7,2026-11-22\n",
    ] {
        tables.read(text).unwrap();
    }
    let (views, account, _) = tables.end();
    assert_eq!(views, [((id("/a"), TODAY - 1), 7)].into_iter().collect());
    assert_eq!(account.views, 7);
    let mut logs = counter();
    for host in [1, 2] {
        let line = request("/a", host, 0, SAFARI);
        logs.read(line.as_bytes()).unwrap();
    }
    assert_eq!(logs.end().0, [((id("/a"), TODAY), 2)].into_iter().collect());
}

#[test]
fn lines_of_a_log_without_a_request_are_no_errors() {
    let noise = "192.0.2.1 - - [23/Nov/2026:10:00:00 +0000] \"-\" 408 0 \"-\" \"-\"\n\
        192.0.2.1 - - [23/Nov/2026:10:00:00 +0000] \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\"\n";
    let (_, account, lines) = count(noise.as_bytes());
    assert_eq!(
        (lines, account.refused, account.counted),
        (Lines::Log, 0, 0)
    );
}

#[test]
fn a_table_says_what_a_day_s_views_are() {
    let (views, account, lines) = count(
        b"\xef\xbb\xbfURL,Views,Date\n# export\n/a?utm_source=x,3,2026-11-22\n\
        http://tarn.example/a/,4,2026-11-22\nhttps://www.tarn.example/b,5\n/a,2,\n\
        /c,9,2026-11-22\n/a,many,2026-11-22\n/a,1,2026-11-30\nmailto:a@b.example,1\n",
    );
    assert_eq!(lines, Lines::Table);
    let expected = [
        ((id("/a"), TODAY - 1), 7),
        ((id("/a"), TODAY - 3), 2),
        ((id("/b"), TODAY), 5),
    ];
    assert_eq!(views, expected.into_iter().collect());
    let expected = Account {
        read: 8,
        counted: 4,
        views: 14,
        unknown: 2,
        refused: 2,
        errors: vec![
            "line 8: \"many\" is no number of views".to_owned(),
            "line 9: its date lies in the future".to_owned(),
        ],
        ..Account::default()
    };
    assert_eq!(account, expected);
}

#[test]
fn a_log_counts_people_once_in_half_an_hour() {
    let log = [
        request("/a?fbclid=1", 1, 0, SAFARI),
        request("/a", 1, 29, SAFARI),
        request("/a", 1, 59, SAFARI),
        request("/a", 2, 1, SAFARI),
        request("https://tarn.example/b", 1, 2, SAFARI),
        request("/", 1, 2, SAFARI),
        request("/a", 9, 3, "Examplebot/1.0"),
        request("/a", 9, 3, "-"),
        request("/a", 1, 3, SAFARI).replace("GET", "HEAD"),
        request("/a", 1, 3, SAFARI).replace(" 200 ", " 404 "),
        "\\x16\\x03\\x01\n".to_owned(),
        "x".repeat(70_000) + "\n",
    ]
    .concat();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log.as_bytes()).unwrap();
    for bytes in [log.into_bytes(), packed.finish().unwrap()] {
        let (views, account, lines) = count(&bytes);
        assert_eq!(lines, Lines::Log);
        let expected = [((id("/a"), TODAY), 3), ((id("/b"), TODAY), 1)];
        assert_eq!(views, expected.into_iter().collect());
        let expected = Account {
            read: 12,
            counted: 4,
            views: 4,
            robots: 3,
            repeated: 1,
            ignored: 1,
            unknown: 1,
            refused: 2,
            errors: vec![
                "line 11: is no line of an access log".to_owned(),
                "line 12: is longer than 64 KB".to_owned(),
            ],
        };
        assert_eq!(account, expected);
    }
}

#[test]
fn two_files_in_one_import_are_one_count() {
    let mut counter = counter();
    for host in [1, 2] {
        let log = request("/a", host, 0, SAFARI);
        counter.read(log.as_bytes()).unwrap();
    }
    assert_eq!(counter.end().0, Views::from([((id("/a"), TODAY), 2)]));
}

#[test]
fn a_packed_file_that_is_none_is_refused() {
    assert!(counter().read(&[0x1f_u8, 0x8b][..]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_counted_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        // Two bytes may be the beginning of a packed file that is none.
        let mut counter = counter();
        let read = counter.read(bytes.as_slice());
        prop_assert!(read.is_ok() || bytes.starts_with(&[0x1f, 0x8b]));
        let (_, account, _) = counter.end();
        let ended = account.counted + account.robots + account.repeated + account.ignored
            + account.unknown + account.refused;
        prop_assert_eq!(account.read, ended);
    }

    #[test]
    fn broken_lines_are_counted_or_refused(
        table in any::<bool>(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..9, any::<Option<u8>>()), 1..6),
    ) {
        let log = request("/a", 1, 0, SAFARI) + &request("/b", 2, 0, "x");
        let mut bytes = if table { "url,views\n/a,7\n/b,8\n".to_owned() } else { log }.into_bytes();
        for (at, length, insert) in cuts {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        let (_, account, _) = count(&bytes);
        prop_assert!(account.read <= 20);
    }
}
