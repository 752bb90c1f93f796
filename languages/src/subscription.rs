//! The mails about a subscription: confirm, welcome, goodbye, still there?

use crate::bundle::args;
use crate::{Locale, without_article};

/// The words of one mail about a subscription, in the order they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Subject line.
    pub subject: String,
    /// Preview line: visible, first text of the mail.
    pub preheader: String,
    /// Heading.
    pub title: String,
    /// What it is about.
    pub text: String,
    /// Words of the one button.
    pub button: String,
    /// Smaller sentences below the button.
    pub small: Vec<String>,
    /// Why this came, where the other sentences do not say it already.
    pub why: Option<String>,
}

/// What the mail that asks for a confirmation names.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation<'a> {
    /// Name of the list.
    pub list: &'a str,
    /// When it comes, in words.
    pub schedule: &'a str,
    /// The address that was entered.
    pub address: &'a str,
    /// After how many days the request expires.
    pub days: u32,
}

/// What the first mail after the confirmation names.
#[derive(Debug, Clone, Copy)]
pub struct Welcome<'a> {
    /// Name of the list.
    pub list: &'a str,
    /// When it comes, in words.
    pub schedule: &'a str,
    /// The reader's address.
    pub address: &'a str,
    /// The date of the first edition, in words.
    pub first: &'a str,
    /// The sender's address, for the address book.
    pub sender: &'a str,
    /// The date of the confirmation, in words.
    pub confirmed: &'a str,
}

/// What the last mail names.
#[derive(Debug, Clone, Copy)]
pub struct Farewell<'a> {
    /// Name of the list.
    pub list: &'a str,
    /// The reader's address.
    pub address: &'a str,
    /// The date of leaving, in words.
    pub left: &'a str,
}

/// What the mail names that asks whether somebody still reads.
#[derive(Debug, Clone, Copy)]
pub struct StillThere<'a> {
    /// Name of the list.
    pub list: &'a str,
    /// The reader's address.
    pub address: &'a str,
    /// The date on which silence becomes a pause, in words; nothing if nothing follows from it.
    pub pause: Option<&'a str>,
}

impl Locale {
    /// The mail that asks whether somebody wants the list.
    #[must_use]
    pub fn confirmation(&self, about: &Confirmation<'_>) -> Letter {
        let args = args![
            "list" => about.list,
            "bare" => without_article(about.list),
            "schedule" => about.schedule,
            "address" => about.address,
            "days" => about.days,
        ];
        let say = |id: &str| self.bundle.say(id, &args);
        Letter {
            subject: say("confirm-subject"),
            preheader: say("confirm-preheader"),
            title: say("confirm-title"),
            text: say("confirm-text"),
            button: say("confirm-button"),
            small: vec![say("confirm-ignore")],
            why: None,
        }
    }

    /// The first mail after the confirmation.
    #[must_use]
    pub fn welcome(&self, about: &Welcome<'_>) -> Letter {
        let args = args![
            "list" => about.list,
            "bare" => without_article(about.list),
            "schedule" => about.schedule,
            "address" => about.address,
            "date" => about.first,
            "sender" => about.sender,
        ];
        let why = args![
            "list" => about.list,
            "bare" => without_article(about.list),
            "address" => about.address,
            "date" => about.confirmed,
        ];
        let say = |id: &str| self.bundle.say(id, &args);
        Letter {
            subject: say("welcome-subject"),
            preheader: say("welcome-preheader"),
            title: say("welcome-title"),
            text: say("welcome-text"),
            button: say("welcome-button"),
            small: vec![say("welcome-sender")],
            why: Some(self.bundle.say("welcome-why", &why)),
        }
    }

    /// The last mail.
    #[must_use]
    pub fn farewell(&self, about: &Farewell<'_>) -> Letter {
        let args = args![
            "list" => about.list,
            "bare" => without_article(about.list),
            "address" => about.address,
            "date" => about.left,
        ];
        let say = |id: &str| self.bundle.say(id, &args);
        Letter {
            subject: say("goodbye-subject"),
            preheader: say("goodbye-preheader"),
            title: say("goodbye-title"),
            text: say("goodbye-text"),
            button: say("goodbye-button"),
            small: vec![say("goodbye-mistake")],
            why: Some(say("goodbye-why")),
        }
    }
    /// The mail that asks whether somebody still reads.
    #[must_use]
    pub fn still_there(&self, about: &StillThere<'_>) -> Letter {
        let args = args![
            "list" => about.list,
            "bare" => without_article(about.list),
            "address" => about.address,
            "date" => about.pause.unwrap_or_default(),
        ];
        let say = |id: &str| self.bundle.say(id, &args);
        let pause = about.pause.map(|_| say("still-there-pause"));
        Letter {
            subject: say("still-there-subject"),
            preheader: say("still-there-preheader"),
            title: say("still-there-title"),
            text: say("still-there-text"),
            button: say("still-there-button"),
            small: pause
                .into_iter()
                .chain([say("still-there-leave")])
                .collect(),
            why: Some(say("still-there-why")),
        }
    }
}
