//! Who an edition is shown as, and what they would be sent.

use courant_subscribers::store::subscribers;
use courant_subscribers::{EmailAddress, Format, Recipient, SubscriberId, audience};

use super::Desk;
use crate::database::Error;
use crate::delivery::compose::nobody;
use crate::edition::Edition;
use crate::edition::slates::{self, Variant};
use crate::pipeline;

/// The address of the reader who is nobody.
pub(super) const NOBODY: &str = "reader@example.org";

/// Who an edition is shown as.
#[derive(Debug, Clone)]
pub(in crate::http) struct Shown {
    /// Their number; nothing for nobody.
    pub(in crate::http) subscriber: Option<SubscriberId>,
    /// As the mail would know them, but for their number: links of a preview belong to nobody.
    pub(in crate::http) recipient: Recipient,
    /// Which copy they get.
    pub(in crate::http) variant: Variant,
    /// Which subject was asked for, if one was.
    pub(in crate::http) subject: Option<u32>,
    /// Whether they get it: not who has had its stories, or wants to read of other things.
    pub(in crate::http) is_sent: bool,
    /// What was asked for and is not there.
    misses: Option<&'static str>,
}

impl Shown {
    /// Whether somebody who was asked for gets it.
    pub(super) fn is_reached(&self) -> bool {
        self.is_sent && self.misses.is_none()
    }

    /// What is put behind links so that the next page shows the same reader.
    pub(super) fn query(&self) -> String {
        let who = match (self.subscriber, self.variant.slate) {
            (Some(id), _) => format!("&as={}", id.as_i64()),
            (None, slates::OWN) => String::new(),
            (None, slate) => format!("&copy={slate}"),
        };
        match self.subject {
            Some(subject) => format!("{who}&subject={subject}"),
            None => who,
        }
    }
}

/// As whom somebody wants to see an edition.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::http) struct Wanted {
    /// The number of a reader.
    pub(in crate::http) reader: Option<i64>,
    /// Which copy, where it is nobody's.
    pub(in crate::http) copy: Option<u32>,
    /// Which of the subjects that are tried.
    pub(in crate::http) subject: Option<u32>,
}

impl Desk {
    /// The reader of a number as the edition would reach them; nobody without one, or if it would not.
    pub(in crate::http) async fn shown(
        &self,
        edition: &Edition,
        wanted: Wanted,
    ) -> Result<Shown, Error> {
        let Wanted {
            reader: number,
            copy,
            subject,
        } = wanted;
        let tried = edition.tried().count();
        let there = |subject: &u32| usize::try_from(*subject).is_ok_and(|at| at < tried);
        let asked = subject;
        let subject = asked.filter(there);
        let anybody =
            EmailAddress::parse(NOBODY).map_err(|error| Error::row("desk", NOBODY, error))?;
        let found = match number.map(SubscriberId::from_i64) {
            Some(id) => self.reader(edition, id).await?,
            None => None,
        };
        let mut shown = found.unwrap_or_else(|| Shown {
            subscriber: None,
            subject: None,
            is_sent: true,
            misses: None,
            recipient: nobody(anybody, self.clock()),
            variant: Variant {
                slate: copy
                    .filter(|slate| edition.slates.has(*slate))
                    .unwrap_or(slates::OWN),
                ..Variant::default()
            },
        });
        if let Some(subject) = subject {
            shown.variant.subject = subject;
            shown.subject = Some(subject);
        }
        let slate = shown.variant.slate;
        shown.misses = match shown.subscriber {
            None if number.is_some() => Some(
                "This edition does not reach that reader: they left, are paused or want another digest. ",
            ),
            None if copy.is_some_and(|copy| copy != slate) => {
                Some("The edition has no such copy. ")
            }
            _ if asked != subject => Some("No such subject is on trial. "),
            _ => None,
        };
        Ok(shown)
    }

    async fn reader(&self, edition: &Edition, id: SubscriberId) -> Result<Option<Shown>, Error> {
        let mut conn = self.database().reader().await?;
        let list = (edition.digest.as_str(), self.clock().unix());
        let Some(recipient) = audience::still_mailable(&mut conn, id, list).await? else {
            return Ok(None);
        };
        let variant = pipeline::variant(&mut conn, edition, id.as_i64()).await;
        let variant = variant.unwrap_or_default();
        let is_sent = edition.is_worth_sending(&variant);
        let nobody = SubscriberId::from_i64(0);
        Ok(Some(Shown {
            subscriber: Some(id),
            recipient: Recipient {
                id: nobody,
                ..recipient
            },
            variant,
            subject: None,
            is_sent,
            misses: None,
        }))
    }

