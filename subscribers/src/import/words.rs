//! What the cells of a list say.

use std::borrow::Cow;

use super::Standing;
use crate::{Counting, Digests, Format, Reason, Topics};

/// Letters and digits alone, in lower case: "E-Mail_Address" and "emailAddress" are "emailaddress".
pub(super) fn squeezed(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    let kept: String = kept.flat_map(char::to_lowercase).collect();
    if kept.is_empty() {
        return signs(text);
    }
    kept.into()
}

/// What signs say that stand alone: ticks yes, crosses and empty boxes no, strokes nothing; of others nobody can tell.
fn signs(text: &str) -> Cow<'_, str> {
    const YES: &[char] = &[
        '\u{2713}', '\u{2714}', '\u{2611}', '\u{2705}', '\u{25cf}', '\u{25a0}', '+',
    ];
    const NO: &[char] = &[
        '\u{2717}',
        '\u{2718}',
        '\u{2715}',
        '\u{2716}',
        '\u{2612}',
        '\u{2610}',
        '\u{274c}',
        '\u{274e}',
        '\u{d7}',
        '\u{25cb}',
        '\u{25a1}',
        '\u{26d4}',
        '\u{1f6ab}',
    ];
    const NOTHING: &[char] = &[
        '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}', '.', '/',
        '\\', '\'', '"', '_', '~', ',', ';', ':', '(', ')', '[', ']', '{', '}',
    ];
    let text = text.trim();
    if text.contains(YES) {
        "yes".into()
    } else if text.contains(NO) {
        "no".into()
    } else if text
        .chars()
        .all(|c| NOTHING.contains(&c) || c.is_whitespace())
    {
        "".into()
    } else {
        text.into()
    }
}

/// What a status cell says; the word itself when we do not know it.
pub(super) fn standing(word: &str) -> Result<Standing, String> {
    Ok(match squeezed(word).as_ref() {
        "" | "active" | "subscribed" | "enabled" | "confirmed" | "regular" | "free" | "paid"
        | "premium" | "comped" | "comp" | "complimentary" | "gifted" | "gift" | "trialed"
        | "trialing" | "express" | "implied" | "ok" | "member" | "pastdue" | "unpaid"
        | "churning" | "optedin" | "aktiv" | "angemeldet" | "bestätigt" | "abonniert" | "actif"
        | "abonné" | "inscrit" | "activo" | "suscrito" | "actief" | "attivo" | "iscritto"
        | "ativo" | "inscrito" => Standing::Active,
        "pending"
        | "unconfirmed"
        | "unactivated"
        | "nonsubscribed"
        | "notsubscribed"
        | "neversubscribed"
        | "nonmarketing"
        | "nonmarketingcontact"
        | "transactional"
        | "awaitingconfirmation"
        | "nopermission"
        | "nooptin"
        | "notconfirmed"
        | "temphold"
        | "validating"
        | "upcoming"
        | "unbestätigt"
        | "ausstehend"
        | "enattente"
        | "nonconfirmé"
        | "pendiente"
        | "inattesa" => Standing::Unconfirmed,
        "unsubscribed" | "unsubscribe" | "unsub" | "optedout" | "optout" | "inactive"
        | "disabled" | "removed" | "deleted" | "archived" | "left" | "cancelled" | "canceled"
        | "churned" | "paused" | "expired" | "nomail" | "noemail" | "uitgeschreven"
        | "abbestellt" | "gekündigt" | "gekuendigt" | "deactivated" | "deaktiviert"
        | "needsattention" | "revoked" | "withdrawn" | "abgemeldet" | "ausgetragen"
        | "gelöscht" | "inaktiv" | "désabonné" | "désabonnée" | "désinscrit" | "désinscrite"
        | "supprimé" | "inactif" | "dadodebaja" | "baja" | "cancelado" | "afgemeld"
        | "disiscritto" | "cancellato" | "descadastrado" | "widerrufen" | "former"
        | "formersubscriber" | "formermember" | "exsubscriber" | "exmember" | "отписан"
        | "отписался" => Standing::Left,
        "cleaned" | "bounced" | "bounce" | "bouncing" | "hardbounced" | "hardbounce"
        | "softbounced" | "softbounce" | "undeliverable" | "invalid" | "malformed" | "rebond" => {
            Standing::Blocked(Reason::HardBounce)
        }
        "complained" | "complaint" | "complainer" | "spam" | "junk" | "spamcomplaint" | "abuse"
        | "markedasspam" | "reportedspam" | "spamreport" => Standing::Blocked(Reason::Complaint),
        "blocklisted" | "blacklisted" | "blocked" | "suppressed" | "banned" | "spammy"
        | "donotmail" | "donotemail" | "donotcontact" | "quarantined" | "gesperrt" => {
            Standing::Blocked(Reason::Manual)
        }
        _ => return Err(word.to_owned()),
    })
}

