//! The mails about a subscription: confirm, welcome, goodbye.
//!
//! In come the publication and the words of one mail, out come its two parts. They are made of the
//! same pieces as an edition; a letter has one button and carries no pixel.

use courant_languages::{Letter, Locale};
use courant_templates::Theme;
use courant_templates::view::{Copy, EditionView, FooterView, LetterView, LinkView, SectionView};

use super::Rendered;
use crate::edition::Publication;

/// The URLs of one mail about a subscription.
#[derive(Debug, Clone, Copy)]
pub struct LetterUrls<'a> {
    /// Where the button leads.
    pub button: &'a str,
    /// Preferences page, for readers who are on the list.
    pub preferences: Option<&'a str>,
    /// Unsubscribe page, for readers who are on the list.
    pub unsubscribe: Option<&'a str>,
}

/// Renders a mail about a subscription.
#[must_use]
pub fn letter(
    publication: &Publication,
    locale: &Locale,
    letter: &Letter,
    urls: &LetterUrls<'_>,
    theme: &Theme,
) -> Rendered {
    let view = EditionView {
        copy: Copy::Mail,
        language: locale.tag(),
        direction: locale.direction(),
        words: locale.words(),
        brand: &publication.name,
        home_url: &publication.home_url,
        edition_name: "",
        date: "",
        weather: None,
        preheader: &letter.preheader,
        view_url: None,
        archive: None,
        notice: None,
        note: None,
        length: None,
        sections: vec![SectionView::Letter(LetterView {
            title: &letter.title,
            text: &letter.text,
            button: LinkView {
                name: &letter.button,
                url: urls.button,
            },
            small: letter.small.iter().map(String::as_str).collect(),
        })],
        footer: FooterView {
            preferences_url: urls.preferences,
            unsubscribe_url: urls.unsubscribe,
            why: letter.why.as_deref(),
            subscribe_url: None,
            address: &publication.postal_address,
            privacy_url: publication.privacy_url.as_deref(),
        },
        pixel_url: None,
    };
    Rendered {
        subject: letter.subject.clone(),
        preheader: letter.preheader.clone(),
        html: Some(courant_templates::email::html(&view, theme)),
        text: courant_templates::text::text(&view),
        trimmed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courant_languages::{Farewell, Language};

    #[test]
    fn the_last_mail_offers_the_way_back_in_every_language() {
        let publication = Publication {
            name: "Tarnfold Post".to_owned(),
            home_url: "https://tarnfoldpost.example/".to_owned(),
            postal_address: "3 Lantern Steps".to_owned(),
            ..Publication::default()
        };
        let urls = LetterUrls {
            button: "https://go.tarnfoldpost.example/back",
            preferences: None,
            unsubscribe: None,
        };
        for language in Language::ALL {
            let locale = Locale::of(language.code());
            let words = locale.farewell(&Farewell {
                list: "Breakfast Letter",
                address: "ida@example.net",
                left: "2023",
            });
            let mail = letter(&publication, &locale, &words, &urls, &Theme::default());
            let html = mail.html.unwrap();
            assert!(mail.subject.contains("Breakfast Letter"));
            for part in [&html, &mail.text] {
                for fact in ["ida@example.net", urls.button, "3 Lantern Steps"] {
                    assert!(part.contains(fact), "{language:?} lacks {fact}");
                }
            }
        }
    }
}
