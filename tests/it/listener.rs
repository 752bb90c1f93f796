//! Notices handed over by LMTP and SMTP: done before they are answered, for our mailboxes only.

use std::cell::RefCell;
use std::time::Duration;

use courant::database::Error;
use courant::feedback::listener::Listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Says all of `said` at once and returns every answer, while the door is open.
async fn talk(door: &Listener, said: &[u8]) -> String {
    let mut stream = TcpStream::connect(door.address().unwrap()).await.unwrap();
    stream.write_all(said).await.unwrap();
    let mut told = String::new();
    let reading = stream.read_to_string(&mut told);
    tokio::time::timeout(Duration::from_secs(20), reading)
        .await
        .expect("the door does not hang")
        .unwrap();
    told
}

/// Opens a door whose `act` keeps what comes, and fails while it holds `refuses` in it.
async fn with_door(check: impl AsyncFnOnce(&Listener, &RefCell<Vec<String>>), refuses: &str) {
    let mailboxes = ["Bounces@news.example", "leave@news.example"];
    let door = Listener::open("127.0.0.1:0", mailboxes.map(str::to_owned)).await;
    let door = door.unwrap();
    let kept = RefCell::new(Vec::new());
    let act = async |raw: Vec<u8>| {
        let text = String::from_utf8_lossy(&raw).into_owned();
        if !refuses.is_empty() && text.contains(refuses) {
            let timed_out = sqlx::Error::PoolTimedOut;
            return Err(Error::from(timed_out));
        }
        kept.borrow_mut().push(text);
        Ok(())
    };
    let stop = CancellationToken::new();
    let checked = async {
        check(&door, &kept).await;
        stop.cancel();
    };
    tokio::join!(door.watch(&act, &stop), checked);
}

/// The codes of the answers, last lines only.
fn codes(told: &str) -> Vec<&str> {
    let last = told.lines().filter(|line| line.get(3..4) == Some(" "));
    last.map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn lmtp_answers_for_each_recipient_and_the_tag_is_kept() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        let told = talk(
            door,
            b"LHLO mx\r\nMAIL FROM:<> SIZE=30 BODY=8BITMIME\r\nRCPT TO:<bounces+TAG@News.Example>\r\n\
              RCPT TO:<ann@news.example>\r\nRCPT TO:<leave@news.example>\r\nDATA\r\n\
              Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
        )
        .await;
        let expected = [
            "220", "250", "250", "250", "550", "250", "354", "250", "451", "221",
        ];
        assert_eq!(codes(&told), expected, "{told}");
        assert!(told.contains("250-PIPELINING\r\n"), "{told}");
        let kept = kept.borrow();
        let [mail] = kept.as_slice() else {
            panic!("{kept:?}")
        };
        assert_eq!(
            mail,
            "Return-Path: <>\r\nDelivered-To: bounces+TAG@News.Example\r\nSubject: x\r\n\r\n.dot\r\n"
        );
    };
    with_door(check, "Delivered-To: leave@").await;
}

/// RFC 2033 section 4.2: a client waits for as many answers as it has recipients.
#[tokio::test]
async fn what_is_too_large_is_refused_for_each_recipient_by_lmtp_and_once_by_smtp() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        let line = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
        for (greeting, answers) in [("LHLO", 2), ("EHLO", 1)] {
            let before = format!(
                "{greeting} mx\r\nMAIL FROM:<>\r\nRCPT TO:<bounces+A@news.example>\r\n\
                 RCPT TO:<ann@news.example>\r\nRCPT TO:<leave@news.example>\r\nDATA\r\n"
            );
            let said = [
                before.into_bytes(),
                line.repeat(50_001),
                b".\r\nNOOP\r\nQUIT\r\n".to_vec(),
            ];
            let told = talk(door, &said.concat()).await;
            let mut expected = vec!["220", "250", "250", "250", "550", "250", "354"];
            expected.extend(vec!["552"; answers]);
            expected.extend(["250", "221"]);
            assert_eq!(codes(&told), expected, "{greeting}: {told}");
        }
        assert!(kept.borrow().is_empty());
    };
    with_door(check, "").await;
}

