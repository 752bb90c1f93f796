//! Files as they come, and what is read of them.

use super::*;
use crate::Reason;

fn rows(file: &[u8]) -> Vec<Row> {
    read(file).unwrap().collect()
}

fn told(row: &Row) -> String {
    match &row.person {
        Ok(person) => format!(
            "{} {} {:?} {:?}",
            row.line,
            person.address,
            person.standing,
            person.name.as_deref().unwrap_or("-")
        ),
        Err(reason) => format!("{} refused: {reason}", row.line),
    }
}

#[test]
fn plain_files_are_read_whatever_their_dress() {
    let files: [&[u8]; 10] = [
        b"email,name\nann@example.org,Ann Lee\n",
        b"\xef\xbb\xbfEmail,Name\r\nann@example.org,Ann Lee\r\n",
        b"E-Mail;First Name;Last Name\nann@example.org;Ann;Lee",
        b"name\temail address\nAnn Lee\tann@example.org\n",
        b"\"name\",\"e-mail\"\n\"Ann Lee\",\" ann@example.org \"\n",
        b"name,email,,\nAnn\x07 Lee,ann@example.org,,,,\n",
        b"email,name\rann@example.org,Ann Lee\r",
        b"email,name\nann@example.org,'Ann Lee\n",
        b"email\n\"\"\"Ann Lee\"\" <ann@example.org>\"\n",
        b"email,name\nmailto:ann@example.org,Ann Lee\n",
    ];
    for file in files {
        let told: Vec<String> = rows(file).iter().map(told).collect();
        let expected = if file.contains(&b'\'') {
            "\"'Ann Lee\""
        } else {
            "\"Ann Lee\""
        };
        let shown = String::from_utf8_lossy(file);
        assert_eq!(
            told,
            [format!("2 ann@example.org Active {expected}")],
            "{shown}"
        );
    }
}

#[test]
fn who_left_there_is_not_active() {
    let file = b"email,status,unsubscribed_at,subscribed\n\
        a@example.org,active,,\n\
        b@example.org,unsubscribed,,\n\
        c@example.org,active,2024-01-02,\n\
        d@example.org,active,,false\n\
        e@example.org,cleaned,2024-01-02,true\n\
        f@example.org,pending,,\n\
        g@example.org,gold,,\n";
    let standings: Vec<_> = rows(file)
        .into_iter()
        .map(|row| row.person.ok().map(|p| p.standing))
        .collect();
    let bounced = Standing::Blocked(Reason::HardBounce);
    assert_eq!(
        standings,
        [
            Some(Standing::Active),
            Some(Standing::Left),
            Some(Standing::Left),
            Some(Standing::Left),
            Some(bounced),
            Some(Standing::Unconfirmed),
            None,
        ]
    );
}

#[test]
fn exports_of_other_programs_say_who_may_be_mailed() {
    let files: [(&str, &str); 14] = [
        (
            "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,TAGS\na@x.org,Ann,2,2023-01-02 03:04:05,192.0.2.1,\"\"\"x\"\"\"",
            "Active",
        ),
        (
            "Email Address,MEMBER_RATING,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE\na@x.org,2,,",
            "Left",
        ),
        (
            "Email Address,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE\na@x.org,2,2023-01-02,",
            "Blocked(HardBounce)",
        ),
        (
            "Email,Active Subscription,Expiry,Plan,Email disabled,Created at\na@x.org,false,,free,false,2023-01-02",
            "Active",
        ),
        (
            "Email,Active Subscription,Expiry,Plan,Email disabled,Created at\na@x.org,true,,annual,true,2023-01-02",
            "Left",
        ),
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n1,a@x.org,Ann,,false,false,2023-01-02,",
            "Left",
        ),
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n1,a@x.org,Ann,,true,false,2023-01-02,",
            "Active",
        ),
        (
            "email,status,created_at\na@x.org,validating,2023",
            "Unconfirmed",
        ),
        (
            "uuid,email,name,attributes,status,created_at\nu,a@x.org,Ann,\"{\"\"city\"\": 1}\",blocklisted,2023",
            "Blocked(Manual)",
        ),
        (
            "email,notes,tags,type,creation_date,undeliverability_date\na@x.org,,,spammy,2023,",
            "Blocked(Manual)",
        ),
        ("{\"email\":\"a@x.org\",\"status\":\"enabled\"}\n", "Active"),
        (
            "[{\"email\":\"a@x.org\",\"status\":\"bounced\",\"name\":null}]",
            "Blocked(HardBounce)",
        ),
        ("email,city,state\na@x.org,Tarn,CA", "Active"),
        ("a@x.org\n", "Active"),
    ];
    for (file, expected) in files {
        let found = rows(file.as_bytes());
        assert_eq!(found.len(), 1, "{file}");
        let standing = found[0]
            .person
            .as_ref()
            .map(|person| format!("{:?}", person.standing));
        assert_eq!(standing.as_deref(), Ok(expected), "{file}");
    }
    let words: Vec<u8> = "\u{feff}email\tname\nann@x.org\tZoë\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(told(&rows(&words)[0]), "2 ann@x.org Active \"Zoë\"");
}

