//! What the ranking is worth: our readers' clicks against those of readers kept on newest-first.

use super::chance::{below, hash};

/// Mails and clicks by people of one edition, ours and those of the readers kept on newest-first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// Mails, and clicks.
    pub ours: (f64, f64),
    /// The same on newest-first.
    pub newest: (f64, f64),
}

/// How much more our mails are clicked than newest-first.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Lift {
    /// Clicks by people for a mail of ours.
    pub ours: f64,
    /// The same for a mail on newest-first.
    pub newest: f64,
    /// The first divided by the second, less 1.
    pub lift: f64,
    /// The interval that holds it nine times in ten when other editions of this kind had been sent.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Editions it was learned from.
    pub editions: usize,
}

/// Fewer editions, or fewer clicks of readers on newest-first, tell nothing.
const FEWEST_EDITIONS: usize = 8;
const FEWEST_CLICKS: f64 = 20.0;
/// Times the editions are drawn anew (Efron's bootstrap).
const DRAWS: u64 = 2000;

/// Holds ours against newest-first; nothing while too little is known.
#[must_use]
pub fn lift(editions: &[HeldOut]) -> Option<Lift> {
    let usable: Vec<_> = editions
        .iter()
        .filter(|edition| edition.newest.0 > 0.0 && edition.ours.0 > 0.0)
        .copied()
        .collect();
    let newest_clicks: f64 = usable.iter().map(|edition| edition.newest.1).sum();
    if usable.len() < FEWEST_EDITIONS || newest_clicks < FEWEST_CLICKS {
        return None;
    }
    let (ours, newest) = rates(usable.iter());
    let mut drawn: Vec<f64> = (0..DRAWS)
        .filter_map(|draw| {
            let picks = (0..usable.len()).map(|at| {
                let at = u64::try_from(at).unwrap_or(0);
                &usable[below(hash(&[draw, at]), usable.len())]
            });
            let (ours, newest) = rates(picks);
            (newest > 0.0).then(|| ours / newest - 1.0)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of two thousand"
        )]
        let place = (share * (drawn.len() - 1) as f64).round() as usize;
        drawn[place]
    };
    Some(Lift {
        ours,
        newest,
        lift: ours / newest - 1.0,
        low: at(0.05),
        high: at(0.95),
        editions: usable.len(),
    })
}

fn rates<'a>(editions: impl Iterator<Item = &'a HeldOut>) -> (f64, f64) {
    let mut sum = HeldOut {
        ours: (0.0, 0.0),
        newest: (0.0, 0.0),
    };
    for edition in editions {
        sum.ours.0 += edition.ours.0;
        sum.ours.1 += edition.ours.1;
        sum.newest.0 += edition.newest.0;
        sum.newest.1 += edition.newest.1;
    }
    (sum.ours.1 / sum.ours.0, sum.newest.1 / sum.newest.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editions(count: u32, newest: f64) -> Vec<HeldOut> {
        let edition = |number: u32| HeldOut {
            ours: (950.0, 95.0 + f64::from(number % 5)),
            newest: (50.0, newest + f64::from(number % 3)),
        };
        (0..count).map(edition).collect()
    }

    #[test]
    fn twice_the_clicks_is_a_lift_of_one() {
        let found = lift(&editions(60, 1.5)).unwrap();
        assert!((found.lift - 1.0).abs() < 0.1, "{found:?}");
        assert!(
            found.low < found.lift && found.lift < found.high,
            "{found:?}"
        );
        assert!(found.low > 0.5 && found.high < 1.6, "{found:?}");
        assert_eq!(
            lift(&editions(60, 1.5)),
            Some(found),
            "drawn the same way again"
        );
    }

    #[test]
    fn little_says_nothing() {
        assert_eq!(lift(&[]), None);
        assert_eq!(lift(&editions(7, 9.0)), None);
        assert_eq!(lift(&editions(9, 0.0)), None);
    }
}
