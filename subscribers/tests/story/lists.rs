//! The chapters about files: a list comes in, the list goes out.

use std::fmt::Write;

use courant_subscribers::{
    Act, Added, Beginning, Conn, Consent, Counting, Digests, Format, How, NewSubscriber, Outcome,
    Preferences, Reason, Status, Suppression, Topics, audience, export, import,
    store::{consents, subscribers, suppressions},
};
use sqlx::Connection;

use super::{DAY, NOW, address, id, person, sqlite};

const FILE: &[u8] = b"Email;Name;Status;Digests;Format\n\
    eve@example.org;Eve;subscribed;weekly;text\n\
    EVE@example.org;Eva;subscribed;;\n\
    ANNIKA@example.org;Annika;subscribed;none;\n\
    dee@example.org;Dee;subscribed;;\n\
    cai@example.org;;subscribed;;\n\
    fay@example.org;Fay;unsubscribed;;\n\
    gus@example.org;Gus;subscribed;;\n\
    gus@example.org;Gus;cleaned;;\n\
    nobody;;subscribed;;\n\
    hal@example.org;Hal;pending;;\n\
    bob@b\xc3\xbccher.example;;unsubscribed;;\n\
    ivy@example.org;Ivy\n";

/// A file meets all of them; nobody who left comes back, and the second time changes nothing.
pub(crate) async fn a_list_is_imported(conn: &mut Conn) {
    let now = NOW + 10 * DAY;
    let options = import::Options {
        file: "march.csv".to_owned(),
        ..import::Options::default()
    };
    let mut verdicts = Vec::new();
    // The second time one more is suppressed: Gus, whose second row said so.
    for suppressed in [4, 5] {
        let rows = import::read(FILE).unwrap();
        let mut tx = conn.begin().await.unwrap();
        let outcome = import::apply(&mut tx, rows, &options, now).await.unwrap();
        tx.commit().await.unwrap();
        let words: Vec<_> = outcome
            .rows
            .iter()
            .map(|row| (row.line, row.verdict))
            .collect();
        verdicts.push(words);
        assert_eq!(outcome.suppressed, suppressed);
        assert_eq!(outcome.refused, 3);
    }
    use import::Verdict::{Added, Refused, Suppressed, Unchanged, Updated};
    let first = [
        Added, Unchanged, Updated, Suppressed, Updated, Suppressed, Added, Suppressed,
    ];
    let second = [
        Unchanged, Unchanged, Unchanged, Suppressed, Unchanged, Suppressed, Suppressed, Suppressed,
    ];
    let rest = [Refused, Refused, Suppressed, Refused];
    for (found, expected) in verdicts.iter().zip([first, second]) {
        let expected: Vec<_> = (2..).zip(expected.into_iter().chain(rest)).collect();
        assert_eq!(found, &expected);
    }
    let mut mailable = Vec::new();
    let mut after = None;
    while let Some(one) = audience::page(conn, ("weekly", NOW), after, 1)
        .await
        .unwrap()
        .pop()
    {
        let before = audience::before(conn, ("weekly", NOW), one.id).await;
        let so_far = i64::try_from(mailable.len()).unwrap();
        assert_eq!(before.unwrap(), (so_far, after));
        after = Some(one.id);
        mailable.push(one.address.to_string());
    }
    mailable.sort();
    assert_eq!(
        mailable,
        ["Annika@example.org", "cai@example.org", "eve@example.org"]
    );
    let eve = subscribers::find_by_address(conn, &address("eve@example.org"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (eve.name.as_deref(), eve.origin.to_string()),
        (Some("Eve"), "import march.csv".to_owned())
    );
    let evidence = consents::list(conn, eve.id).await.unwrap();
    let import = How::import("march.csv");
    assert_eq!(
        evidence,
        [Consent {
            at: now,
            act: Act::Subscribed,
            how: import
        }]
    );
    let ann = subscribers::preferences(conn, id(10))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        ann.digests,
        Digests::All,
        "an import must not overrule a reader"
    );
}

