//! View models: what a mail or a page shows, already decided, formatted and linked.
//!
//! Everything here is borrowed text. Dates are words in the edition's language, numbers carry their
//! unit, URLs are final. A template never formats, never builds a URL, never decides what is shown:
//! an element whose `Option` is `None` or whose list is empty does not exist in the output.

use std::borrow::Cow;

use crate::words::Words;

/// Which way a text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Left to right.
    #[default]
    LeftToRight,
    /// Right to left.
    RightToLeft,
}

/// Who will look at this copy; only mail for a reader carries their links and the pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The message a reader receives.
    Mail,
    /// The reader's own copy in a browser, reached by "View in browser".
    Browser,
    /// The public copy, made for nobody.
    Archive,
}

/// One edition, ready to be written.
#[derive(Debug, Clone)]
pub struct EditionView<'a> {
    /// Which copy this is.
    pub copy: Copy,
    /// BCP 47 language of the interface words, such as "en".
    pub language: &'a str,
    /// Direction of the edition's language.
    pub direction: Direction,
    /// Interface words in that language.
    pub words: &'a Words,
    /// Name of the publication: the wordmark.
    pub brand: &'a str,
    /// Where the wordmark leads.
    pub home_url: &'a str,
    /// Name of the digest, such as "Morning Digest"; empty in mails about a subscription.
    pub edition_name: &'a str,
    /// The edition's date in words, such as "Tuesday, December 5, 2023"; empty in mails that have none.
    pub date: &'a str,
    /// Weather at the place of publication.
    pub weather: Option<WeatherView<'a>>,
    /// The preview line: visible, first text of the mail.
    pub preheader: &'a str,
    /// "View in browser"; none in copies that are in a browser already.
    pub view_url: Option<&'a str>,
    /// The way to other editions; only the archive copy shows it.
    pub archive: Option<ArchiveLinks<'a>>,
    /// A service sentence above the lead.
    pub notice: Option<NoticeView<'a>>,
    /// The editor's note above the lead.
    pub note: Option<NoteView<'a>>,
    /// "20 stories, a 6-minute read"; shown under the lead's byline.
    pub length: Option<&'a str>,
    /// Sections in the order they are read.
    pub sections: Vec<SectionView<'a>>,
    /// The footer.
    pub footer: FooterView<'a>,
    /// Address of the open pixel, if this reader may be counted.
    pub pixel_url: Option<&'a str>,
}

/// The way from one public copy to the others.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLinks<'a> {
    /// The list of all editions.
    pub all_url: &'a str,
    /// The edition before.
    pub older_url: Option<&'a str>,
    /// The edition after.
    pub newer_url: Option<&'a str>,
}

/// Temperature and sky, such as "−1.1 °C" and "light snow".
#[derive(Debug, Clone, Copy)]
pub struct WeatherView<'a> {
    /// Place, only used by the text part, such as "Northquay".
    pub place: &'a str,
    /// Temperature with its unit and a real minus sign.
    pub temperature: &'a str,
    /// The sky in a few words, if it is known.
    pub sky: Option<&'a str>,
}

/// A service sentence with bold first words.
#[derive(Debug, Clone, Copy)]
pub struct NoticeView<'a> {
    /// The bold beginning, such as "A quiet morning."
    pub bold: &'a str,
    /// The rest.
    pub text: &'a str,
}

