//! How a site looks: its colours in light and dark, and its logo.
//!
//! A [`Theme`] comes from the site's configuration; every key may be left out. Colours are six-digit
//! hex because mail programs drop other notations. [`Theme::check`] computes the contrast of every
//! pair of text and background that occurs in a mail or a page (WCAG 2.2, success criterion 1.4.3);
//! whoever loads a theme decides what to do about the answer.

mod color;
mod font;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

pub use color::{Hex, HexError, LEAST_CONTRAST};
pub use font::Font;

/// The least contrast of a shape that has to be seen, as a ratio to one.
const LEAST_CONTRAST_OF_SHAPES: f64 = 3.0;

/// How far five steps lie on the way from the card to the accent, of 255.
pub(crate) const HEAT: [u8; 5] = [30, 85, 140, 200, 255];

/// The widest logo, in pixels as shown: a phone's column.
pub const LOGO_WIDTH: u16 = 280;
/// The tallest logo, in pixels as shown: the news begins on the first screen.
pub const LOGO_HEIGHT: u16 = 60;

/// A colour in its two shades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hue {
    /// Shade in light surroundings; the only one most mail programs show.
    pub light: Hex,
    /// Shade in dark surroundings.
    pub dark: Hex,
}

impl Hue {
    pub(crate) const fn new(light: u32, dark: u32) -> Self {
        Self {
            light: Hex::new(light),
            dark: Hex::new(dark),
        }
    }

    pub(crate) fn in_scheme(self, scheme: Scheme) -> Hex {
        match scheme {
            Scheme::Light => self.light,
            Scheme::Dark => self.dark,
        }
    }
}

/// Light or dark surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

/// The colours and the logo of a site.
///
/// A key that is left out keeps its default. The accent and the button are separate keys: a site
/// that changes one mostly wants to change both.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// Behind the card.
    pub canvas: Hue,
    /// The card everything stands on.
    pub card: Hue,
    /// Box of the editor's note.
    pub note: Hue,
    /// Box of a paid message; the only warm ground, so that nobody takes it for editorial.
    pub sponsor: Hue,
    /// Edge of that box.
    pub sponsor_edge: Hue,
    /// Headlines.
    pub ink: Hue,
    /// Running text.
    pub body: Hue,
    /// Times, bylines and the footer.
    pub muted: Hue,
    /// Links and rank numbers: "you can press this".
    pub accent: Hue,
    /// Ground of the button.
    pub button: Hue,
    /// Words on the button.
    pub on_button: Hue,
    /// Hairlines between stories.
    pub line: Hue,
    /// Rule above a section.
    pub rule: Hue,
    /// Behind pictures, seen while they load or when they are off.
    pub placeholder: Hue,
    /// Outline of a tag.
    pub chip_edge: Hue,
    /// Colours of categories; a category's number counts from 0.
    pub hues: [Hue; 8],
    /// Colours of categories by their names. Whoever loads a theme gives each of them a number, by
    /// [`Theme::number_categories`].
    pub category: BTreeMap<String, Hue>,
    /// Font of headlines and of the lead's summary.
    pub headline_font: Font,
    /// Font of everything else.
    pub text_font: Font,
    /// Picture shown in place of the wordmark; an https URL of a PNG at twice the size below.
    pub logo_url: Option<String>,
    /// Width of that picture as shown, in pixels: 1 to [`LOGO_WIDTH`].
    pub logo_width: u16,
    /// Height of that picture as shown, in pixels: 1 to [`LOGO_HEIGHT`].
    pub logo_height: u16,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            canvas: Hue::new(0xE9EDEF, 0x0E1114),
            card: Hue::new(0xFFFFFF, 0x171B1F),
            note: Hue::new(0xEDF4F6, 0x1B262B),
            sponsor: Hue::new(0xFBF6E9, 0x23211B),
            sponsor_edge: Hue::new(0xE6DCC3, 0x3B372C),
            ink: Hue::new(0x14181C, 0xF2F4F5),
            body: Hue::new(0x3A4248, 0xC9D0D4),
            muted: Hue::new(0x5B646B, 0x9AA4AB),
            accent: Hue::new(0x0A5C73, 0x74C5DB),
            button: Hue::new(0x0A5C73, 0x74C5DB),
            on_button: Hue::new(0xFFFFFF, 0x08222B),
            line: Hue::new(0xD7DDE0, 0x2E353B),
            rule: Hue::new(0x14181C, 0xE6E9EB),
            placeholder: Hue::new(0xE3E8EA, 0x262C31),
            chip_edge: Hue::new(0xB9C3C9, 0x48525A),
            hues: [
                Hue::new(0x0A5C73, 0x74C5DB),
                Hue::new(0x8C2A32, 0xF0A3A0),
                Hue::new(0x2B6838, 0x8FCC9B),
                Hue::new(0x76397F, 0xD8A9DF),
                Hue::new(0x3448A0, 0xA9B6F6),
                Hue::new(0x85480A, 0xE7B370),
                Hue::new(0x9C3B12, 0xF2A888),
                Hue::new(0x56590F, 0xCBCF7C),
            ],
            headline_font: Font::Georgia,
            text_font: Font::System,
            category: BTreeMap::new(),
            logo_url: None,
            logo_width: 0,
            logo_height: 0,
        }
    }
}

