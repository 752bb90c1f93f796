//! The chapter about addresses that must not be mailed.

use courant_subscribers::{
    Added, Beginning, Conn, Error, How, IllegalStep, Outcome, Reason, Status, Step, Suppression,
    audience,
    store::{growth, subscribers, suppressions},
};

use super::{DAY, NOW, address, id, mailed, person};

/// Bob's mailbox bounces; the block is lifted; the same notice again does nothing.
pub(crate) async fn addresses_are_blocked(conn: &mut Conn) {
    let bob = address("bob@bücher.example");
    let mut block = Suppression::new(&bob, Reason::HardBounce, NOW + 2 * DAY);
    block.note = "550 5.1.1\r\nno such user\0".to_owned();
    for expected in [Outcome::Changed, Outcome::Unchanged] {
        assert_eq!(
            suppressions::suppress(conn, &block).await.unwrap(),
            expected
        );
    }
    let shorter = Suppression {
        until: Some(NOW + 3 * DAY),
        ..block.clone()
    };
    assert_eq!(
        suppressions::suppress(conn, &shorter).await.unwrap(),
        Outcome::Unchanged
    );
    assert!(
        suppressions::is_suppressed(conn, &bob, NOW + 9 * DAY)
            .await
            .unwrap()
    );
    let found = suppressions::find(conn, &bob).await.unwrap().unwrap();
    assert_eq!(found.suppression.note, "550 5.1.1 no such user");
    let status = subscribers::find_by_id(conn, id(20))
        .await
        .unwrap()
        .unwrap()
        .status;
    assert_eq!(status, Status::Suppressed);
    assert_eq!(mailed(conn, "daily").await, [10]);
    assert!(
        audience::recipients(conn, &[id(20)])
            .await
            .unwrap()
            .is_empty()
    );
    let again = person(21, "bob@bücher.example", Beginning::Pending, How::form(""));
    let added = subscribers::add(conn, &again, NOW + 3 * DAY).await.unwrap();
    assert_eq!(added, Added::Suppressed(found.suppression));

    let lifted = suppressions::lifted_at(conn, &bob).await.unwrap();
    assert_eq!(lifted, None, "it stands");
    for nothing in [" \n", "\u{200b}"] {
        let silent = suppressions::unsuppress(conn, &bob, nothing, NOW + 4 * DAY).await;
        assert!(matches!(silent, Err(Error::ReasonMissing)));
    }
    for expected in [Outcome::Changed, Outcome::Unchanged] {
        let done = suppressions::unsuppress(conn, &bob, "he wrote to us", NOW + 4 * DAY).await;
        assert_eq!(done.unwrap(), expected);
        let lifted = suppressions::lifted_at(conn, &bob).await.unwrap();
        assert_eq!(lifted, Some(NOW + 4 * DAY));
    }
    assert_eq!(
        suppressions::suppress(conn, &block).await.unwrap(),
        Outcome::Unchanged
    );
    assert_eq!(mailed(conn, "daily").await, [10, 20]);
    let stranger = address("stranger@example.org");
    let done = suppressions::unsuppress(conn, &stranger, "why not", NOW)
        .await
        .unwrap();
    assert_eq!(done, Outcome::Unknown);

    // A pause of a day, over somebody who never confirmed and somebody who had left.
    let cai = person(30, "cai@example.org", Beginning::Pending, How::form(""));
    assert_eq!(
        subscribers::add(conn, &cai, NOW).await.unwrap(),
        Added::New(id(30))
    );
    let mut pause = Suppression::new(&cai.address, Reason::SoftBounces, NOW + 5 * DAY);
    pause.until = Some(NOW + 6 * DAY);
    assert_eq!(
        suppressions::suppress(conn, &pause).await.unwrap(),
        Outcome::Changed
    );
    let done = subscribers::confirm(conn, id(30), How::Button, NOW + 5 * DAY)
        .await
        .unwrap();
    let refused = IllegalStep {
        from: Status::Suppressed,
        step: Step::Confirm,
    };
    assert_eq!(done, Outcome::Refused(refused));
    assert_eq!(
        suppressions::lift_expired(conn, NOW + 6 * DAY - 1)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        suppressions::lift_expired(conn, NOW + 6 * DAY)
            .await
            .unwrap(),
        1
    );
    let status = subscribers::find_by_id(conn, id(30))
        .await
        .unwrap()
        .unwrap()
        .status;
    assert_eq!(status, Status::Pending);

    let dee = person(40, "dee@example.org", Beginning::Unsubscribed, How::Mail);
    assert_eq!(
        subscribers::add(conn, &dee, NOW).await.unwrap(),
        Added::New(id(40))
    );
    let complaint = Suppression::new(&dee.address, Reason::Complaint, NOW + 5 * DAY);
    assert_eq!(
        suppressions::suppress(conn, &complaint).await.unwrap(),
        Outcome::Changed
    );
    let done = subscribers::resubscribe(conn, id(40), How::Button, NOW + 6 * DAY)
        .await
        .unwrap();
    let refused = IllegalStep {
        from: Status::Suppressed,
        step: Step::Resubscribe,
    };
    assert_eq!(done, Outcome::Refused(refused));
    let of_that_day = growth::Blocked {
        day: (NOW + 5 * DAY) / DAY,
        reason: Reason::Complaint,
        addresses: 1,
    };
    let blocked = growth::blocked(conn, NOW + 5 * DAY).await.unwrap();
    assert_eq!(blocked, [of_that_day]);
    let all = suppressions::list_page(conn, None, 10).await.unwrap();
    let keys: Vec<&str> = all.iter().map(|r| r.suppression.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "bob@xn--bcher-kva.example",
            "cai@example.org",
            "dee@example.org"
        ]
    );
    let rest = suppressions::list_page(conn, Some(keys[1]), 10)
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
}