/// A stretch of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InlineView<'a> {
    /// Words.
    Words(Cow<'a, str>),
    /// Words that weigh more.
    Strong(Cow<'a, str>),
    /// Words that are said with another voice.
    Emphasis(Cow<'a, str>),
    /// Words that lead somewhere.
    Link(Cow<'a, str>, Cow<'a, str>),
}

/// The editor's note.
#[derive(Debug, Clone)]
pub struct NoteView<'a> {
    /// Greeting with its punctuation, such as "Good morning."
    pub hello: &'a str,
    /// The note, paragraph by paragraph.
    pub text: Vec<Vec<InlineView<'a>>>,
    /// Who wrote it, such as "Teodor Wren, morning editor".
    pub by: Option<&'a str>,
}

/// One section of an edition.
#[derive(Debug, Clone)]
pub enum SectionView<'a> {
    /// The lead story.
    Lead(EntryView<'a>),
    /// Stories without a section title, used by editions of two to four articles.
    Plain(Vec<EntryView<'a>>),
    /// Ranked stories, numbered from 1.
    Ranked {
        /// Title, such as "Top stories".
        title: &'a str,
        /// The stories, best first.
        entries: Vec<EntryView<'a>>,
    },
    /// Stories with the time they were published.
    Timed {
        /// Title, such as "Newest".
        title: &'a str,
        /// The stories, newest first; each has `time`.
        entries: Vec<EntryView<'a>>,
    },
    /// Stories of one category: the first large, the others compact.
    Category {
        /// The category's name and colour.
        label: LabelView<'a>,
        /// Where all of the category's stories are, if the site says so.
        all_url: Option<&'a str>,
        /// The stories.
        entries: Vec<EntryView<'a>>,
    },
    /// Stories whose categories have no other: headlines, each with its category.
    Brief {
        /// Title, such as "More stories".
        title: &'a str,
        /// The stories.
        entries: Vec<EntryView<'a>>,
    },
    /// A paid message.
    Sponsor(SponsorView<'a>),
    /// Tags as chips.
    Topics {
        /// Title, such as "Topics".
        title: &'a str,
        /// The tags, eight at most.
        tags: Vec<LinkView<'a>>,
    },
    /// The one thing a mail about a subscription says.
    Letter(LetterView<'a>),
    /// Other content of the site: up to two cards and a line of links.
    More {
        /// Title, such as "More from Northquay".
        title: &'a str,
        /// Cards, two at most.
        cards: Vec<CardView<'a>>,
        /// Plain links after the cards.
        links: Vec<LinkView<'a>>,
    },
}

/// What a mail about a subscription says: confirm, welcome, goodbye.
#[derive(Debug, Clone)]
pub struct LetterView<'a> {
    /// Heading.
    pub title: &'a str,
    /// What it is about.
    pub text: &'a str,
    /// The one button.
    pub button: LinkView<'a>,
    /// Smaller sentences below the button.
    pub small: Vec<&'a str>,
}

/// A category's name and which of the eight hues it has.
#[derive(Debug, Clone, Copy)]
pub struct LabelView<'a> {
    /// Name as shown.
    pub name: &'a str,
    /// Index into `Theme::hues`, 0 to 7.
    pub hue: usize,
}

/// One story.
#[derive(Debug, Clone, Copy)]
pub struct EntryView<'a> {
    /// Headline, plain text, never empty.
    pub title: &'a str,
    /// Where it leads: the tracked or the plain URL.
    pub url: &'a str,
    /// Summary, plain text.
    pub summary: Option<&'a str>,
    /// Category over the headline.
    pub label: Option<LabelView<'a>>,
    /// Byline, such as "Ilse Marquardt".
    pub byline: Option<&'a str>,
    /// Reading time in words, such as "4 min read".
    pub reading_time: Option<&'a str>,
    /// Time of publication in words, such as "6:12 AM" or "Mon 6:12 PM".
    pub time: Option<&'a str>,
    /// Picture.
    pub image: Option<ImageView<'a>>,
    /// Language of the words where it differs from the edition's.
    pub language: Option<&'a str>,
    /// Direction of the words where it differs from the edition's.
    pub direction: Option<Direction>,
    /// How many followed it, where a copy is made to show that; none in mails.
    pub badge: Option<BadgeView<'a>>,
}

/// A figure behind a headline, on one of five grounds from pale to the accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BadgeView<'a> {
    /// The figure, such as "31.3%".
    pub words: &'a str,
    /// How strong its ground is: 1 to 5.
    pub step: u8,
}

/// A picture; the template decides how large it is shown.
#[derive(Debug, Clone, Copy)]
pub struct ImageView<'a> {
    /// Absolute https URL.
    pub url: &'a str,
    /// What it shows; empty if nobody said.
    pub alt: &'a str,
}

/// A paid message.
#[derive(Debug, Clone, Copy)]
pub struct SponsorView<'a> {
    /// Who pays.
    pub name: &'a str,
    /// Headline.
    pub title: &'a str,
    /// Text.
    pub text: &'a str,
    /// Words of the link.
    pub cta: &'a str,
    /// Where it leads.
    pub url: &'a str,
}

