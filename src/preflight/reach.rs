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
        let about = if looked_at < due { "about " } else { "" };
        format!(
            "{about}{} of {} {readers}",
            grouped(self.gets()),
            grouped(due)
        )
    }

    /// How many get the edition; where not all were looked at, as many as their share makes of all.
    #[must_use]
    pub fn gets(self) -> i64 {
        let share = i128::from(self.due) * i128::from(self.worth);
        i64::try_from(share / i128::from(self.looked_at.max(1))).unwrap_or(self.due)
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