#[tokio::test]
async fn smtp_says_yes_only_if_all_is_done() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        let told = talk(
            door,
            b"EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@news.example>\r\nRCPT TO:<leave@news.example>\r\n\
              DATA\r\nhello\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@news.example>\r\nDATA\r\n.\r\nQUIT\r\n",
        )
        .await;
        let expected = [
            "220", "250", "250", "250", "250", "354", "451", "250", "250", "354", "250", "221",
        ];
        assert_eq!(codes(&told), expected, "{told}");
        assert_eq!(kept.borrow().len(), 2);
    };
    with_door(check, "Delivered-To: leave@").await;
}

#[tokio::test]
async fn commands_in_the_wrong_order_or_shape_are_refused_in_words() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        for (said, code) in [
            ("MAIL FROM:<>", "503"),
            ("DATA", "503"),
            ("EHLO", "501"),
            ("RCPT TO:<bounces@news.example>", "503"),
            ("EHLO a\r\nMAIL <>", "501"),
            ("EHLO a\r\nMAIL FROM:<> SIZE=99999999999", "552"),
            ("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:x", "501"),
            (
                "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<ann+bounces@news.example>",
                "550",
            ),
            ("GET / HTTP/1.1", "500"),
            ("\u{e9}\u{0}", "500"),
        ] {
            let told = talk(door, format!("{said}\r\nQUIT\r\n").as_bytes()).await;
            let found = codes(&told);
            assert_eq!(found[found.len() - 2], code, "{said}: {told}");
        }
        let long = [vec![b'x'; 100_000], b"\r\nQUIT\r\n".to_vec()].concat();
        assert_eq!(codes(&talk(door, &long).await), ["220", "500", "221"]);
        let many = talk(door, "nonsense\r\n".repeat(30).as_bytes()).await;
        assert!(many.ends_with("421 4.7.0 too many errors\r\n"), "{many}");
        assert!(kept.borrow().is_empty());
    };
    with_door(check, "").await;
}

/// Whatever a message holds, one message stays one: other ends of lines do not end it.
#[tokio::test]
async fn no_message_hides_another() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r"] {
            let hidden = format!(
                "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@news.example>\r\nDATA\r\nfirst{end}MAIL \
                 FROM:<>\r\nRCPT TO:<leave@news.example>\r\nDATA\r\nsecond\r\n.\r\nQUIT\r\n"
            );
            let told = talk(door, hidden.as_bytes()).await;
            let expected = ["220", "250", "250", "250", "354", "250", "221"];
            assert_eq!(codes(&told), expected, "{end:?}: {told}");
        }
        assert_eq!(kept.borrow().len(), 4);
        // Lines longer than what is read at once, ending at every byte around it.
        for length in 65_533..65_540 {
            let line = "x".repeat(length);
            let told = talk(
                door,
                format!(
                    "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@news.example>\r\nDATA\r\n{line}\r\n.\r\nQUIT\r\n"
                )
                .as_bytes(),
            )
            .await;
            assert_eq!(codes(&told).last(), Some(&"221"), "{length}");
            assert!(
                kept.borrow()
                    .last()
                    .unwrap()
                    .ends_with(&format!("\r\n{line}\r\n"))
            );
        }
    };
    with_door(check, "").await;
}

/// A client that dies within a message has not handed it over.
#[tokio::test]
async fn half_a_message_is_none() {
    let check = async |door: &Listener, kept: &RefCell<Vec<String>>| {
        let mut stream = TcpStream::connect(door.address().unwrap()).await.unwrap();
        let half = b"LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@news.example>\r\nDATA\r\nhalf\r\n";
        stream.write_all(half).await.unwrap();
        drop(stream);
        let told = talk(door, b"LHLO mx\r\nQUIT\r\n").await;
        assert_eq!(codes(&told), ["220", "250", "221"]);
        assert!(kept.borrow().is_empty());
    };
    with_door(check, "").await;
}

#[tokio::test]
async fn the_world_is_not_listened_to() {
    for open in ["0.0.0.0:0", "[::]:0"] {
        let refused = Listener::open(open, []).await.unwrap_err().to_string();
        assert!(refused.contains("open to the world"), "{refused}");
    }
    let refused = Listener::open("nonsense", []).await.unwrap_err();
    assert!(refused.to_string().contains("nonsense"), "{refused}");
}
