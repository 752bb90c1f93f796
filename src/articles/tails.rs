//! What publishing programs add to the end of a summary, and no author wrote.

/// The sentence that `WordPress` ends each entry of a feed with: its beginning and what must follow.
const CREDITS: &[(&str, &str)] = &[
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
    ("The article ", " appeared first on "),
    ("This article was originally published on ", ""),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("Der Artikel ", " erschien zuerst auf "),
    ("L’article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("La entrada ", " se publicó primero en "),
    ("La entrada ", " aparece primero en "),
    ("O post ", " apareceu primeiro em "),
    ("L’articolo ", " proviene da "),
    ("L'articolo ", " proviene da "),
    ("Het bericht ", " verscheen eerst op "),
    ("Inlägget ", " dök först upp på "),
    ("Artykuł ", " pochodzi z serwisu "),
    ("Сообщение ", " появились сначала на "),
    ("Запись ", " впервые появилась "),
];

/// Invitations to the whole text; what follows them to the end is the title again, or an arrow.
const INVITATIONS: &[&str] = &[
    "Continue reading",
    "Read more",
    "Read the full story",
    "Read the full article",
    "Read full story",
    "Keep reading",
    "Click here to read",
    "View original",
    "Weiterlesen",
    "Mehr lesen",
    "Weiter lesen",
    "Zum Artikel",
    "Den vollständigen Artikel",
    "Lire la suite",
    "En savoir plus",
    "Lire plus",
    "Leer más",
    "Seguir leyendo",
    "Leia mais",
    "Continue lendo",
    "Leggi tutto",
    "Continua a leggere",
    "Lees verder",
    "Lees meer",
    "Läs mer",
    "Les mer",
    "Læs mere",
    "Lue lisää",
    "Czytaj dalej",
    "Czytaj więcej",
    "Devamını oku",
    "Читать далее",
    "Читать дальше",
    "Подробнее",
    "Читати далі",
    "اقرأ المزيد",
    "للمزيد",
    "קרא עוד",
    "המשך לקרוא",
    "続きを読む",
    "もっと読む",
    "阅读全文",
    "阅读更多",
    "閱讀更多",
    "더 보기",
    "계속 읽기",
];
/// An invitation with the title behind it is not longer than this.
const INVITATION_CHARS: usize = 200;

/// Takes these from the end of a plain text; "[…]" becomes "…".
#[must_use]
pub(super) fn without_tails(text: &str) -> String {
    let mut rest = text.trim_end();
    let mut cut = false;
    // A credit may follow an invitation, and that an ellipsis.
    for _ in 0..3 {
        let shorter = credit(rest).or_else(|| invitation(rest)).unwrap_or(rest);
        if shorter.len() == rest.len() {
            break;
        }
        rest = shorter.trim_end();
    }
    for mark in [
        "[…]",
        "[...]",
        "[&#8230;]",
        "(…)",
        "(...)",
        "[ … ]",
        "[…",
        "[...",
    ] {
        if let Some(shorter) = rest.strip_suffix(mark) {
            (rest, cut) = (shorter.trim_end(), true);
            break;
        }
    }
    let whole = rest.is_empty() || rest.ends_with(['.', '!', '?', '…', '。', '！', '？']);
    if cut && !whole {
        let bare = rest.trim_end_matches([',', ';', ':', '-', '–', '—', ' ']);
        return format!("{bare}…");
    }
    rest.to_owned()
}

fn credit(text: &str) -> Option<&str> {
    CREDITS.iter().find_map(|(beginning, phrase)| {
        let at = text.rfind(beginning)?;
        let (before, title) = (&text[..at], &text[at + beginning.len()..]);
        let site = &title[title.find(phrase)? + phrase.len()..];
        // The name of a site to the end, where an author would go on: "first on a list in May".
        let is_name = site.starts_with(|c: char| !c.is_lowercase()) && !site.contains(". ");
        let apart = before.is_empty() || before.ends_with(char::is_whitespace);
        (is_name && apart).then_some(before)
    })
}

fn invitation(text: &str) -> Option<&str> {
    INVITATIONS.iter().find_map(|words| {
        let at = text.rfind(words)?;
        let tail = &text[at + words.len()..];
        // A sentence of its own that goes on and ends is one an author wrote.
        let bare =
            tail.trim_matches(|c: char| c.is_whitespace() || "»›→>.…:-–[]()\"“”".contains(c));
        let arrow = tail.trim_end().ends_with(['»', '›', '→', '>']);
        let short = tail.chars().nth(INVITATION_CHARS).is_none();
        let title_follows = tail.starts_with(char::is_whitespace) && short && arrow;
        let fits = bare.is_empty() || title_follows;
        (fits && begins_anew(&text[..at])).then_some(&text[..at])
    })
}

/// Whether a sentence may begin here: "children should read more" ends in no invitation.
fn begins_anew(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with([
            '.', '!', '?', '…', ']', ')', '"', '”', '»', '“', '|', '>', '。', '！', '？', '؟', '」',
        ])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_programs_add_is_taken_away() {
        for (text, left) in [
            ("It rained. Read more", "It rained."),
            ("It rained. Read more »", "It rained."),
            ("It rained all […]", "It rained all…"),
            ("It rained. [...]", "It rained."),
            ("It rained, [&#8230;]", "It rained…"),
            (
                "It rained all… Continue reading Storm over Dunmere →",
                "It rained all…",
            ),
            (
                "It rained all […] The post Storm over Dunmere appeared first on Herald.",
                "It rained all…",
            ),
            (
                "It rained. Read more → The post Storm appeared first on Herald.",
                "It rained.",
            ),
            ("Es regnet. Weiterlesen", "Es regnet."),
            (
                "Es regnet. Der Beitrag Sturm erschien zuerst auf Bote.",
                "Es regnet.",
            ),
            ("Il pleut. Lire la suite…", "Il pleut."),
            (
                "Il pleut. L’article Orage est apparu en premier sur Gazette.",
                "Il pleut.",
            ),
            ("Llueve. Leer más", "Llueve."),
            ("Piove. L'articolo Pioggia proviene da Corriere.", "Piove."),
            ("Идёт дождь. Читать далее", "Идёт дождь."),
            ("هطل المطر. اقرأ المزيد", "هطل المطر."),
            ("雨が降った。続きを読む", "雨が降った。"),
            ("下雨了。阅读全文", "下雨了。"),
            ("Read more", ""),
        ] {
            assert_eq!(without_tails(text), left, "{text}");
        }
    }

    #[test]
    fn what_an_author_wrote_stays() {
        for text in [
            "Children should Read more",
            "Teachers say pupils read more.",
            "It rained. Read more books, says the minister.",
            "The post office in Dunmere closes. It appeared first on a list in May.",
            "The post was vacant and the letter appeared first on his desk.",
            "He asked: what […] then?",
            "Continue reading is what she does.",
            "",
        ] {
            assert_eq!(without_tails(text), text);
        }
    }

    proptest! {
        #[test]
        fn only_the_end_is_taken(text in r"(\PC|Read more|The post |appeared first on | \[…\]|\. ){0,40}") {
            let left = without_tails(&text);
            prop_assert!(text.starts_with(left.trim_end_matches('…')), "{left:?}");
        }
    }
}