#[test]
fn bad_rows_are_refused_and_the_rest_is_read() {
    let file = b"email,name,status\n\
        ann,Ann,active\n\
        b@example.org\n\
        c@example.org,Cee, Jr,unsubscribed\n\
        d@example.org,D\xe9,active\n\
        \n\
        e@example.org,\"E\nE\",active\n\
        f@example.org,F,active\n";
    let told: Vec<String> = rows(file).iter().map(told).collect();
    assert_eq!(
        told,
        [
            "2 refused: the address cannot be used: it has no @",
            "3 refused: the row has 1 cells where the header has 3",
            "4 refused: the row has 4 cells where the header has 3",
            "5 d@example.org Active \"Dé\"",
            "7 e@example.org Active \"E E\"",
            "9 f@example.org Active \"F\"",
        ]
    );
}

#[test]
fn short_rows_of_a_file_without_status_are_kept_with_a_remark() {
    let rows = rows(b"email,name\na@example.org\n");
    let remark = rows[0].person.as_ref().unwrap().remark.clone();
    assert_eq!(
        remark.as_deref(),
        Some("the row has 1 cells where the header has 2")
    );
}

#[test]
fn files_that_are_no_list_are_refused() {
    let long = vec![b'x'; super::super::head::MAX_HEADER_BYTES * 2];
    let cases: [(&[u8], &str); 4] = [
        (b"", "the file is empty"),
        (
            b"\n \n",
            "no column is called \"email\"; the columns are \"\"",
        ),
        (
            b"town\nx\n",
            "no column is called \"email\"; the columns are \"town\"",
        ),
        (
            &long,
            "the first line is longer than 64 KB; this is no CSV file",
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(
            read(file).err().map(|error| error.to_string()).as_deref(),
            Some(expected)
        );
    }
}

#[test]
fn any_bytes_end_in_rows_or_an_error() {
    let parts: [&[u8]; 10] = [
        b"{",
        b"}",
        b"email",
        b",",
        b"\"",
        b"\n",
        b"\xff",
        b"a@example.org",
        b";",
        b"\0",
    ];
    let mut seed = 7_u64;
    let heads: [&[u8]; 4] = [b"email,status\n", b"[", b"\xff\xfe", b""];
    for round in 0..5_000 {
        let mut file = heads[round % heads.len()].to_vec();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            file.extend_from_slice(parts[usize::try_from(seed >> 33).unwrap() % parts.len()]);
        }
        if let Ok(rows) = read(file.as_slice()) {
            assert!(rows.count() < 20);
        }
    }
}

/// What a row says, or why it is refused, in a word.
fn verdict(file: &str) -> String {
    let found = rows(file.as_bytes());
    assert_eq!(found.len(), 1, "{file}");
    match &found[0].person {
        Ok(person) => format!("{:?}", person.standing),
        Err(_) => "refused".to_owned(),
    }
}

