//! Interface words: everything the templates say by themselves.
//!
//! A language is one value of [`Words`], made by whoever knows languages. Words with a gap carry its
//! name in braces, such as "All {category}", so that a language may put the gap anywhere.

/// The words of one language.
///
/// Every field is a whole phrase or sentence; nothing is glued together from fragments except
/// "read more" and a headline, joined by the colon for screen readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Link to the copy in a browser.
    pub view_in_browser: String,
    /// Link below a summary.
    pub read_more: String,
    /// Button of the lead story.
    pub read_full_story: String,
    /// Title of the lead in the text part, which has no pictures to tell it apart.
    pub lead_story: String,
    /// Title of the ranked stories, for whoever builds the view.
    pub top_stories: String,
    /// Title of the timed stories, for whoever builds the view.
    pub newest: String,
    /// Title of stories whose categories have no other, for whoever builds the view.
    pub more_stories: String,
    /// Title of the tags, for whoever builds the view.
    pub topics: String,
    /// Title of the site's other content with `{brand}`, for whoever builds the view.
    pub more_from: String,
    /// Byline at the start of a line, with `{name}`.
    pub by: String,
    /// Byline in the middle of a line, with `{name}`.
    pub by_inline: String,
    /// Link to all stories of a category, with `{category}`.
    pub all: String,
    /// First words of a paid message, with `{name}`.
    pub sponsored_by: String,
    /// Between two things in a row, with its space.
    pub comma: String,
    /// Between a name and what it names, with its spaces.
    pub colon: String,
    /// Footer link to the preferences page.
    pub change_preferences: String,
    /// Footer link to the unsubscribe page, and the one button there.
    pub unsubscribe: String,
    /// Question to people a friend forwarded the mail to.
    pub forwarded: String,
    /// Link to the sign-up page.
    pub own_copy: String,
    /// Link to the privacy notice, and the heading of that part of the preferences.
    pub privacy: String,
    /// Heading of the unsubscribe page.
    pub unsubscribe_title: String,
    /// What the button will do, with `{list}` and `{address}`.
    pub unsubscribe_text: String,
    /// Question before the link to the preferences on the unsubscribe page.
    pub unsubscribe_instead: String,
    /// Heading of the page after leaving.
    pub unsubscribed_title: String,
    /// What has been done, with `{list}` and `{address}`.
    pub unsubscribed_text: String,
    /// Button that takes leaving back.
    pub undo: String,
    /// Heading of the preferences page.
    pub preferences_title: String,
    /// Whose preferences these are, with `{address}`.
    pub preferences_for: String,
    /// Heading of the list of digests.
    pub digests: String,
    /// Heading of the choice between designed and plain mail.
    pub format: String,
    /// Choice of plain text.
    pub text_only: String,
    /// What that means.
    pub text_only_hint: String,
    /// Choice not to be counted.
    pub uncounted: String,
    /// What that means.
    pub uncounted_hint: String,
    /// Button of the preferences form.
    pub save: String,
    /// Heading of the list of editions.
    pub archive: String,
    /// Link to older editions.
    pub older: String,
    /// Link to newer editions.
    pub newer: String,
    /// Link to the feed of editions.
    pub feed: String,
    /// Heading of the page behind a link that was cut.
    pub lost_title: String,
    /// What to do about it.
    pub lost_text: String,
    /// Heading of the page for our own trouble.
    pub trouble_title: String,
    /// What to do about it.
    pub trouble_text: String,
    /// Heading of the page behind the links of test mails.
    pub nobody_title: String,
    /// What that means.
    pub nobody_text: String,
    /// Heading of the page for a form that is not ours.
    pub button_title: String,
    /// What to do about it.
    pub button_text: String,
    /// What was done by "Undo".
    pub subscribed_again: String,
    /// On the preferences page of who has left.
    pub still_unsubscribed: String,
    /// On the preferences page of whose address must not be mailed.
    pub still_suppressed: String,
    /// When no digest is ticked.
    pub choose_one: String,
    /// When the preferences are saved.
    pub saved: String,
    /// Label of the field for an address.
    pub email_address: String,
    /// Label of the field for a name.
    pub first_name: String,
    /// Beside the label of a field that may stay empty.
    pub optional: String,
    /// Button of the sign-up form.
    pub sign_up: String,
    /// Heading of the sign-up page, with `{brand}`.
    pub sign_up_title: String,
    /// Below the form.
    pub sign_up_small: String,
    /// Link to the newest edition of the archive.
    pub latest_edition: String,
    /// When an address is none.
    pub address_wrong: String,
    /// When a form comes faster than people are.
    pub too_quick: String,
    /// Heading after signing up, whoever signed up.
    pub inbox_title: String,
    /// What comes now.
    pub inbox_text: String,
    /// What to do if it does not.
    pub inbox_small: String,
    /// Heading of the page behind the link of the confirming mail.
    pub confirm_page_title: String,
    /// What the button will do, with `{list}` and `{address}`.
    pub confirm_page_text: String,
    /// The one button there.
    pub confirm: String,
    /// For whoever did not ask.
    pub confirm_page_small: String,
    /// Heading after confirming.
    pub confirmed_title: String,
    /// What has been done, with `{list}` and `{address}`.
    pub confirmed_text: String,
    /// Heading behind a link that is too old.
    pub expired_title: String,
    /// What to do about it.
    pub expired_text: String,
    /// Heading when there are too many requests.
    pub busy_title: String,
    /// What to do about it.
    pub busy_text: String,
    /// Label of the list of time zones.
    pub time_zone: String,
    /// The first of them: no own one.
    pub time_zone_usual: String,
    /// Label of the language of pages and letters.
    pub language: String,
    /// The choice of no language of one\'s own.
    pub language_usual: String,
    /// The box of who wants stories of every topic.
    pub everything: String,
    /// What choosing topics does.
    pub topics_hint: String,
    /// Box of the pause.
    pub paused: String,
    /// What it means.
    pub paused_hint: String,
    /// While it lasts, with `{date}`.
    pub paused_until: String,
    /// Heading of the part about what is held.
    pub your_data: String,
    /// Link to a file with all that is held.
    pub download_data: String,
    /// Button that erases a reader.
    pub erase: String,
    /// What that means.
    pub erase_hint: String,
    /// Heading afterwards.
    pub erased_title: String,
    /// What is left.
    pub erased_text: String,
    /// Heading of the page that asks whether somebody still reads.
    pub stay_page_title: String,
    /// What the button will do, with `{list}` and `{address}`.
    pub stay_page_text: String,
    /// The one button there.
    pub stay: String,
    /// Heading after pressing it.
    pub stayed_title: String,
    /// What comes of it, with `{list}` and `{address}`.
    pub stayed_text: String,
    /// While a pause lasts that came of long silence.
    pub paused_quiet: String,
}