/// Words and where they lead.
#[derive(Debug, Clone, Copy)]
pub struct LinkView<'a> {
    /// The words.
    pub name: &'a str,
    /// Where they lead.
    pub url: &'a str,
}

/// A card for other content of the site.
#[derive(Debug, Clone, Copy)]
pub struct CardView<'a> {
    /// What it is, such as "Podcast".
    pub kind: &'a str,
    /// Title.
    pub title: &'a str,
    /// A sentence.
    pub text: &'a str,
    /// Where it leads.
    pub url: &'a str,
    /// Picture.
    pub image: Option<ImageView<'a>>,
}

/// The footer: how to change or leave, why this came, who sent it.
#[derive(Debug, Clone, Copy)]
pub struct FooterView<'a> {
    /// Preferences page; none in the archive copy.
    pub preferences_url: Option<&'a str>,
    /// Unsubscribe page; none in the archive copy.
    pub unsubscribe_url: Option<&'a str>,
    /// Why the reader gets this, a full sentence; none in the archive copy.
    pub why: Option<&'a str>,
    /// Sign-up page for people a friend forwarded this to.
    pub subscribe_url: Option<&'a str>,
    /// Name and postal address of the publisher in one line.
    pub address: &'a str,
    /// Privacy notice.
    pub privacy_url: Option<&'a str>,
}

/// What every reader page shares.
#[derive(Debug, Clone, Copy)]
pub struct PageView<'a> {
    /// BCP 47 language.
    pub language: &'a str,
    /// Direction of that language.
    pub direction: Direction,
    /// Interface words.
    pub words: &'a Words,
    /// Name of the publication.
    pub brand: &'a str,
    /// Where the wordmark leads.
    pub home_url: &'a str,
    /// Name and postal address of the publisher in one line.
    pub address: &'a str,
}

/// The list of editions anybody may read.
#[derive(Debug, Clone)]
pub struct ArchiveView<'a> {
    /// Months, the newest first.
    pub months: Vec<MonthView<'a>>,
    /// The feed of the same editions.
    pub feed_url: Option<&'a str>,
    /// The sign-up page.
    pub subscribe_url: Option<&'a str>,
    /// The page with newer editions.
    pub newer_url: Option<&'a str>,
    /// The page with older editions.
    pub older_url: Option<&'a str>,
}

/// The editions of a month.
#[derive(Debug, Clone)]
pub struct MonthView<'a> {
    /// Its name, such as "December 2023".
    pub name: &'a str,
    /// Its editions, the newest first.
    pub editions: Vec<PastView<'a>>,
}

/// One edition in the list.
#[derive(Debug, Clone, Copy)]
pub struct PastView<'a> {
    /// Its date in words.
    pub date: &'a str,
    /// Its subject.
    pub title: &'a str,
    /// Its preview line; empty if it had none.
    pub preheader: &'a str,
    /// Where its public copy is.
    pub url: &'a str,
}

/// The sign-up form.
#[derive(Debug, Clone)]
pub struct SubscribeView<'a> {
    /// Where the form posts to.
    pub action: &'a str,
    /// What the form has to bring back.
    pub ticket: &'a str,
    /// The address as it was given, if it was.
    pub email: &'a str,
    /// The name as it was given.
    pub name: &'a str,
    /// The digests offered; one is no choice.
    pub digests: Vec<ChoiceView<'a>>,
    /// The topics offered.
    pub topics: TopicsView<'a>,
    /// What is wrong with what was given.
    pub problem: Option<&'a str>,
    /// Links in the small print: the newest edition, the privacy notice.
    pub links: Vec<LinkView<'a>>,
}

/// A page with one button, behind the link of a mail about a subscription.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmView<'a> {
    /// Heading.
    pub title: &'a str,
    /// What the button will do, with `{list}` and `{address}`.
    pub text: &'a str,
    /// Words of the button.
    pub button: &'a str,
    /// What else there is to say.
    pub small: Option<&'a str>,
    /// Name of the list or digest.
    pub list: &'a str,
    /// The reader's address.
    pub address: &'a str,
    /// Where the one button posts to.
    pub action: &'a str,
}

