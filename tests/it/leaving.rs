//! Leaving while somebody else writes: answered, kept over a crash, done once.

use std::fs;
use std::io::Write as _;

use courant::database::Database;
use courant::signup::Config;
use courant::signup::leaving::{self, Left, Wish};
use courant_subscribers::store::{consents, subscribers};
use courant_subscribers::{
    Act, Beginning, EmailAddress, How, NewSubscriber, Outcome, Status, SubscriberId,
};

use super::support::databases;

const NOW: i64 = 1_790_000_000;

fn wish(number: i64, at: i64) -> Wish {
    Wish {
        id: SubscriberId::from_i64(number),
        how: How::OneClick,
        at,
    }
}

async fn add(database: &Database, number: i64) {
    let address = EmailAddress::parse(&format!("reader{number}@example.org")).unwrap();
    let mut new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
    new.id = SubscriberId::from_i64(number);
    let mut tx = database.begin_write().await.unwrap();
    subscribers::add(&mut tx, &new, NOW - 10).await.unwrap();
    tx.commit().await.unwrap();
}

async fn status(database: &Database, number: i64) -> Status {
    let mut reader = database.reader().await.unwrap();
    let found = subscribers::find_by_id(&mut reader, SubscriberId::from_i64(number)).await;
    found.unwrap().unwrap().status
}

/// One reader presses while a long list is taken in; two processes fulfil the wish at once, and again.
#[tokio::test]
async fn who_leaves_while_the_database_is_taken_has_left() {
    let scratch = databases::sqlite().await;
    let (database, config) = (&scratch.database, Config::default());
    add(database, 1).await;
    let taken = database.begin_write().await.unwrap();
    let left = leaving::leave_or_note(database, wish(1, NOW), &config).await;
    assert_eq!(left.unwrap(), Left::Soon);
    assert_eq!(status(database, 1).await, Status::Active);
    let file = database.beside(".leaving").unwrap();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        format!("\n1 {NOW} one-click\n")
    );
    taken.rollback().await.unwrap();

    let (one, other) = tokio::join!(
        leaving::settle(database, &config),
        leaving::settle(database, &config)
    );
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(status(database, 1).await, Status::Unsubscribed);
    assert_eq!(leaving::settle(database, &config).await.unwrap(), 0);
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    let mut reader = database.reader().await.unwrap();
    let evidence = consents::list(&mut reader, SubscriberId::from_i64(1)).await;
    let last = evidence.unwrap().pop().unwrap();
    assert_eq!(
        (last.act, last.how, last.at),
        (Act::Unsubscribed, How::OneClick, NOW)
    );
    drop(reader);
    scratch.end().await;
}

/// What a crash left: a wish that was fulfilled but not taken out, and a line that breaks off.
#[tokio::test]
async fn wishes_survive_a_crash_and_do_not_overrule_who_came_back() {
    let scratch = databases::sqlite().await;
    let (database, config) = (&scratch.database, Config::default());
    for number in 1..=3 {
        add(database, number).await;
    }
    let mut tx = database.begin_write().await.unwrap();
    for (number, comes_back) in [(1, true), (2, false)] {
        let id = SubscriberId::from_i64(number);
        let left = subscribers::unsubscribe(&mut tx, id, How::OneClick, NOW).await;
        assert_eq!(left.unwrap(), Outcome::Changed);
        if comes_back {
            let back = subscribers::resubscribe(&mut tx, id, How::Button, NOW + 60).await;
            assert_eq!(back.unwrap(), Outcome::Changed);
        }
    }
    tx.commit().await.unwrap();
    let path = database.beside(".leaving").unwrap();
    let mut file = fs::File::create(&path).unwrap();
    write!(
        file,
        "\n1 {NOW} one-click\n\n2 {NOW} one-click\n\nnonsense\n\n3 17"
    )
    .unwrap();
    drop(file);
    assert_eq!(leaving::settle(database, &config).await.unwrap(), 0);
    for (number, expected) in [
        (1, Status::Active),
        (2, Status::Unsubscribed),
        (3, Status::Active),
    ] {
        assert_eq!(status(database, number).await, expected, "{number}");
    }
    // The next wish stands on a line of its own; who leaves directly takes the others along.
    fs::write(&path, format!("\n3 17\n2 {NOW}")).unwrap();
    let taken = database.begin_write().await.unwrap();
    let left = leaving::leave_or_note(database, wish(3, NOW), &config).await;
    assert_eq!(left.unwrap(), Left::Soon);
    taken.rollback().await.unwrap();
    let left = leaving::leave_or_note(database, wish(1, NOW + 90), &config).await;
    let expected = Left::Now {
        outcome: Outcome::Changed,
        is_written_to: false,
    };
    assert_eq!(left.unwrap(), expected);
    assert_eq!(status(database, 3).await, Status::Unsubscribed);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    scratch.end().await;
}
