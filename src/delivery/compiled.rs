//! An edition's stories, rendered and encoded once each, for all readers of all its copies.
//!
//! A mail is made of pieces ([`courant_templates::pieces`]): a story in its component, a section's
//! frame, what stands above and below. Each becomes a [`Block`] when a copy first needs it: written for
//! an invented reader, what is that reader's own in it (tokens, address, the sentence that says why)
//! made slots, the rest encoded and kept. A copy is a list of blocks, so a list of one's own costs
//! hardly more than everybody's. A message is then the blocks joined, with a reader's values in the
//! slots: tokens of a fixed length need no encoding, free text is encoded between two soft line
//! breaks, whatever it holds.
//!
//! Slots are found by looking for the invented reader's values. A block in which they are not found
//! as they should be is not made, nor a copy that does not read back as it would be rendered; those
//! readers' messages are written the slow way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};
use courant_templates::pieces::{self, Piece};
use courant_templates::view::EditionView;
use courant_templates::{Theme, email, escaped, text};

use crate::links::{Kind, Links, TOKEN_CHARS, Token};
use crate::render::budget;

mod form;
mod quoted;

use form::{Filling, Form, Slot, free_text, wrapped};
pub(super) use form::{Sentence, Values, is_plain, stand_in};
use quoted::Column;

/// The invented reader's number and address: values no text holds by chance.
const SAMPLE_NUMBER: i64 = 0x0c0f_fee5_1a7e_d00d;
const SAMPLE_ADDRESS: &str = "q7x-sample-reader-w3k@sample.invalid.example";
/// Stands for the preview line of a copy.
const SAMPLE_PREHEADER: &str = "q7x-sample-preheader-w3k";
/// The links that every copy has; those of its stories follow.
const FIXED: [Kind; 4] = [Kind::Unsubscribe, Kind::Open, Kind::Preferences, Kind::View];

/// The reader that blocks are written for.
pub(super) fn sample(format: Format, counting: Counting) -> Option<Recipient> {
    Some(Recipient {
        id: SubscriberId::from_i64(SAMPLE_NUMBER),
        address: EmailAddress::parse(SAMPLE_ADDRESS).ok()?,
        name: None,
        format,
        counting,
        subscribed_at: 0,
        time_zone: None,
    })
}

/// One piece of a mail, encoded, with slots.
#[derive(Debug)]
struct Block {
    form: Form,
    /// Length of what was encoded.
    plain: usize,
}

/// Which part of a mail a piece belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Text,
    Html,
}

/// The blocks of one edition, for readers of one kind.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    known: Mutex<HashMap<(Part, u64), Arc<Block>>>,
    heads: Mutex<HashMap<(String, bool), Arc<Form>>>,
}

/// What a copy is made from: its view, written for the invented reader.
pub(super) struct Source<'a> {
    /// The copy. Every story's address ends with its token, or is the article's own.
    pub view: EditionView<'a>,
    /// How it looks.
    pub theme: &'a Theme,
    /// Whether there is an html part.
    pub is_designed: bool,
    /// The subject line.
    pub subject: &'a str,
    /// The invented reader's sentence.
    pub why: &'a str,
    /// What signed the tokens.
    pub links: &'a Links,
    /// What the links of the copy's stories do, in reading order; none where they are not counted.
    pub clicks: &'a [Option<Token>],
    /// The edition's number in tokens.
    pub edition: u32,
    /// What the pixel does, if there is one.
    pub open: Option<Token>,
}

/// The header section of the invented reader's message, as the slow path writes it.
pub(super) struct Head {
    /// With its last line end, without the empty line after it.
    pub text: String,
    /// The left half of its Message-ID.
    pub name: String,
    /// Its date.
    pub date: String,
}