/// The CSV of one list, read into the same list, changes nobody.
pub(crate) async fn everything_is_exported(conn: &mut Conn) {
    let mut file = Vec::new();
    let count = export::csv(conn, &mut file, NOW + 11 * DAY).await.unwrap();
    let everybody = subscribers::list_page(conn, None, None, 100).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), everybody.len());
    let people = subscribers::count(conn).await.unwrap();
    let mut sum = 0;
    for status in Status::ALL {
        sum += people.of(status);
        let page = subscribers::list_page(conn, Some(status), None, 100)
            .await
            .unwrap();
        assert!(page.iter().all(|person| person.status == status));
    }
    assert_eq!(usize::try_from(sum).unwrap(), everybody.len());

    let options = import::Options {
        file: "again.csv".to_owned(),
        ..import::Options::default()
    };
    let rows = import::read(file.as_slice()).unwrap();
    let mut tx = conn.begin().await.unwrap();
    let outcome = import::apply(&mut tx, rows, &options, NOW + 11 * DAY)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (outcome.added, outcome.updated, outcome.unchanged),
        (0, 0, 3),
        "{outcome:?}"
    );
    assert_eq!(
        subscribers::list_page(conn, None, None, 100).await.unwrap(),
        everybody
    );

    let held = export::held(conn, &address("dee@example.org"))
        .await
        .unwrap()
        .unwrap();
    let json = serde_json::to_value(&held).unwrap();
    assert_eq!(json["subscriber"]["address"], "dee@example.org");
    assert_eq!(
        json["subscriber"]["unsubscribed_at"],
        "2026-09-21T14:13:20Z"
    );
    assert_eq!(json["consents"][0]["how"], "mail");
    assert_eq!(json["preferences"]["digests"], "all");
    assert_eq!(json["suppression"]["reason"], "complaint");
}