/// Words of [`standing`] that tell of an end wherever they stand; "expired" may be about a credit card.
const ENDS: &[&str] = &[
    "unsub",
    "opt",
    "cleaned",
    "bounc",
    "complain",
    "spam",
    "suppress",
    "blacklist",
    "blocklist",
    "donot",
    "abgemeldet",
    "ausgetragen",
    "désabonné",
    "désinscrit",
    "baja",
    "afgemeld",
    "disiscritto",
    "descadastrado",
    "nomail",
    "noemail",
    "former",
    "exsubscriber",
];

/// What stands behind one of these tells when or why.
const BEGINNINGS: &[&str] = &[
    "unsubscribed",
    "bounced",
    "hardbounce",
    "optedout",
    "complained",
    "markedasspam",
    "donotmail",
    "donotemail",
    "donotcontact",
];

/// Whether a cell of a column that we do not know has such a word, alone or among others in a list.
pub(super) fn names_an_end(cell: &str) -> bool {
    let is_one = |word: &str| {
        // No such word is shorter or longer.
        if !(4..=24).contains(&word.trim().len()) {
            return false;
        }
        let squeezed = squeezed(word);
        BEGINNINGS.iter().any(|begin| squeezed.starts_with(begin))
            || matches!(
                standing(&squeezed),
                Ok(Standing::Left | Standing::Blocked(_))
            ) && ENDS.iter().any(|end| squeezed.contains(end))
    };
    cell.split([',', ';', '|']).any(is_one)
}

/// What such a word begins with in a column that tells who is mailed; elsewhere it may be about an order.
const ENDINGS: &[&str] = &[
    "unsub",
    "abgemeldet",
    "ausgetragen",
    "abbestellt",
    "gekündigt",
    "widerrufen",
    "désabonné",
    "désinscrit",
    "dadodebaja",
    "afgemeld",
    "uitgeschreven",
    "disiscritt",
    "cancelled",
    "canceled",
    "withdrawn",
    "revoked",
    "bounced",
    "removed",
    "deleted",
    "optedout",
];

/// Whether a cell of a column that tells who is mailed has words of leaving, with a day or a reason behind them.
pub(super) fn tells_an_end(cell: &str) -> bool {
    let squeezed = squeezed(cell);
    ENDINGS.iter().any(|begin| squeezed.starts_with(begin)) || names_an_end(cell)
}

/// Whether a cell begins with a no and says more: "nein danke".
pub(super) fn begins_with_no(cell: &str) -> bool {
    let mut words = cell.split(|c: char| !c.is_alphanumeric());
    let first = words.find(|word| !word.is_empty()).unwrap_or_default();
    ["no", "nein", "non", "nee", "nej", "não"].contains(&&*first.to_lowercase())
}

/// Whether nothing stands in a cell, also by a stroke or a word for it.
pub(super) fn is_empty(cell: &str) -> bool {
    matches!(
        squeezed(cell).as_ref(),
        "" | "null" | "na" | "nil" | "undefined" | "none"
    )
}