impl Words {
    /// "All Business": the link to all stories of a category.
    #[must_use]
    pub fn all(&self, category: &str) -> String {
        fill(&self.all, "{category}", category)
    }

    /// "By Petra Osei-Lind", at the start of a line.
    #[must_use]
    pub fn by(&self, name: &str) -> String {
        fill(&self.by, "{name}", name)
    }

    /// "by Petra Osei-Lind", inside a line.
    #[must_use]
    pub fn by_inline(&self, name: &str) -> String {
        fill(&self.by_inline, "{name}", name)
    }

    /// "Sponsored by Kettering & Daughters": the first words of a paid message.
    #[must_use]
    pub fn sponsored_by(&self, name: &str) -> String {
        fill(&self.sponsored_by, "{name}", name)
    }

    /// "More from Tarnfold Post": the title of the site's other content.
    #[must_use]
    pub fn more_from(&self, brand: &str) -> String {
        fill(&self.more_from, "{brand}", brand)
    }
}

/// Fills the one gap of a phrase; what is filled in is not looked at again.
fn fill(phrase: &str, gap: &str, value: &str) -> String {
    phrase.replacen(gap, value, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_gap_is_left_alone() {
        let words = Words {
            all: "All {category}".to_owned(),
            by: "By {name}".to_owned(),
            ..Words::default()
        };
        assert_eq!(words.all("{category}"), "All {category}");
        assert_eq!(words.by("Ada {name}"), "By Ada {name}");
    }
}