impl Blocks {
    /// Makes a copy of an edition; nothing if a piece does not hold what it should, or is smaller in an
    /// encoding that has no room for slots. `head` writes a header section that is not known yet.
    pub(super) fn copy(
        &self,
        mut source: Source<'_>,
        head: impl FnOnce() -> Option<Head>,
    ) -> Option<Compiled> {
        let signed = fixed(source.edition).map(|token| source.links.sign(token));
        let slots = (0..FIXED.len()).map(Slot::Fixed);
        let tokens: Vec<(String, Slot)> = signed.into_iter().zip(slots).collect();
        let head = self.head(&source, &tokens, head)?;
        let text = self.part(&source, Part::Text, &tokens)?;
        let preheader = free_text(&escaped(source.view.preheader));
        let html = if source.is_designed {
            if !source.view.preheader.is_empty() {
                source.view.preheader = SAMPLE_PREHEADER;
            }
            Some(self.part(&source, Part::Html, &tokens)?)
        } else {
            None
        };
        let fixed = fixed(source.edition);
        let mut all: Vec<Token> = fixed.to_vec();
        if let Some(open) = source.open {
            all[1] = open;
        }
        // Places are kept where nothing is counted, so that every story's is the same as its token's.
        all.extend(source.clicks.iter().map(|click| click.unwrap_or(fixed[0])));
        let length = |part: &Laid| part.encoded;
        let bytes = head.bytes.len() + length(&text) + html.as_ref().map_or(0, length) + 2048;
        Some(Compiled {
            head,
            text,
            html,
            preheader,
            tokens: all,
            bytes,
        })
    }

    fn head(
        &self,
        source: &Source<'_>,
        tokens: &[(String, Slot)],
        write: impl FnOnce() -> Option<Head>,
    ) -> Option<Arc<Form>> {
        let key = (source.subject.to_owned(), source.is_designed);
        let known = |heads: &Mutex<HashMap<_, _>>| {
            let heads = heads.lock().unwrap_or_else(PoisonError::into_inner);
            heads.get(&key).cloned()
        };
        if let Some(head) = known(&self.heads) {
            return Some(head);
        }
        let head = Arc::new(compile_head(&write()?, source.is_designed, tokens)?);
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.insert(key, Arc::clone(&head));
        Some(head)
    }

    /// The blocks of one part, those that were not known made now.
    fn part(&self, source: &Source<'_>, part: Part, tokens: &[(String, Slot)]) -> Option<Laid> {
        let view = &source.view;
        let pieces = pieces::pieces(view);
        let keys: Vec<u64> = pieces
            .iter()
            .map(|piece| pieces::key(view, *piece))
            .collect();
        let mut blocks: Vec<Option<Arc<Block>>> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |key: &u64| known.get(&(part, *key)).cloned();
            keys.iter().map(of).collect()
        };
        if blocks.iter().any(Option::is_none) {
            let writer = email::Writer::new(view, source.theme);
            for ((block, piece), key) in blocks.iter_mut().zip(&pieces).zip(&keys) {
                if block.is_none() {
                    let written = match part {
                        Part::Text => text::write(view, *piece),
                        Part::Html => writer.write(*piece),
                    };
                    let own = own(source, part, *piece)?;
                    let new = Arc::new(encode(&written, tokens, own)?);
                    *block = Some(Arc::clone(&new));
                    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert((part, *key), new);
                }
            }
        }
        let mut laid = Laid::default();
        let mut story = 0;
        for (block, piece) in blocks.into_iter().flatten().zip(&pieces) {
            laid.encoded += block.form.bytes.len();
            laid.plain += block.plain;
            let click = FIXED.len() + story;
            if let Piece::Story(..) = piece {
                story += 1;
            }
            laid.blocks.push((block, click));
        }
        if story != source.clicks.len() || laid.base64_is_smaller() {
            return None;
        }
        (part == Part::Text || laid.encoded <= budget::LIMIT_BYTES).then_some(laid)
    }
}

/// The blocks of one part in reading order.
#[derive(Debug, Default)]
struct Laid {
    /// Each with the token of its story's own link.
    blocks: Vec<(Arc<Block>, usize)>,
    encoded: usize,
    plain: usize,
}

impl Laid {
    fn base64_is_smaller(&self) -> bool {
        budget::base64_bytes(self.plain) < self.encoded
    }