/// Whether a cell says yes as a box does that is ticked, or a word in its place.
pub(super) fn is_ticked(cell: &str) -> bool {
    is_yes(cell)
        || matches!(
            squeezed(cell).as_ref(),
            "j" | "subscribed"
                | "abonniert"
                | "angemeldet"
                | "abonné"
                | "inscrit"
                | "suscrito"
                | "iscritto"
        )
}

/// Whether a cell of a yes-or-no column says no.
pub(super) fn says_no(word: &str) -> bool {
    let word = squeezed(word);
    matches!(
        word.as_ref(),
        "false"
            | "no"
            | "n"
            | "f"
            | "off"
            | "nein"
            | "non"
            | "nee"
            | "não"
            | "nao"
            | "falsch"
            | "faux"
            | "falso"
            | "onwaar"
            | "niet"
            | "nej"
            | "nei"
            | "nie"
            | "ei"
            | "нет"
            | "ложь"
            | "hayır"
            | "unchecked"
            | "unticked"
            | "unselected"
    ) || is_zero(&word)
}

/// `0`, `0.00`, and the day some databases write for none: 0000-00-00.
fn is_zero(squeezed: &str) -> bool {
    squeezed.contains('0') && squeezed.bytes().all(|byte| b"0tz".contains(&byte))
}

/// Whether a cell of a column about consent says that there is none.
pub(super) fn is_none(word: &str) -> bool {
    matches!(
        squeezed(word).as_ref(),
        "none"
            | "never"
            | "denied"
            | "declined"
            | "rejected"
            | "refused"
            | "unknown"
            | "keine"
            | "missing"
            | "absent"
    ) || has_denial(word)
}

/// Whether a word among others denies what they say: "not given", "keine Einwilligung".
fn has_denial(text: &str) -> bool {
    let is_one = |word: &str| {
        matches!(
            word.to_lowercase().as_str(),
            "not"
                | "no"
                | "never"
                | "without"
                | "nicht"
                | "kein"
                | "keine"
                | "ohne"
                | "pas"
                | "sans"
                | "sin"
        )
    };
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(is_one)
}

/// Whether a cell says yes in so many words.
pub(super) fn is_yes(word: &str) -> bool {
    matches!(
        squeezed(word).as_ref(),
        "true"
            | "yes"
            | "y"
            | "t"
            | "on"
            | "x"
            | "1"
            | "ja"
            | "oui"
            | "si"
            | "sí"
            | "sì"
            | "sim"
            | "wahr"
            | "vrai"
            | "vero"
            | "verdadero"
            | "verdadeiro"
            | "waar"
            | "tak"
            | "ano"
            | "да"
            | "истина"
            | "evet"
            | "checked"
            | "ticked"
            | "selected"
            | "angekreuzt"
    )
}

/// Whether a cell holds a day or an instant: it begins with a digit, and a count is shorter.
pub(super) fn is_date(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.starts_with(|c: char| c.is_ascii_digit()) && digits >= 6
}

/// Whether a cell of a yes-or-no column says yes, is empty, or holds the day they joined.
pub(super) fn says_yes(word: &str) -> bool {
    word.is_empty()
        || is_yes(word)
        || word.starts_with(|c: char| c.is_ascii_digit())
        || standing(word) == Ok(Standing::Active)
}

/// Whether a cell of a date column, or of a yes-or-no column, says that it happened.
pub(super) fn happened(word: &str) -> bool {
    !is_empty(word) && !says_no(word) && squeezed(word) != "never"
}

/// The digests in a cell: names between commas, semicolons, bars or spaces; `none` for none.
pub(super) fn digests(cell: &str) -> Option<Digests> {
    let names: Vec<String> = cell
        .split(|c: char| c.is_whitespace() || c.is_control() || ",;|".contains(c))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    match names.as_slice() {
        [] => None,
        [only] if only.eq_ignore_ascii_case("all") => Some(Digests::All),
        [only] if only.eq_ignore_ascii_case("none") => Some(Digests::Only(Vec::new())),
        _ => Some(Digests::Only(names)),
    }
}