#[tokio::test]
async fn a_thousand_rows_are_imported_in_well_under_a_second() {
    let (mut conn, _folder) = sqlite().await;
    let mut file = "email,name\n".to_owned();
    for n in 0..1_000 {
        writeln!(file, "reader.{n}@example.org,Reader {n}").unwrap();
    }
    let mut tx = conn.begin().await.unwrap();
    let rows = import::read(file.as_bytes()).unwrap();
    let options = import::Options::default();
    let begun = tokio::time::Instant::now();
    let outcome = import::apply(&mut tx, rows, &options, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(outcome.added, 1_000);
    // Measured: 0.45 s in a debug build; the bound only catches a different order of growth.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

/// A dry run, and a process that dies before the commit.
#[tokio::test]
async fn an_import_rolled_back_leaves_nothing_and_can_be_run_again() {
    let (mut conn, _folder) = sqlite().await;
    let options = import::Options {
        file: "march.csv".to_owned(),
        ..import::Options::default()
    };
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let mut tx = conn.begin().await.unwrap();
        let rows = import::read(FILE).unwrap();
        outcomes.push(import::apply(&mut tx, rows, &options, NOW).await.unwrap());
        tx.rollback().await.unwrap();
        assert_eq!(
            subscribers::list_page(&mut conn, None, None, 9)
                .await
                .unwrap(),
            []
        );
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[0].added, 5, "{:?}", outcomes[0]);
}

/// The same file in parts: the importer remembers the addresses of the earlier ones.
#[tokio::test]
async fn an_import_in_parts_is_the_import_of_the_whole() {
    let (mut conn, _folder) = sqlite().await;
    let options = import::Options {
        file: "march.csv".to_owned(),
        ..import::Options::default()
    };
    let whole = {
        let mut tx = conn.begin().await.unwrap();
        let rows = import::read(FILE).unwrap();
        let outcome = import::apply(&mut tx, rows, &options, NOW).await.unwrap();
        tx.rollback().await.unwrap();
        outcome
    };
    let mut importer = import::Importer::new(&options);
    let mut rows = import::read(FILE).unwrap();
    let mut parts = import::Outcome::default();
    loop {
        let part: Vec<_> = rows.by_ref().take(2).collect();
        if part.is_empty() {
            break;
        }
        parts.append(importer.apply(&mut conn, part, NOW).await.unwrap());
    }
    parts.append(importer.finish(&mut conn, NOW).await.unwrap());
    assert_eq!(parts, whole);
}

/// What a reader chose comes out of an export and into an empty list as it was.
#[tokio::test]
async fn choices_survive_an_export_and_an_import() {
    let (mut conn, _folder) = sqlite().await;
    let chosen = Preferences {
        digests: Digests::Only(vec!["weekly".to_owned()]),
        topics: Topics::of(["World news; Europe", "=Sport"]),
        format: Format::Text,
        counting: Counting::Declined,
        time_zone: Some("America/Argentina/Buenos_Aires".to_owned()),
        language: Some("es-AR".to_owned()),
        paused_until: Some(NOW + DAY),
    };
    let mut ida = person(10, "ida@example.org", Beginning::Active, How::CommandLine);
    ida.preferences = chosen.clone();
    let added = subscribers::add(&mut conn, &ida, NOW).await.unwrap();
    assert_eq!(added, Added::New(id(10)));
    let mut bo = person(11, "bo@example.org", Beginning::Active, How::CommandLine);
    bo.preferences.topics = Topics::of(["Arts; Books"]);
    subscribers::add(&mut conn, &bo, NOW).await.unwrap();
    let mut file = Vec::new();
    export::csv(&mut conn, &mut file, NOW).await.unwrap();

    let (mut other, _folder) = sqlite().await;
    let rows = import::read(file.as_slice()).unwrap();
    let options = import::Options::default();
    let outcome = import::apply(&mut other, rows, &options, NOW)
        .await
        .unwrap();
    assert_eq!(outcome.added, 2, "{outcome:?}");
    for (address, chosen) in [(&ida.address, chosen), (&bo.address, bo.preferences)] {
        let found = subscribers::find_by_address(&mut other, address)
            .await
            .unwrap();
        let again = subscribers::preferences(&mut other, found.unwrap().id)
            .await
            .unwrap();
        assert_eq!(again, Some(chosen));
    }

    let foreign =
        "Email Address,TIMEZONE,LANGUAGE\nbo@example.org,GMT+1,\nbea@example.org,Asia/Tokyo,ja\n";
    let rows: Vec<_> = import::read(foreign.as_bytes()).unwrap().collect();
    let zones: Vec<_> = rows
        .iter()
        .map(|row| {
            let chosen = row.person.as_ref().unwrap().preferences.as_ref();
            chosen.and_then(|chosen| chosen.time_zone.as_deref())
        })
        .collect();
    assert_eq!(zones, [None, Some("Asia/Tokyo")]);
}

/// Who asks anew leaves evidence; who never confirms is dropped without a trace, and nobody else is.
#[tokio::test]
async fn who_waits_asks_again_or_is_dropped() {
    let (mut conn, _folder) = sqlite().await;
    for (number, address, beginning) in [
        (71, "waits@example.org", Beginning::Pending),
        (72, "reads@example.org", Beginning::Active),
    ] {
        let mut new =
            NewSubscriber::new(self::address(address), beginning, How::form("Sign up")).unwrap();
        new.id = id(number);
        subscribers::add(&mut conn, &new, NOW).await.unwrap();
    }
    let (waits, reads) = (id(71), id(72));
    let again = How::form("Sign up again");
    subscribers::asked(&mut conn, waits, again.clone(), NOW + 1)
        .await
        .unwrap();
    let evidence = consents::list(&mut conn, waits).await.unwrap();
    assert_eq!((evidence.len(), &evidence[1].how), (2, &again));
    subscribers::stayed(&mut conn, reads, How::Button, NOW + 2)
        .await
        .unwrap();
    let evidence = consents::list(&mut conn, reads).await.unwrap();
    assert_eq!(evidence.last().unwrap().act, Act::Stayed);
    let pending = subscribers::pending_since(&mut conn, NOW).await.unwrap();
    assert_eq!(pending, [], "not before that instant");
    let pending = subscribers::pending_since(&mut conn, NOW + 1)
        .await
        .unwrap();
    assert_eq!(pending, [waits]);
    for (who, outcome) in [
        (reads, Outcome::Unchanged),
        (waits, Outcome::Changed),
        (waits, Outcome::Unchanged),
    ] {
        assert_eq!(
            subscribers::drop_pending(&mut conn, who).await.unwrap(),
            outcome
        );
    }
    let gone = subscribers::find_by_id(&mut conn, waits).await.unwrap();
    assert!(gone.is_none() && consents::list(&mut conn, waits).await.unwrap().is_empty());
}

/// A row that nobody understands may be the one that says they left, wherever it stands.
#[tokio::test]
async fn beside_a_row_that_puzzles_no_other_makes_a_reader() {
    let files = [
        "email,tags\nann@example.org,unsubscribed\nann@example.org,vip\n",
        "email,tags\nann@example.org,vip\nann@example.org,unsubscribed\n",
        "email,bounces\nann@example.org,\nann@example.org,3\n",
        "email,name\nbob@example.org,BobEmail,Name,Unsubscribed\nann@example.org,Ann,2024-01-02\n",
        "email,aktiv\nann@example.org,nein\n",
        "email,newsletter opt-in\nann@example.org,no\n",
        "email,customer email status\nann@example.org,inactive\n",
        "{\"email\":\"ann@example.org\",\"email_marketing\":{\"subscribed\":false}}\n",
        "{\"email\":\"ann@example.org\",\"newsletter\":{\"active\":false}}\n",
        "{\"email\":\"ann@example.org\",\"preferences\":{\"newsletter\":false}}\n",
        "{\"email\":\"ann@example.org\",\"lists\":[{\"name\":\"news\",\"subscribed\":false}]}\n",
        "{\"Email\":\"ann@example.org\",\"IsOptInPending\":true}\n",
        "email,newsletter\nann@example.org,Unsubscribed 2024-01-02\n",
        "email,newsletter\nann@example.org,abgemeldet am 12.03.2024\n",
        "email,newsletter\nann@example.org,d\u{e9}sabonn\u{e9}e\n",
        "email,newsletter\nann@example.org,nein danke\n",
        "email,consent\nann@example.org,withdrawn 2024-01-02\n",
        "email,opted out of email: Marketing Information\nann@example.org,Yes\n",
        "email,unsubscribed (web form)\nann@example.org,Yes\n",
        "email,newsletter\nbob@example.org,x\nann@example.org,-\n",
        "email,newsletter\nbob@example.org,J\nann@example.org,\n",
        "email,newsletter\nbob@example.org,x\nemail,newsletter\neve@example.org,x\nann@example.org,\n",
        "email,nom\nbob@example.org,Bob\nCourriel,D\u{e9}sabonn\u{e9} le\nann@example.org,2024-01-02\n",
        "email,status\nann@example.org,active\nann@example.org;,unsubscribed\n",
        "email,status\nann@example.org,active\n\"ann@example.org, b@example.org\",unsubscribed\n",
        "email,status\nann@example.org,active\nMAILTO:ann@example.org?subject=x,unsubscribed\n",
        "email,status\nann@example.org,active\nann@example.org\u{200b},unsubscribed\n",
        "email,status\nann@example.org,zombie\nann@example.org,active\n",
        "email,name,status\nbob@example.org,\"Bob,active\nann@example.org,\"Ann\",unsubscribed\nann@example.org,Ann,active\n",
        "email,name,status\nann@example.org,Ann,active\nbob@example.org,\"Bob,active\nann@example.org,\"Ann\",unsubscribed\n",
        "email,status\nann@example.org,active\nann@example.org,zombie\n",
        "{\"email\":\"ann@example.org\",\"status\":\"enabled\"}\n\
         {\"email\":\"ann@example.org\",\"status\":\"enabled\",\"lists\":\
         [{\"subscription_status\":\"unsubscribed\"},{\"subscription_status\":\"confirmed\"}]}\n",
    ];
    for file in files {
        for at_once in [1, 100] {
            let (mut conn, _folder) = sqlite().await;
            let mut importer = import::Importer::new(&import::Options {
                file: "list.csv".to_owned(),
                ..import::Options::default()
            });
            let rows: Vec<_> = import::read(file.as_bytes()).unwrap().collect();
            for part in rows.chunks(at_once) {
                importer.apply(&mut conn, part.to_vec(), NOW).await.unwrap();
            }
            importer.finish(&mut conn, NOW).await.unwrap();
            let address = address("ann@example.org");
            let ann = subscribers::find_by_address(&mut conn, &address).await;
            let status = ann.unwrap().map(|ann| ann.status);
            assert_ne!(status, Some(Status::Active), "{file}");
        }
    }
}

/// A row that puzzles stands against every spelling of its address, and against who was only waiting; who was erased
/// is brought back by no row.
#[tokio::test]
async fn a_doubt_meets_every_spelling_and_the_erased_stay_away() {
    let (mut conn, _folder) = sqlite().await;
    let waits = person(1, "p@x.org", Beginning::Pending, How::CommandLine);
    subscribers::add(&mut conn, &waits, NOW).await.unwrap();
    let gone = person(2, "gone@x.org", Beginning::Active, How::CommandLine);
    subscribers::add(&mut conn, &gone, NOW).await.unwrap();
    let forgotten = subscribers::forget(&mut conn, id(2), NOW).await.unwrap();
    assert_eq!(forgotten, Outcome::Changed);
    let file = "email,status\n\
        Ann <ann@x.org>,gold\nann@x.org,active\n\
        bob@x.org,active\nmailto:bob@x.org,gold\n\
        p@x.org,active\np@x.org,gold\n\
        gone@x.org,unsubscribed\ngone@x.org,cleaned\ngone@x.org,active\n";
    let rows = import::read(file.as_bytes()).unwrap();
    let options = import::Options::default();
    import::apply(&mut conn, rows, &options, NOW).await.unwrap();
    for (text, expected) in [
        ("ann@x.org", None),
        ("bob@x.org", Some(Status::Unsubscribed)),
        ("p@x.org", Some(Status::Unsubscribed)),
        ("gone@x.org", None),
    ] {
        let found = subscribers::find_by_address(&mut conn, &address(text)).await;
        let status = found.unwrap().map(|person| person.status);
        assert_eq!(status, expected, "{text}");
    }
    let plain: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM suppressions WHERE address_key LIKE '%@%'")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!(plain, 0);
}

/// What was held against somebody before they were erased and let back in does nothing when it is read again.
#[tokio::test]
async fn who_was_erased_and_let_back_in_stays() {
    let (mut conn, _folder) = sqlite().await;
    let ann = address("ann@example.org");
    let new = person(1, "ann@example.org", Beginning::Active, How::CommandLine);
    subscribers::add(&mut conn, &new, NOW).await.unwrap();
    let gone = subscribers::forget(&mut conn, id(1), NOW + 1).await;
    assert_eq!(gone.unwrap(), Outcome::Changed);
    let back = suppressions::unsuppress(&mut conn, &ann, "she wrote to us", NOW + 10).await;
    assert_eq!(back.unwrap(), Outcome::Changed);
    let new = person(2, "ann@example.org", Beginning::Active, How::CommandLine);
    subscribers::add(&mut conn, &new, NOW + 20).await.unwrap();
    for (since, wanted) in [
        (NOW, Outcome::Unchanged),
        (NOW + 10, Outcome::Unchanged),
        (NOW + 11, Outcome::Changed),
    ] {
        let block = Suppression::new(&ann, Reason::HardBounce, since);
        let done = suppressions::suppress(&mut conn, &block).await.unwrap();
        assert_eq!(done, wanted, "{since}");
    }
}
