//! What an editor should know of words that can be saved all the same.

use super::{MOST_WORDS, note_shows_markup, note_words};
use crate::edition::Edition;
use crate::edition::subject::{self, PREHEADER_LENGTHS, SUBJECT_CHARS};

/// What readers would see of these words that their editor may not expect.
#[must_use]
pub fn advice(edition: &Edition) -> Vec<String> {
    let frame = &edition.frame;
    let mut warnings = Vec::new();
    for subject in edition.subjects() {
        let letters = subject::length(subject);
        if letters > SUBJECT_CHARS {
            warnings.push(format!(
                "the subject has {letters} characters; mail programs cut it at about {SUBJECT_CHARS}"
            ));
        }
    }
    let letters = subject::length(&edition.preheader);
    if frame.written.preheader && !PREHEADER_LENGTHS.contains(&letters) {
        warnings.push(format!(
            "the preheader has {letters} characters; under {} mail programs show what stands next in the \
             mail, over {} they cut it",
            PREHEADER_LENGTHS.start(),
            PREHEADER_LENGTHS.end()
        ));
    }
    if let Some(notice) = &frame.notice {
        let letters = subject::length(&notice.bold) + subject::length(&notice.text);
        if letters > 200 {
            warnings.push(format!(
                "the notice has {letters} characters; over 200 it is no notice but a note"
            ));
        }
    }
    if let Some(note) = &frame.note {
        let words = note_words(&note.text);
        if words > MOST_WORDS {
            warnings.push(format!(
                "the note has {words} words; over {MOST_WORDS} push the news off a phone's first screen"
            ));
        }
        if note_shows_markup(&note.text) {
            warnings.push(
                "the note shows \"](\" as it is: a link is [words](https://...), without spaces in its \
                 address"
                    .to_owned(),
            );
        }
    }
    warnings
}