    fn write(&self, filling: &Filling<'_>, out: &mut Vec<u8>) {
        for (block, click) in &self.blocks {
            block.form.write(filling, *click, out);
        }
    }
}

/// The invented reader's tokens of the links that every copy has.
fn fixed(edition: u32) -> [Token; FIXED.len()] {
    FIXED.map(|kind| Token {
        subscriber: SAMPLE_NUMBER,
        edition,
        kind,
    })
}

/// What is looked for in a piece beside the links that every copy has, and has to be there; nothing
/// where it cannot be told.
fn own(source: &Source<'_>, part: Part, piece: Piece) -> Option<Option<(String, Slot)>> {
    Some(match piece {
        Piece::Top if part == Part::Html && source.view.preheader == SAMPLE_PREHEADER => {
            Some((SAMPLE_PREHEADER.to_owned(), Slot::Preheader))
        }
        Piece::Story(at, number) if source.open.is_some() => {
            let url = pieces::entry(source.view.sections.get(at)?, number)?.url;
            let token = url.get(url.len().checked_sub(TOKEN_CHARS)?..)?;
            Some((token.to_owned(), Slot::Click))
        }
        Piece::Bottom => Some(match part {
            Part::Text => (wrapped(source.why)?, Slot::WhyText),
            Part::Html => (escaped(source.why), Slot::WhyHtml),
        }),
        _ => None,
    })
}

/// A text taken apart at the invented reader's values: what stands before each, and its slot; and
/// what stands after the last.
fn apart<'t>(text: &'t str, values: &[(String, Slot)]) -> (Vec<(&'t str, Slot)>, &'t str) {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let found = values.iter().filter_map(|(value, slot)| {
            let (before, after) = rest.split_once(value.as_str())?;
            Some((before, after, *slot))
        });
        let Some((before, after, slot)) = found.min_by_key(|(before, ..)| before.len()) else {
            return (parts, rest);
        };
        parts.push((before, slot));
        rest = after;
    }
}

/// A piece's text, encoded, with slots where the invented reader's values stood: the `fixed` ones, and
/// the piece's `own`, which has to be there.
fn encode(text: &str, fixed: &[(String, Slot)], own: Option<(String, Slot)>) -> Option<Block> {
    let needed = own.as_ref().map(|(_, slot)| *slot);
    let values: Vec<_> = fixed.iter().cloned().chain(own).collect();
    let (parts, rest) = apart(text, &values);
    let mut form = Form::default();
    let mut column = Column::default();
    for (before, slot) in &parts {
        column.encode(before, &mut form.bytes);
        match slot {
            Slot::Fixed(_) | Slot::Click => column.room_for(TOKEN_CHARS, &mut form.bytes),
            _ => column.soft_break(&mut form.bytes),
        }
        form.slot(*slot);
    }
    column.encode(rest, &mut form.bytes);
    column.soft_break(&mut form.bytes);
    let slots = || parts.iter().map(|(_, slot)| *slot);
    let is_there = needed.is_none_or(|needed| slots().any(|slot| slot == needed));
    // Free text once and nowhere else, or it is something else that looks like it.
    let free = slots().filter(|slot| !matches!(slot, Slot::Fixed(_) | Slot::Click));
    // Any of the invented reader's own values left over would be sent to everybody.
    let mut literal = parts.iter().map(|(before, _)| *before).chain([rest]);
    let is_clean = !literal.any(|text| text.contains(SAMPLE_ADDRESS));
    (is_there && free.count() <= 1 && is_clean).then_some(Block {
        form,
        plain: budget::wire_bytes(text),
    })
}

