//! Interface words: everything the templates say by themselves.
//!
//! A language is one value of [`Words`]. Words with a gap carry its name in braces, such as
//! "All {category}", so that a language may put the gap anywhere.

/// The words of one language.
///
/// Every field is a whole phrase or sentence; nothing is glued together from fragments except
/// "read more" and a headline, joined by a colon for screen readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Link to the copy in a browser.
    pub view_in_browser: &'static str,
    /// Link below a summary.
    pub read_more: &'static str,
    /// Button of the lead story.
    pub read_full_story: &'static str,
    /// Title of the lead in the text part, which has no pictures to tell it apart.
    pub lead_story: &'static str,
    /// Title of the ranked stories, for whoever builds the view.
    pub top_stories: &'static str,
    /// Title of the timed stories, for whoever builds the view.
    pub newest: &'static str,
    /// Title of the tags, for whoever builds the view.
    pub topics: &'static str,
    /// Title of the site's other content with `{brand}`, for whoever builds the view.
    pub more_from: &'static str,
    /// Byline at the start of a line, with `{name}`.
    pub by: &'static str,
    /// Byline in the middle of a line, with `{name}`.
    pub by_inline: &'static str,
    /// Link to all stories of a category, with `{category}`.
    pub all: &'static str,
    /// First words of a paid message, with `{name}`.
    pub sponsored_by: &'static str,
    /// Between two things in a row, with its space.
    pub comma: &'static str,
    /// Footer link to the preferences page.
    pub change_preferences: &'static str,
    /// Footer link to the unsubscribe page, and the one button there.
    pub unsubscribe: &'static str,
    /// Question to people a friend forwarded the mail to.
    pub forwarded: &'static str,
    /// Link to the sign-up page.
    pub own_copy: &'static str,
    /// Link to the privacy notice, and the heading of that part of the preferences.
    pub privacy: &'static str,
    /// Heading of the unsubscribe page.
    pub unsubscribe_title: &'static str,
    /// What the button will do, with `{list}` and `{address}`.
    pub unsubscribe_text: &'static str,
    /// Question before the link to the preferences on the unsubscribe page.
    pub unsubscribe_instead: &'static str,
    /// Heading of the page after leaving.
    pub unsubscribed_title: &'static str,
    /// What has been done, with `{list}` and `{address}`.
    pub unsubscribed_text: &'static str,
    /// Button that takes leaving back.
    pub undo: &'static str,
    /// Heading of the preferences page.
    pub preferences_title: &'static str,
    /// Whose preferences these are, with `{address}`.
    pub preferences_for: &'static str,
    /// Heading of the list of digests.
    pub digests: &'static str,
    /// Heading of the choice between designed and plain mail.
    pub format: &'static str,
    /// Choice of plain text.
    pub text_only: &'static str,
    /// What that means.
    pub text_only_hint: &'static str,
    /// Choice not to be counted.
    pub uncounted: &'static str,
    /// What that means.
    pub uncounted_hint: &'static str,
    /// Button of the preferences form.
    pub save: &'static str,
}

impl Words {
    /// "All Business": the link to all stories of a category.
    #[must_use]
    pub fn all(&self, category: &str) -> String {
        fill(self.all, "{category}", category)
    }

    /// "By Petra Osei-Lind", at the start of a line.
    #[must_use]
    pub fn by(&self, name: &str) -> String {
        fill(self.by, "{name}", name)
    }

    /// "by Petra Osei-Lind", inside a line.
    #[must_use]
    pub fn by_inline(&self, name: &str) -> String {
        fill(self.by_inline, "{name}", name)
    }

    /// "Sponsored by Kettering & Daughters": the first words of a paid message.
    #[must_use]
    pub fn sponsored_by(&self, name: &str) -> String {
        fill(self.sponsored_by, "{name}", name)
    }

    /// "More from Tarnfold Post": the title of the site's other content.
    #[must_use]
    pub fn more_from(&self, brand: &str) -> String {
        fill(self.more_from, "{brand}", brand)
    }
}

/// Fills the one gap of a phrase; what is filled in is not looked at again.
fn fill(phrase: &str, gap: &str, value: &str) -> String {
    phrase.replacen(gap, value, 1)
}

/// English.
pub const ENGLISH: Words = Words {
    view_in_browser: "View in browser",
    read_more: "Read more",
    read_full_story: "Read the full story",
    lead_story: "Lead story",
    top_stories: "Top stories",
    newest: "Newest",
    topics: "Topics",
    more_from: "More from {brand}",
    by: "By {name}",
    by_inline: "by {name}",
    all: "All {category}",
    sponsored_by: "Sponsored by {name}",
    comma: ", ",
    change_preferences: "Change preferences",
    unsubscribe: "Unsubscribe",
    forwarded: "Forwarded to you?",
    own_copy: "Get your own copy",
    privacy: "Privacy",
    unsubscribe_title: "Unsubscribe?",
    unsubscribe_text: "{list} will stop going to {address}.",
    unsubscribe_instead: "Too often, or not what you expected?",
    unsubscribed_title: "You are unsubscribed",
    unsubscribed_text: "{list} no longer goes to {address}. \
                        One that is already on its way may still arrive.",
    undo: "Undo",
    preferences_title: "Your preferences",
    preferences_for: "For {address}",
    digests: "Digests",
    format: "Format",
    text_only: "Plain text",
    text_only_hint: "Instead of the designed mail, without pictures.",
    uncounted: "Do not count my opens and clicks",
    uncounted_hint: "Links go straight to the article.",
    save: "Save",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_gap_is_left_alone() {
        assert_eq!(ENGLISH.all("{category}"), "All {category}");
        assert_eq!(ENGLISH.by("Ada {name}"), "By Ada {name}");
    }
}