    /// The number of an address of the list.
    pub(in crate::http) async fn number_of(
        &self,
        address: &EmailAddress,
    ) -> Result<Option<i64>, Error> {
        let mut conn = self.database().reader().await?;
        let found = subscribers::find_by_address(&mut conn, address).await?;
        Ok(found.map(|person| person.id.as_i64()))
    }

    /// The readers before and after somebody, which of how many they are; who knows how many says so.
    pub(super) async fn around(
        &self,
        edition: &Edition,
        shown: &Shown,
        due: Option<i64>,
    ) -> Result<(Option<i64>, Option<i64>, i64, i64), Error> {
        let mut conn = self.database().reader().await?;
        let list = (edition.digest.as_str(), self.clock().unix());
        let all = match due {
            Some(due) => due,
            None => audience::count(&mut conn, list).await?,
        };
        let (before, last) = match shown.subscriber {
            Some(id) => audience::before(&mut conn, list, id).await?,
            None => (-1, None),
        };
        let next = audience::page(&mut conn, list, shown.subscriber, 1).await?;
        let next = next.first().map(|next| next.id.as_i64());
        Ok((last.map(SubscriberId::as_i64), next, before + 1, all))
    }
}

/// Who somebody is, in a sentence.
pub(super) fn about(shown: &Shown) -> String {
    let misses = shown.misses.unwrap_or_default();
    if shown.subscriber.is_none() {
        let copy = copy_name(shown.variant.slate);
        let also = match shown.variant.slate {
            slates::OWN => ", as a test or the archive has it",
            _ => "",
        };
        let who = match misses {
            "" => "Nobody in particular",
            _ => "Shown instead",
        };
        return format!("{misses}{who}: {copy}{also}.");
    }
    let name = shown.recipient.name.as_deref().unwrap_or("No name given");
    if !shown.is_sent {
        return format!(
            "{misses}{name} gets no mail of this edition: too few stories are left for them. Shown is what would be."
        );
    }
    let form = match shown.recipient.format {
        Format::Designed => "gets HTML and text",
        Format::Text => "gets text alone",
    };
    let list = copy_name(shown.variant.slate);
    let skipped = match shown.variant.skipped.len() {
        0 => String::new(),
        1 => ", without one story they had".to_owned(),
        more => format!(", without {more} stories they had"),
    };
    format!("{misses}{name}, {form}: {list}{skipped}.")
}

/// As whom a test goes, in a sentence.
pub(super) fn whom(shown: &Shown) -> String {
    if shown.subscriber.is_none() {
        return format!(
            "As nobody in particular: {}.",
            copy_name(shown.variant.slate)
        );
    }
    let address = shown.recipient.address.as_str();
    if shown.is_sent {
        format!("As {address} gets it.")
    } else {
        format!("As {address} would get it, who gets no mail of this edition.")
    }
}

/// A copy in words.
pub(in crate::http) fn copy_name(slate: u32) -> String {
    match slate {
        slates::OWN => "the edition's own copy".to_owned(),
        slates::NEWEST => "the copy of readers kept on newest first".to_owned(),
        group => format!("the copy of group {}", group - 1),
    }
}

/// The beginning of a subject, as much of it as a field shows.
fn short(subject: &str) -> String {
    const MOST: usize = 22;
    if subject.chars().count() <= MOST + 2 {
        return subject.to_owned();
    }
    let begins: String = subject.chars().take(MOST).collect();
    format!("{}…", begins.trim_end())
}

/// The subjects that are tried; none where there is one.
pub(super) fn subjects(edition: &Edition) -> Vec<(String, String)> {
    let tried = edition.tried().enumerate();
    let mut all: Vec<_> = tried
        .map(|(at, subject)| (at.to_string(), format!("{}: {}", at + 1, short(subject))))
        .collect();
    if !all.is_empty() {
        all.insert(0, (String::new(), "as the reader gets it".to_owned()));
    }
    all
}

/// The copies there are; none where all readers get the same.
pub(in crate::http) fn copies(edition: &Edition) -> Vec<(u32, String)> {
    let groups = u32::try_from(edition.slates.groups.len()).unwrap_or(0);
    if groups == 0 {
        return Vec::new();
    }
    let has_newest = edition.slates.holdout > 0.0;
    let all = [slates::OWN]
        .into_iter()
        .chain(has_newest.then_some(slates::NEWEST));
    let all = all.chain((0..groups).map(|group| slates::FIRST_GROUP + group));
    all.map(|slate| (slate, copy_name(slate))).collect()
}