/// The topics in a cell: names between line ends, else between semicolons.
pub(super) fn topics(cell: &str) -> Option<Topics> {
    let ends = if cell.contains('\n') { '\n' } else { ';' };
    match Topics::of(cell.split(ends)) {
        Topics::All => None,
        only @ Topics::Only(_) => Some(only),
    }
}

/// The format in a cell, also by the words other programs use.
pub(super) fn format(cell: &str) -> Option<Format> {
    match squeezed(cell).as_ref() {
        "html" | "rich" => Some(Format::Designed),
        "plain" | "plaintext" => Some(Format::Text),
        word => Format::parse(word),
    }
}

/// Whether the person may be counted.
pub(super) fn counting(cell: &str) -> Option<Counting> {
    Counting::parse(&squeezed(cell))
}

/// A place by the shape of its IANA name; nothing for what is none ("GMT+1", "Berlin"). Whoever uses it
/// asks whether there is such a place.
pub(super) fn time_zone(cell: &str) -> Option<String> {
    let name = cell.trim();
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/');
    let is_name = name.contains('/') && name.len() <= 64 && name.bytes().all(is_plain);
    is_name.then(|| name.to_owned())
}

/// A language by its tag.
pub(super) fn language(cell: &str) -> Option<String> {
    let tag = cell.trim();
    let is_tag = tag.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (is_tag && tag.len() >= 2 && tag.len() <= 35).then(|| tag.to_owned())
}

/// An instant of ours.
pub(super) fn instant(cell: &str) -> Option<i64> {
    let at: jiff::Timestamp = cell.trim().parse().ok()?;
    Some(at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_leaving_are_understood() {
        let cases = [
            ("", Ok(Standing::Active)),
            ("Subscribed", Ok(Standing::Active)),
            ("PENDING", Ok(Standing::Unconfirmed)),
            ("Non-Subscribed", Ok(Standing::Unconfirmed)),
            ("unsubscribed", Ok(Standing::Left)),
            ("opted_out", Ok(Standing::Left)),
            ("Cleaned", Ok(Standing::Blocked(Reason::HardBounce))),
            ("complained", Ok(Standing::Blocked(Reason::Complaint))),
            ("blocklisted", Ok(Standing::Blocked(Reason::Manual))),
            ("gold", Err("gold".to_owned())),
        ];
        for (word, expected) in cases {
            assert_eq!(standing(word), expected, "{word}");
        }
        assert!(Standing::Left > Standing::Active);
        for word in ["2024-01-02", "true", "1", "gone"] {
            assert!(happened(word), "{word}");
        }
        for word in [
            "",
            "false",
            "0",
            "0.00",
            "-",
            "0000-00-00",
            "0000-00-00T00:00:00Z",
            "Never",
        ] {
            assert!(!happened(word), "{word}");
        }
    }

    #[test]
    fn words_in_columns_of_other_meaning_tell_of_an_end_only_when_nothing_else_is_meant() {
        for cell in [
            "unsubscribed",
            "VIP; Unsubscribed",
            "\"vip\",\"bounced\"",
            "Do not mail",
        ] {
            assert!(names_an_end(cell), "{cell}");
        }
        for cell in [
            "",
            "expired",
            "left",
            "Spamalot",
            "they unsubscribed me",
            "inactive",
            "paused",
        ] {
            assert!(!names_an_end(cell), "{cell}");
        }
    }

    #[test]
    fn cells_with_choices_are_understood() {
        let only = |names: &[&str]| {
            Some(Digests::Only(
                names.iter().map(|&name| name.to_owned()).collect(),
            ))
        };
        assert_eq!(digests(""), None);
        assert_eq!(digests("all"), Some(Digests::All));
        assert_eq!(digests("none"), only(&[]));
        assert_eq!(digests("daily; weekly|x"), only(&["daily", "weekly", "x"]));
        assert_eq!(format("HTML"), Some(Format::Designed));
        assert_eq!(format("plain text"), Some(Format::Text));
        assert_eq!(format("pdf"), None);
        assert_eq!(counting("Declined"), Some(Counting::Declined));
    }
}