/// The header section, with the fields of MIME replaced by ours.
fn compile_head(head: &Head, is_designed: bool, tokens: &[(String, Slot)]) -> Option<Form> {
    let mut kept = String::new();
    let mut is_mime = false;
    for line in head.text.split_inclusive("\r\n") {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default();
            is_mime = ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
                .iter()
                .any(|mime| mime.eq_ignore_ascii_case(name));
        }
        if !is_mime {
            kept.push_str(line);
        }
    }
    kept.push_str("MIME-Version: 1.0\r\n");
    if is_designed {
        let boundary = format!("=\"={}=\"\r\n", head.name);
        kept.push_str("Content-Type: multipart/alternative;\r\n boundary");
        kept.push_str(&boundary);
    } else {
        kept.push_str(
            "Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n",
        );
    }
    let values = [
        (SAMPLE_ADDRESS, Slot::Address),
        (&head.name, Slot::Name),
        (&head.date, Slot::Date),
    ];
    let values = values.map(|(value, slot)| (value.to_owned(), slot));
    let wanted: Vec<_> = tokens.iter().cloned().chain(values).collect();
    let mut form = Form::default();
    let (parts, rest) = apart(&kept, &wanted);
    for (before, slot) in &parts {
        form.bytes.extend_from_slice(before.as_bytes());
        form.slot(*slot);
    }
    form.bytes.extend_from_slice(rest.as_bytes());
    let needed = [
        Slot::Address,
        Slot::Name,
        Slot::Date,
        // What the one-click header does.
        Slot::Fixed(0),
    ];
    let is_there = |wanted: &Slot| parts.iter().any(|(_, slot)| slot == wanted);
    let is_whole = needed.iter().all(is_there);
    is_whole.then_some(form)
}

/// A copy ready to be filled in.
#[derive(Debug)]
pub(super) struct Compiled {
    head: Arc<Form>,
    text: Laid,
    html: Option<Laid>,
    preheader: Vec<u8>,
    /// What its links do; the invented reader's become the reader's.
    tokens: Vec<Token>,
    bytes: usize,
}

impl Compiled {
    /// A reader's tokens for the copy's links.
    pub(super) fn tokens(&self, subscriber: i64, links: &Links) -> Vec<[u8; TOKEN_CHARS]> {
        links.sign_all(self.tokens.iter().map(|token| match token.place() {
            Some(_) => *token,
            None => Token {
                subscriber,
                ..*token
            },
        }))
    }

    /// Writes the header section and the body; says where the empty line between them begins.
    pub(super) fn write(
        &self,
        values: &Values<'_>,
        tokens: &[[u8; TOKEN_CHARS]],
        out: &mut Vec<u8>,
    ) -> usize {
        let filling = Filling {
            values,
            tokens,
            preheader: &self.preheader,
        };
        self.head.write(&filling, 0, out);
        let end = out.len();
        out.extend_from_slice(b"\r\n");
        let Some(html) = &self.html else {
            self.text.write(&filling, out);
            return end;
        };
        for (part, kind) in [(&self.text, "plain"), (html, "html")] {
            for piece in [
                "--=",
                values.name,
                "=\r\nContent-Type: text/",
                kind,
                "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            ] {
                out.extend_from_slice(piece.as_bytes());
            }
            part.write(&filling, out);
            out.extend_from_slice(b"\r\n");
        }
        for piece in ["--=", values.name, "=--\r\n"] {
            out.extend_from_slice(piece.as_bytes());
        }
        end
    }

    /// About how long a message is.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_without_what_it_should_hold_is_not_made() {
        let link = ("T0KEN".repeat(7)[..TOKEN_CHARS].to_owned(), Slot::Click);
        let encode = |text: &str, own: &(String, Slot)| encode(text, &[], Some(own.clone()));
        let text = format!("see {} twice: {}\n", link.0, link.0);
        let block = encode(&text, &link).unwrap();
        assert_eq!(block.form.steps.len(), 4);
        assert!(encode("no link\n", &link).is_none());
        let other = format!("{} and {SAMPLE_ADDRESS}\n", link.0);
        assert!(encode(&other, &link).is_none());
        let why = (format!("for {SAMPLE_ADDRESS}"), Slot::WhyHtml);
        let once = format!("{}\n", why.0);
        assert!(encode(&once, &why).is_some());
        assert!(encode(&once.repeat(2), &why).is_none());
    }
}
