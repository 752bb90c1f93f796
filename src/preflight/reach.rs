//! How many readers an edition would reach, in words.

use courant_templates::desk::parts;

/// How many readers an edition would reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Who gets the digest.
    pub due: i64,
    /// So many of them were looked at.
    pub looked_at: i64,
    /// So many of these get the edition: not who has had its stories, or wants to read of other things.
    pub worth: i64,
}

impl Reach {
    /// "79 readers", "4 of 79 readers", "about 510 of 1,020 readers".
    #[must_use]
    pub fn in_words(self) -> String {
        let Self {
            due,
            looked_at,
            worth,
        } = self;
        let readers = if due == 1 { "reader" } else { "readers" };
        if worth >= looked_at {
            return format!("{} {readers}", grouped(due));
        }
        let share = i128::from(due) * i128::from(worth) / i128::from(looked_at.max(1));
        let about = if looked_at < due { "about " } else { "" };
        let gets = i64::try_from(share).unwrap_or(due);
        format!("{about}{} of {} {readers}", grouped(gets), grouped(due))
    }

    /// Whether some get no mail because of what they had or want.
    #[must_use]
    pub fn leaves_out(self) -> bool {
        self.worth < self.looked_at
    }
}

fn grouped(count: i64) -> String {
    parts::grouped(count.unsigned_abs())
}
