//! What stands in the forms of an edition, and what somebody made different of it.

use super::pairs::Pairs;
use crate::articles::Article;
use crate::edition::edit::Edit;
use crate::edition::{Edition, Sponsor};

/// The words around the stories as an editor wrote them; empty where nobody did.
pub(super) struct Words {
    subject: String,
    /// One a line.
    alternatives: String,
    preheader: String,
    notice: String,
    note: String,
    hello: Option<String>,
    by: Option<String>,
}

impl Words {
    pub(super) fn of(edition: &Edition) -> Self {
        let frame = &edition.frame;
        let written = |is: bool, text: &str| if is { text.to_owned() } else { String::new() };
        let notice = frame.notice.as_deref();
        let notice = notice.map(|it| format!("{} {}", it.bold, it.text));
        let note = frame.note.as_deref();
        Self {
            subject: written(frame.written.subject, &edition.subject),
            alternatives: edition.slates.trial.alternatives.join("\n"),
            preheader: written(frame.written.preheader, &edition.preheader),
            notice: notice.unwrap_or_default(),
            note: note.map(|it| it.text.clone()).unwrap_or_default(),
            hello: note.and_then(|it| it.hello.clone()),
            by: note.and_then(|it| it.by.clone()),
        }
    }

    /// What a field of their form holds.
    pub(super) fn field(&self, name: &str) -> &str {
        match name {
            "subject" => &self.subject,
            "alternatives" => &self.alternatives,
            "preheader" => &self.preheader,
            "notice" => &self.notice,
            "note" => &self.note,
            "hello" => self.hello.as_deref().unwrap_or_default(),
            "by" => self.by.as_deref().unwrap_or_default(),
            _ => "",
        }
    }

    /// What a form makes different of them.
    pub(super) fn changed(self, form: &Pairs) -> Vec<Edit> {
        let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let optional = |name: &str| Some(text(name)).filter(|text| !text.trim().is_empty());
        let other = |name: &str, before: &str| other_words(text(name), before);
        let subject = other("subject", &self.subject);
        let tried = form.get("alternatives");
        let tried = tried.and_then(|it| other_words(it.to_owned(), &self.alternatives));
        let preheader = other("preheader", &self.preheader);
        let notice = other("notice", &self.notice);
        let note = (text("note"), optional("hello"), optional("by"));
        let note = Some(note).filter(|note| *note != (self.note, self.hello, self.by));
        let all = [
            subject.map(|text| Edit::Subject { text }),
            tried.map(|text| Edit::Alternatives {
                texts: lines(&text),
            }),
            preheader.map(|text| Edit::Preheader { text }),
            notice.map(|text| Edit::Notice { text }),
            note.map(|(text, hello, by)| Edit::Note { text, hello, by }),
        ];
        all.into_iter().flatten().collect()
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A text, if it says something else than before; white space says nothing.
pub(super) fn other_words(now: String, before: &str) -> Option<String> {
    let is_same = now.split_whitespace().eq(before.split_whitespace());
    (!is_same).then_some(now)
}

/// What is different about a story in a form.
pub(super) fn of_story(edition: &Edition, article: &str, form: &Pairs) -> Vec<Edit> {
    let mut entries = edition.entries.iter();
    let Some(entry) = entries.find(|entry| entry.article.id.as_str() == article) else {
        // Somebody took it out: the change says so.
        return vec![Edit::NoPicture {
            article: article.to_owned(),
        }];
    };
    let known = &entry.article;
    let article = || article.to_owned();
    let other =
        |field: &str| other_words(form.numbered(field)?.to_owned(), of_article(known, field));
    let (title, summary) = (other("title"), other("summary"));
    let (url, alt) = (other("url"), other("alt"));
    let no_picture = form.numbered("no_picture");
    let all = [
        title.map(|text| Edit::Headline {
            article: article(),
            text,
        }),
        summary.map(|text| Edit::Summary {
            article: article(),
            text,
        }),
        url.map(|url| Edit::Url {
            article: article(),
            url,
        }),
        alt.map(|text| Edit::Alt {
            article: article(),
            text,
        }),
        no_picture.map(|_| Edit::NoPicture { article: article() }),
    ];
    all.into_iter().flatten().collect()
}

/// What a field of the sponsor's form holds.
pub(super) fn paid<'a>(sponsor: Option<&'a Sponsor>, field: &str) -> &'a str {
    sponsor.map_or("", |sponsor| match field {
        "name" => &sponsor.name,
        "title" => &sponsor.title,
        "text" => &sponsor.text,
        "cta" => &sponsor.cta,
        "url" => &sponsor.url,
        _ => "",
    })
}

/// What a field of a story's form holds.
fn of_article<'a>(article: &'a Article, field: &str) -> &'a str {
    let text = match field {
        "title" => Some(&article.title),
        "summary" => article.summary.as_ref(),
        "url" => Some(&article.url),
        "alt" => article.image_alt.as_ref(),
        _ => None,
    };
    text.map_or("", String::as_str)
}

/// What a field of a form held when its page was made of this edition.
pub(super) fn before(edition: &Edition, form: &Pairs, field: &str) -> String {
    match form.get("form") {
        Some("words") => Words::of(edition).field(field).to_owned(),
        Some("sponsor") => paid(edition.frame.sponsor.as_ref(), field).to_owned(),
        Some("story") => {
            let article = form.get("article").unwrap_or_default();
            let mut entries = edition.entries.iter();
            let entry = entries.find(|entry| entry.article.id.as_str() == article);
            entry.map_or_else(String::new, |it| of_article(&it.article, field).to_owned())
        }
        _ => String::new(),
    }
}
