//! Names and values, as forms send them and as they stand behind a path.

use super::stage::Wanted;
use super::written::other_words;

/// Names and values, in their order.
#[derive(Debug, Clone)]
pub(super) struct Pairs(Vec<(String, String)>);

/// What stands at the fields of an edition's forms.
const LABELS: [(&str, &str); 12] = [
    ("subject", "Subject"),
    ("alternatives", "Subjects to try beside it"),
    ("preheader", "Preview line"),
    ("notice", "Notice above the lead"),
    ("note", "Editor's note"),
    ("hello", "Greeting of the note"),
    ("by", "Who wrote the note"),
    ("name", "Who pays"),
    ("title", "Headline"),
    ("text", "Text"),
    ("cta", "Words of the link"),
    ("url", "Leads to"),
];

/// What stands at a field; its name where that says as much.
pub(super) fn label(field: &str) -> &str {
    let known = LABELS.iter().find(|(name, _)| *name == field);
    known.map_or(field, |(_, label)| label)
}

impl Pairs {
    /// Those of a form.
    pub(super) fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// Whether everything that a form brought is text; what is not is shown as something else, and must not be kept.
    pub(super) fn is_text(body: &[u8]) -> bool {
        let mut pairs = body.split(|byte| *byte == b'&');
        pairs.all(|pair| percent_encoding::percent_decode(pair).decode_utf8().is_ok())
    }

    /// Those behind a path.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes())
    }

    /// The value of a name; nothing if it did not come.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a field that stands on its page several times, with a number behind its name.
    pub(super) fn numbered(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(known, _)| {
            let rest = known.strip_prefix(name);
            let rest = rest.and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .map(|(_, value)| value.as_str())
    }

    /// The number of a name; nothing if it is none.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// What somebody wrote, by the words that stand at the fields.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        self.differing(|_| String::new())
    }

    /// What somebody wrote in place of what a field held before.
    pub(super) fn differing(&self, before: impl Fn(&str) -> String) -> Vec<(String, String)> {
        let ours = ["token", "version", "form", "article", "do", "change"];
        let all = self.0.iter();
        let written = all.filter(|(name, _)| !ours.contains(&name.as_str()));
        let written = written.filter_map(|(name, text)| {
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let name = name.trim_end_matches('-');
            let text = other_words(text.clone(), &before(name))?;
            let text = if text.trim().is_empty() {
                "(left empty)".to_owned()
            } else {
                text
            };
            Some((label(name).replace('_', " "), text))
        });
        written.collect()
    }

    /// As whom an edition is to be shown.
    pub(super) fn reader(&self) -> Wanted {
        Wanted {
            reader: self.number("as"),
            copy: self.number("copy"),
            subject: self.number("subject"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_numbers_are_found() {
        let form = Pairs::read(b"title-12=Boats&title-x=no&no_picture-3=1");
        assert_eq!(form.numbered("title"), Some("Boats"));
        assert_eq!(form.numbered("no_picture"), Some("1"));
        assert_eq!(form.numbered("picture"), None);
        let texts = Pairs::read(b"token=a&form=story&title-12=Boats&summary-12=+").texts();
        assert_eq!(texts, [("Headline".to_owned(), "Boats".to_owned())]);
    }

    #[test]
    fn what_is_as_it_was_is_not_shown_again() {
        let form = Pairs::read(b"form=words&subject=Boats&note=a++b%0D%0A&by=&hello=");
        let before = |field: &str| match field {
            "note" => "a b".to_owned(),
            "by" => "Ida".to_owned(),
            _ => String::new(),
        };
        let shown = form.differing(before);
        let shown: Vec<_> = shown
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let by = ("Who wrote the note", "(left empty)");
        assert_eq!(shown, [("Subject", "Boats"), by]);
    }

    #[test]
    fn what_is_no_text_is_known() {
        assert!(Pairs::is_text(b"a=%C3%A9+b&c=") && Pairs::is_text(b""));
        assert!(!Pairs::is_text(b"a=%C3%28") && !Pairs::is_text(b"a=\xff"));
    }
}