/// A colour that is too close to one it meets: a text to its ground, or a ground to its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ContrastProblem {
    /// Key of the colour to change, such as `accent` or `hues[3]`: the one the site chose itself.
    pub key: String,
    /// Whether that is the text.
    pub is_text: bool,
    /// Which shade.
    pub scheme: Scheme,
    /// The colour.
    pub color: Hex,
    /// Key, colour and contrast of each colour that it meets and cannot be told from, the contrast
    /// under [`LEAST_CONTRAST`].
    pub against: Vec<(String, Hex, f64)>,
    /// The nearest shade that can be told from everything it meets, if there is one.
    pub nearest: Option<Hex>,
}

impl fmt::Display for ContrastProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let word = if self.is_text { "on" } else { "under" };
        write!(
            f,
            "{} {} ({scheme}) has too little contrast",
            self.key, self.color
        )?;
        for (number, (key, color, ratio)) in self.against.iter().enumerate() {
            // Cut, not rounded: 4.499 must not read as the 4.50 it fails to reach.
            let ratio = (ratio * 100.0).floor() / 100.0;
            let before = if number == 0 { "" } else { "," };
            write!(f, "{before} {word} {key} {color} ({ratio:.2})")?;
        }
        write!(f, "; {LEAST_CONTRAST} is the least")?;
        match self.nearest {
            Some(nearest) => write!(f, ", the nearest shade that passes is {nearest}"),
            None => write!(f, ", and no shade passes on all it meets: change those too"),
        }
    }
}

/// A text and a ground it stands on somewhere, each with its key.
struct Pair {
    text: (String, Hue),
    ground: (String, Hue),
}

impl Pair {
    fn new(text: &str, color: Hue, ground: &str, behind: Hue) -> Self {
        Self {
            text: (text.to_owned(), color),
            ground: (ground.to_owned(), behind),
        }
    }

    fn contrast(&self, scheme: Scheme) -> f64 {
        let (text, ground) = (
            self.text.1.in_scheme(scheme),
            self.ground.1.in_scheme(scheme),
        );
        text.contrast(ground)
    }
}

impl Theme {
    /// The rules that give the badges of a click map their grounds in the dark.
    #[must_use]
    pub fn badges_in_the_dark(&self) -> String {
        let rules = (1..=5).map(|number| {
            let (ground, text) = self.step(number, Scheme::Dark);
            format!(".bg{number}{{background-color:{ground}!important;color:{text}!important}}")
        });
        format!(
            "@media (prefers-color-scheme:dark){{{}}}",
            rules.collect::<String>()
        )
    }

    /// One of five grounds from pale to the accent, and the text that is read on it.
    pub(crate) fn step(&self, number: u8, scheme: Scheme) -> (Hex, Hex) {
        let at = usize::from(number.clamp(1, 5)) - 1;
        let accent = self.accent.in_scheme(scheme);
        let ground = self.card.in_scheme(scheme).towards(accent, HEAT[at]);
        let (black, white) = (Hex::new(0), Hex::new(0x00FF_FFFF));
        let is_dark = ground.contrast(white) > ground.contrast(black);
        (ground, if is_dark { white } else { black })
    }

    /// The colour of a category; a number past the last hue starts over.
    #[must_use]
    pub fn hue(&self, number: usize) -> Hue {
        self.hues[number % self.hues.len()]
    }

