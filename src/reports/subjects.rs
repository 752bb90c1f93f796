//! The subjects that were tried.

use super::Subject;
use crate::database::{Conn, Error};
use crate::edition::Edition;
use crate::edition::trial::standing;
use crate::engagement::accounts;
use crate::tracking::Tracking;

/// What each subject came to when one was chosen, or so far; nothing where nothing was tried.
pub(super) async fn tried(
    conn: &mut Conn,
    edition: &Edition,
    at: i64,
) -> Result<Option<Vec<Subject>>, Error> {
    if !edition.has_trial() || edition.frame.tracking != Tracking::Full {
        return Ok(None);
    }
    let choice = edition.choice.as_ref();
    let (arms, probabilities) = match choice {
        Some(choice) => (choice.arms.clone(), choice.probabilities.clone()),
        None => {
            let arms = accounts::subjects(conn, edition, at).await?;
            let standing = standing(&arms);
            (arms, standing)
        }
    };
    let all = (0..).zip(edition.subjects()).zip(arms).zip(probabilities);
    let subject = |(((at, subject), arm), probability): (((u32, &str), _), f64)| {
        let arm: crate::edition::trial::Arm = arm;
        Subject {
            subject: subject.to_owned(),
            counted: arm.counted,
            visible: arm.visible,
            opened: arm.opened,
            clicked: arm.clicked,
            probability,
            is_winner: choice.is_some_and(|choice| choice.winner == Some(at)),
            is_chosen: choice.is_some_and(|choice| choice.subject() == at),
        }
    };
    Ok(Some(all.map(subject).collect()))
}
