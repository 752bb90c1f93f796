//! What readers did with each of an edition's subjects.

use super::{PAGE, Read, until};
use crate::database::{Conn, Error};
use crate::edition::Edition;
use crate::edition::trial::Arm;
use crate::engagement::store::{self, Copy};

/// What readers did by an instant with each of an edition's subjects, the editor's first. Before one is chosen:
/// afterwards the readers who waited would count for it.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn subjects(conn: &mut Conn, edition: &Edition, at: i64) -> Result<Vec<Arm>, Error> {
    let mut arms = vec![Arm::default(); edition.subjects().count()];
    let mut after = String::new();
    loop {
        let page = store::copies_after(conn, &edition.id, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.delivery);
        for mut copy in page.into_iter().filter(|copy| copy.sent_at <= at) {
            until(&mut copy, at);
            let subject = usize::try_from(copy.variant.subject).ok();
            if let Some(arm) = subject.and_then(|subject| arms.get_mut(subject)) {
                count(arm, &copy);
            }
        }
    }
    Ok(arms)
}

fn count(arm: &mut Arm, copy: &Copy) {
    if !copy.is_counted {
        return;
    }
    let mut mailbox = copy.mailbox;
    let read = Read::of(copy, &mut mailbox);
    let (visible, opens) = read.opens(copy);
    let is_clicked = read.followed().values().any(|by_reader| *by_reader);
    let clicked = u64::from(is_clicked);
    arm.counted += 1;
    arm.visible += visible;
    arm.opened += visible.min(opens.max(clicked));
    arm.clicked += clicked;
    arm.clicked_unseen += clicked - clicked.min(visible);
}