    /// Puts the colours of [`Theme::category`] among the hues; returns the number of each name, from 1.
    /// `taken` are numbers that other categories ask for; a ninth colour finds no place.
    pub fn number_categories(&mut self, taken: &BTreeMap<String, u8>) -> BTreeMap<String, u8> {
        let mut used: BTreeSet<u8> = taken.values().copied().collect();
        let mut numbers = BTreeMap::new();
        for (name, hue) in &self.category {
            let own = taken.get(name).copied();
            let free = || (1..=8).find(|number| !used.contains(number));
            let Some(number) = own.or_else(free) else {
                continue;
            };
            if let Some(place) = self.hues.get_mut(usize::from(number) - 1) {
                *place = *hue;
            }
            used.insert(number);
            numbers.insert(name.clone(), number);
        }
        numbers
    }

    /// Every colour that cannot be read on what it meets; none if the theme is good.
    ///
    /// Of a pair the site is told to change the colour that is not ours; the text if both are.
    #[must_use]
    pub fn check(&self) -> Vec<ContrastProblem> {
        let (pairs, usual) = (self.pairs(), Self::default().pairs());
        let is_usual = |text: &(String, Hue)| usual.iter().any(|pair| pair.text == *text);
        let is_usual_ground = |ground: &(String, Hue)| usual.iter().any(|it| it.ground == *ground);
        let mut problems: Vec<ContrastProblem> = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            for pair in &pairs {
                let ratio = pair.contrast(scheme);
                if ratio >= LEAST_CONTRAST {
                    continue;
                }
                let is_text = !is_usual(&pair.text) || is_usual_ground(&pair.ground);
                let (key, other) = if is_text {
                    (&pair.text, &pair.ground)
                } else {
                    (&pair.ground, &pair.text)
                };
                let against = (other.0.clone(), other.1.in_scheme(scheme), ratio);
                let known = problems
                    .iter_mut()
                    .find(|it| (&it.key, it.is_text, it.scheme) == (&key.0, is_text, scheme));
                if let Some(known) = known {
                    known.against.push(against);
                    continue;
                }
                let met = pairs.iter().filter_map(|pair| {
                    let (own, other) = if is_text {
                        (&pair.text, &pair.ground)
                    } else {
                        (&pair.ground, &pair.text)
                    };
                    (own.0 == key.0).then(|| other.1.in_scheme(scheme))
                });
                let color = key.1.in_scheme(scheme);
                problems.push(ContrastProblem {
                    key: key.0.clone(),
                    is_text,
                    scheme,
                    color,
                    against: vec![against],
                    nearest: color.readable_with(&met.collect::<Vec<_>>()),
                });
            }
        }
        problems
    }

    /// Whether the button can be told from the card it lies on (WCAG 2.2, success criterion 1.4.11): the
    /// contrast of both in a scheme where it cannot.
    #[must_use]
    pub fn lost_button(&self) -> Option<(Scheme, f64)> {
        let schemes = [Scheme::Light, Scheme::Dark].into_iter();
        let contrast = |scheme| {
            let button = self.button.in_scheme(scheme);
            (scheme, button.contrast(self.card.in_scheme(scheme)))
        };
        schemes
            .map(contrast)
            .find(|(_, ratio)| *ratio < LEAST_CONTRAST_OF_SHAPES)
    }

    /// Every text colour with every ground it stands on somewhere.
    fn pairs(&self) -> Vec<Pair> {
        let grounds = [
            ("card", self.card),
            ("note", self.note),
            ("sponsor", self.sponsor),
        ];
        let texts = [
            ("ink", self.ink),
            ("body", self.body),
            ("muted", self.muted),
            ("accent", self.accent),
        ];
        let mut pairs = vec![Pair::new(
            "on_button",
            self.on_button,
            "button",
            self.button,
        )];
        for (text, color) in texts {
            let on = |(ground, behind)| Pair::new(text, color, ground, behind);
            pairs.extend(grounds.map(on));
            // No headline stands on the canvas.
            if text != "ink" {
                pairs.push(on(("canvas", self.canvas)));
            }
        }
        pairs.push(Pair::new(
            "muted",
            self.muted,
            "placeholder",
            self.placeholder,
        ));
        let hues = self.hues.iter().enumerate();
        pairs.extend(
            // Named below, by whom they belong to.
            hues.filter(|(_, hue)| !self.category.values().any(|own| own == *hue))
                .map(|(at, hue)| Pair::new(&format!("hues[{at}]"), *hue, "card", self.card)),
        );
        pairs.extend(self.category.iter().map(|(name, hue)| {
            Pair::new(&format!("category.\"{name}\""), *hue, "card", self.card)
        }));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_theme_reads_well_in_light_and_dark() {
        assert_eq!(Theme::default().check(), []);
    }

    #[test]
    fn a_pale_accent_is_named_with_a_shade_that_passes() {
        let accent = Hue {
            light: Hex::new(0x4FB3CC),
            ..Theme::default().accent
        };
        let theme = Theme {
            accent,
            ..Theme::default()
        };
        let problems = theme.check();
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].to_string(),
            "accent #4FB3CC (light) has too little contrast on card #FFFFFF (2.42), on note #EDF4F6 \
             (2.18), on sponsor #FBF6E9 (2.24), on canvas #E9EDEF (2.06); 4.5 is the least, the nearest \
             shade that passes is #337383"
        );
    }

    #[test]
    fn a_dark_ground_is_named_and_not_the_texts_that_nobody_chose() {
        let card = Hue {
            light: Hex::new(0x777777),
            ..Theme::default().card
        };
        let theme = Theme {
            card,
            ..Theme::default()
        };
        let problems = theme.check();
        let keys: Vec<_> = problems.iter().map(|it| (&*it.key, it.is_text)).collect();
        assert_eq!(keys, [("card", false)]);
        let nearest = problems[0].nearest.unwrap();
        let mended = Hue {
            light: nearest,
            ..card
        };
        assert_eq!(
            Theme {
                card: mended,
                ..Theme::default()
            }
            .check(),
            []
        );
    }

    #[test]
    fn a_button_in_the_colour_of_the_card_is_lost() {
        assert_eq!(Theme::default().lost_button(), None);
        let button = Theme::default().card;
        let theme = Theme {
            button,
            ..Theme::default()
        };
        assert_eq!(theme.lost_button(), Some((Scheme::Light, 1.0)));
    }

    #[test]
    fn where_no_shade_passes_none_is_named() {
        let half = |light| Hue {
            light: Hex::new(light),
            ..Theme::default().card
        };
        let theme = Theme {
            card: half(0xFFFFFF),
            note: half(0x000000),
            ..Theme::default()
        };
        let accent = Hue {
            light: Hex::new(0x808080),
            ..theme.accent
        };
        let theme = Theme { accent, ..theme };
        let problem = theme
            .check()
            .into_iter()
            .find(|it| it.key == "accent")
            .unwrap();
        assert!(problem.nearest.is_none() && problem.to_string().contains("no shade passes"));
    }

    #[test]
    fn colours_of_categories_find_places_that_nobody_asked_for() {
        let teal = Hue::new(0x0A5C73, 0x74C5DB);
        let category = [("Quay", teal), ("World", teal)].map(|(name, hue)| (name.to_owned(), hue));
        let mut theme = Theme {
            category: category.into(),
            ..Theme::default()
        };
        let taken = [("Sport", 1), ("World", 3)].map(|(name, number)| (name.to_owned(), number));
        let numbers = theme.number_categories(&taken.into());
        let wanted = [("Quay", 2), ("World", 3)].map(|(name, number)| (name.to_owned(), number));
        assert_eq!(numbers, wanted.into());
        assert_eq!(theme.hues[1..3], [teal, teal]);
        assert_eq!(theme.check(), []);
        theme
            .category
            .insert("Pale".to_owned(), Hue::new(0xDDDDDD, 0x74C5DB));
        let problem = theme.check().remove(0).to_string();
        assert!(
            problem.starts_with(
                "category.\"Pale\" #DDDDDD (light) has too little contrast on card #FFFFFF"
            ),
            "{problem}"
        );
    }

    #[test]
    fn a_category_number_past_the_last_starts_over() {
        let theme = Theme::default();
        assert_eq!(theme.hue(9), theme.hues[1]);
    }

    #[test]
    fn a_key_may_be_left_out_but_not_misspelt() {
        use serde::de::value::{Error, MapDeserializer};
        let read = |keys: &[(&'static str, &'static str)]| {
            Theme::deserialize(MapDeserializer::<_, Error>::new(keys.iter().copied()))
        };
        assert_eq!(read(&[]).unwrap(), Theme::default());
        assert!(
            read(&[("acent", "#000000")])
                .unwrap_err()
                .to_string()
                .contains("acent")
        );
    }
}