/// A page that says what was done or what comes next.
#[derive(Debug, Clone)]
pub struct MessageView<'a> {
    /// Heading.
    pub title: &'a str,
    /// A sentence, with `{list}` and `{address}` where it names them.
    pub text: &'a str,
    /// Name of the list or digest.
    pub list: &'a str,
    /// The reader's address.
    pub address: &'a str,
    /// Where to go on; the first is the main button.
    pub links: Vec<LinkView<'a>>,
    /// Small print.
    pub small: Option<&'a str>,
}

/// The page behind "Unsubscribe" in a mail.
#[derive(Debug, Clone, Copy)]
pub struct UnsubscribeView<'a> {
    /// Name of the list or digest.
    pub list: &'a str,
    /// The reader's address, masked.
    pub masked_address: &'a str,
    /// Where the one button posts to.
    pub action: &'a str,
    /// The preferences page, offered below the button.
    pub preferences_url: &'a str,
}

/// The page after leaving.
#[derive(Debug, Clone, Copy)]
pub struct UnsubscribedView<'a> {
    /// Name of the list or digest.
    pub list: &'a str,
    /// The reader's address, masked.
    pub masked_address: &'a str,
    /// Where the "Undo" button posts to; none if it cannot be undone.
    pub undo_action: Option<&'a str>,
}

/// The preferences page.
#[derive(Debug, Clone)]
pub struct PreferencesView<'a> {
    /// The reader's address, masked.
    pub masked_address: &'a str,
    /// Where the form posts to.
    pub action: &'a str,
    /// The unsubscribe page.
    pub unsubscribe_url: &'a str,
    /// The digests offered.
    pub digests: Vec<ChoiceView<'a>>,
    /// The topics offered.
    pub topics: TopicsView<'a>,
    /// Plain text instead of the designed mail.
    pub text_only: Chosen,
    /// "Do not count my opens and clicks".
    pub uncounted: Chosen,
    /// The time zones offered, by their IANA names.
    pub time_zones: Vec<&'a str>,
    /// The reader's own, if they chose one.
    pub time_zone: Option<&'a str>,
    /// Languages there are pages in: tag and own name.
    pub languages: Vec<(&'a str, &'a str)>,
    /// The reader's own language; else the publication's.
    pub language: Option<&'a str>,
    /// The date until which nothing is sent, while a pause lasts.
    pub paused: Option<&'a str>,
    /// A file of everything that is held about the reader.
    pub data_url: &'a str,
    /// Where the button that erases the reader posts to.
    pub erase_action: &'a str,
    /// The form has just been saved.
    pub notice: Option<&'a str>,
}

/// The topics a reader may choose among; none where there is no choice.
#[derive(Debug, Clone, Default)]
pub struct TopicsView<'a> {
    /// Each with whether it is ticked; none is where everything is.
    pub offered: Vec<(&'a str, Chosen)>,
}

impl TopicsView<'_> {
    /// Whether "everything" is ticked.
    #[must_use]
    pub fn everything(&self) -> Chosen {
        if self
            .offered
            .iter()
            .any(|(_, chosen)| *chosen == Chosen::Yes)
        {
            Chosen::No
        } else {
            Chosen::Yes
        }
    }
}

/// One digest on the preferences page.
#[derive(Debug, Clone, Copy)]
pub struct ChoiceView<'a> {
    /// Value sent by the form.
    pub value: &'a str,
    /// Name as shown.
    pub name: &'a str,
    /// When it comes, such as "every day at 07:00".
    pub when: &'a str,
    /// Whether the box is ticked.
    pub chosen: Chosen,
}

/// Whether a box is ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Ticked.
    Yes,
    /// Not ticked.
    No,
}

/// A page that says what went wrong and the one thing to do.
#[derive(Debug, Clone, Copy)]
pub struct ProblemView<'a> {
    /// Heading: what happened, in words.
    pub title: &'a str,
    /// What was or was not saved.
    pub text: &'a str,
    /// The one thing to do.
    pub link: Option<LinkView<'a>>,
}