#[test]
fn lists_of_programs_interfaces_say_who_may_be_mailed() {
    let cases = [
        // Buttondown
        (
            r#"{"email_address":"a@x.org","type":"unsubscribed","tags":[]}"#,
            "Left",
        ),
        (
            r#"{"email_address":"a@x.org","type":"regular","tags":["vip"]}"#,
            "Active",
        ),
        ("email,type\na@x.org,unsubscribed", "Left"),
        // listmonk
        (
            r#"{"email":"a@x.org","status":"enabled","lists":[{"optin":"double","subscription_status":"unsubscribed"}]}"#,
            "Left",
        ),
        (
            r#"{"email":"a@x.org","status":"enabled","lists":[{"name":"one","subscription_status":"unsubscribed"},{"name":"two","subscription_status":"confirmed"}]}"#,
            "refused",
        ),
        (
            r#"{"email":"a@x.org","status":"enabled","lists":[{"optin":"single","type":"public","subscription_status":"unconfirmed"}],"attribs":{"city":"Tarn"}}"#,
            "Active",
        ),
        (
            r#"{"email":"a@x.org","status":"enabled","attribs":{"unsubscribed":true}}"#,
            "Left",
        ),
        // Ghost
        (
            r#"{"email":"a@x.org","subscribed":true,"status":"free","email_suppression":{"suppressed":true,"info":{"reason":"bounce"}}}"#,
            "Blocked(Manual)",
        ),
        (
            r#"{"email":"a@x.org","status":"paid","newsletters":[]}"#,
            "Left",
        ),
        (
            r#"{"email":"a@x.org","subscribed":true,"status":"paid","newsletters":[{"name":"News","status":"active"}],"email_suppression":{"suppressed":false,"info":null},"subscriptions":[{"status":"canceled"}]}"#,
            "Active",
        ),
        // Others
        (
            r#"{"emailAddress":"a@x.org","isUnsubscribed":true}"#,
            "Left",
        ),
        (r#"{"email":"a@x.org","isSubscribed":false}"#, "Left"),
        (
            r#"{"email":"a@x.org","status":"unsubscribed","status":"active"}"#,
            "refused",
        ),
        (
            r#"{"email":"a@x.org","tags":["vip","unsubscribed"]}"#,
            "refused",
        ),
        (r#"{"email":"a@x.org","info":{"bounces":3}}"#, "refused"),
    ];
    for (file, expected) in cases {
        assert_eq!(verdict(file), expected, "{file}");
    }
}

#[test]
fn what_may_mean_that_somebody_left_refuses_the_row_unless_something_says_it_clearly() {
    let cases = [
        ("email,Unsubscribe Reason\na@x.org,too much", "refused"),
        (
            "email,Unsubscribe Reason,Unsubscribed Date\na@x.org,too much,2024-01-02",
            "Left",
        ),
        ("email,Unsubscribe Reason\na@x.org,", "Active"),
        ("email,tags\na@x.org,\"vip,unsubscribed\"", "refused"),
        ("email,opt in,subscribed\na@x.org,yes,no", "Left"),
        (
            "email,status,unsubscribed_at\na@x.org,gold,2024-01-02",
            "Left",
        ),
        ("email,Accepts Marketing\na@x.org,no", "Unconfirmed"),
        ("email,Bounces\na@x.org,0", "Active"),
        ("email,Payment status\na@x.org,canceled", "Active"),
        ("sep=;\nemail;status\na@x.org;unsubscribed", "Left"),
    ];
    for (file, expected) in cases {
        assert_eq!(verdict(file), expected, "{file}");
    }
    let bare = rows(b"a@x.org\nb@x.org,unsubscribed\nc@x.org,Cee\n");
    let refused: Vec<bool> = bare.iter().map(|row| row.person.is_err()).collect();
    assert_eq!(refused, [false, true, false], "{bare:?}");
}

#[test]
fn what_is_empty_where_others_say_yes_is_no_yes() {
    for (file, expected) in [
        (
            "email,Subscribed\na@x.org,checked\nb@x.org,\n",
            ["Active", "refused"],
        ),
        (
            "email,Newsletter\na@x.org,\nb@x.org,x\n",
            ["refused", "Active"],
        ),
        (
            "email,Consent\na@x.org,yes\nb@x.org,\n",
            ["Active", "refused"],
        ),
        // Where some say no, or another thing, what is empty says nothing.
        (
            "email,Subscribed\na@x.org,no\nb@x.org,\n",
            ["Left", "Active"],
        ),
        (
            "email,Newsletter\na@x.org,Weekly\nb@x.org,\n",
            ["Active", "Active"],
        ),
        // A state beside a city is a part of a country, but for words that are none.
        (
            "email,city,state\na@x.org,Austin,TX\nb@x.org,Bonn,cancelled\n",
            ["Active", "Left"],
        ),
        (
            "email,tags\na@x.org,Bounced - hard\nb@x.org,unsubscribed 2020\n",
            ["refused", "refused"],
        ),
    ] {
        let told: Vec<_> = rows(file.as_bytes())
            .iter()
            .map(|row| match &row.person {
                Ok(person) => format!("{:?}", person.standing),
                Err(_) => "refused".to_owned(),
            })
            .collect();
        assert_eq!(told, expected, "{file}");
    }
}

#[test]
fn what_others_did_to_our_own_export_is_not_passed_over() {
    let header = "email,status,format,counting,origin,created_at,unsubscribed_at,paused_until,suppression,suppressed_since";
    for (columns, cells, expected) in [
        (
            "",
            "active,designed,allowed,mail,2026-01-02T03:04:05Z,,,,",
            "Active",
        ),
        (
            "",
            "active,designed,allowed,mail,02/01/2026 03:04,,,,",
            "refused",
        ),
        (
            "",
            "active,designed,allowed,mail,2026-01-02T03:04:05Z,,29/11/2027 10:00,,",
            "refused",
        ),
        (
            "",
            "active,designed,allowed,mail,2026-01-02T03:04:05Z,,,,2026-01-02T03:04:05Z",
            "refused",
        ),
        (
            ",opted_out",
            "active,designed,allowed,mail,2026-01-02T03:04:05Z,,,,,yes",
            "Left",
        ),
    ] {
        let file = format!("{header}{columns}\na@x.org,{cells}\n");
        assert_eq!(verdict(&file), expected, "{file}");
    }
    let named = import_ignored(&format!("{header},shoe size\n"));
    assert_eq!(named, ["shoe size"]);
}

fn import_ignored(file: &str) -> Vec<String> {
    read(file.as_bytes()).unwrap().ignored()
}

#[test]
fn a_quote_that_nobody_closed_is_told_of() {
    let file = b"email,name\na@x.org,\"Ann\nb@x.org,Bob\nc@x.org,\"Cee\"\nd@x.org,\"D\nD\"\n";
    let told: Vec<String> = rows(file).iter().map(told).collect();
    assert_eq!(
        told,
        [
            "2 refused: lines 2 to 4 are one row, with addresses inside of a cell: a quote was not \
             closed, and nobody of these lines was read",
            "3 refused: it stands in the row of line 2, whose quote was not closed",
            "4 refused: it stands in the row of line 2, whose quote was not closed",
            "5 d@x.org Active \"D D\"",
        ]
    );
}

#[test]
fn columns_without_meaning_are_named_and_a_file_that_breaks_off_is_known() {
    let rows = read("email;Status;Цвет;\na@x.org;active;red;\n".as_bytes()).unwrap();
    assert_eq!(rows.ignored(), ["Цвет"]);
    let mut rows =
        read("[{\"email\":\"a@x.org\"},{\"email\":\"b@x.org\",\"sta".as_bytes()).unwrap();
    assert_eq!(rows.by_ref().count(), 1);
    let broken = rows.broken().unwrap();
    assert_eq!(
        (broken.line, broken.reason.as_str()),
        (1, "the last object does not end")
    );
    for (file, is_broken) in [
        ("[{\"email\":\"a@x.org\"}", true),
        ("{\"members\":[{\"email\":\"a@x.org\"},", true),
        ("[{\"email\":\"a@x.org\"}]\n", false),
        ("{\"members\":[{\"email\":\"a@x.org\"}],\"meta\":{}}", false),
        ("{\"email\":\"a@x.org\",\"tags\":[\"a\"]}\n", false),
        ("email\na@x.org\n", false),
    ] {
        let mut rows = read(file.as_bytes()).unwrap();
        assert_eq!(rows.by_ref().count(), 1, "{file}");
        assert_eq!(rows.broken().is_some(), is_broken, "{file}");
    }
}

/// Several exports in one file: each header is one.
#[test]
fn a_header_among_the_rows_begins_another_list() {
    let file = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME\nann@x.org,Ann,2,2024-01-02\n\
        Email Address,First Name,MEMBER_RATING,UNSUB_TIME,UNSUB_REASON\nben@x.org,Ben,2,2024-01-02,\n\
        Email Address,First Name,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE\ncy@x.org,Cy,2024-01-02,News\n\
        nobody,Email,,\n";
    let rows: Vec<Row> = read(file.as_bytes()).unwrap().collect();
    let standings: Vec<_> = rows
        .iter()
        .map(|row| row.person.as_ref().ok().map(|person| person.standing))
        .collect();
    let expected = [
        Some(Standing::Active),
        Some(Standing::Left),
        Some(Standing::Blocked(Reason::HardBounce)),
        None,
    ];
    assert_eq!(standings, expected);
    assert_eq!(rows[1].line, 4);
    let other = "name,email\nAnn,ann@x.org\nstatus,email\nunsubscribed,ben@x.org\n";
    let rows: Vec<Row> = read(other.as_bytes()).unwrap().collect();
    assert_eq!(rows[1].person.as_ref().unwrap().standing, Standing::Left);
}

/// An export of ours from which somebody took the status.
#[test]
fn the_day_of_leaving_tells_in_our_own_export() {
    for file in [
        "email,format,counting,origin,created_at,unsubscribed_at\na@x.org,designed,allowed,mail,,2024-01-02T00:00:00Z\n",
        "email,format,counting,origin,created_at,status,unsubscribed_at\na@x.org,designed,allowed,mail,,,2024-01-02T00:00:00Z\n",
    ] {
        let rows: Vec<Row> = read(file.as_bytes()).unwrap().collect();
        assert_eq!(
            rows[0].person.as_ref().unwrap().standing,
            Standing::Left,
            "{file}"
        );
    }
    let strange = "email,format,counting,origin,status,suppression\na@x.org,designed,allowed,mail,active,Nonsense\n";
    let rows: Vec<Row> = read(strange.as_bytes()).unwrap().collect();
    assert!(rows[0].person.is_err());
}
