//! How a site looks: its colours in light and dark, and its logo.
//!
//! A [`Theme`] comes from the site's configuration; every key may be left out. Colours are six-digit
//! hex because mail programs drop other notations. [`Theme::check`] computes the contrast of every
//! pair of text and background that occurs in a mail or a page (WCAG 2.2, success criterion 1.4.3);
//! whoever loads a theme decides what to do about the answer.

mod color;
mod font;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

pub use color::{Hex, HexError, LEAST_CONTRAST};
pub use font::Font;

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
    const fn new(light: u32, dark: u32) -> Self {
        Self {
            light: Hex::new(light),
            dark: Hex::new(dark),
        }
    }

    fn in_scheme(self, scheme: Scheme) -> Hex {
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
    /// Width of that picture as shown, in pixels, 280 at most.
    pub logo_width: u16,
    /// Height of that picture as shown, in pixels, 60 at most.
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
            logo_width: 280,
            logo_height: 60,
        }
    }
}

/// A text colour that is too close to what it stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct ContrastProblem {
    /// Key of the text colour, such as `accent` or `hues[3]`.
    pub text: Cow<'static, str>,
    /// Key of the colour behind it, such as `card`.
    pub on: &'static str,
    /// Which shade of both.
    pub scheme: Scheme,
    /// The text colour.
    pub color: Hex,
    /// The colour behind it.
    pub background: Hex,
    /// Their contrast, under [`LEAST_CONTRAST`].
    pub ratio: f64,
    /// The shade nearest to `color` that can be read there.
    pub nearest: Hex,
}

impl fmt::Display for ContrastProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            on,
            color,
            background,
            nearest,
            ..
        } = self;
        let scheme = match self.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        // Cut, not rounded: 4.499 must not read as the 4.50 it fails to reach.
        let ratio = (self.ratio * 100.0).floor() / 100.0;
        write!(
            f,
            "{text} {color} on {on} {background} ({scheme}) has a contrast of {ratio:.2}, \
             under {LEAST_CONTRAST}; the nearest shade that passes is {nearest}"
        )
    }
}

impl Theme {
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

    /// Every pair of text and ground that cannot be read well; none if the theme is good.
    #[must_use]
    pub fn check(&self) -> Vec<ContrastProblem> {
        let mut problems = Vec::new();
        for (text, color, on, ground) in self.pairs() {
            for scheme in [Scheme::Light, Scheme::Dark] {
                let (color, background) = (color.in_scheme(scheme), ground.in_scheme(scheme));
                let ratio = color.contrast(background);
                if ratio < LEAST_CONTRAST {
                    let nearest = color.readable_on(background);
                    let problem = ContrastProblem {
                        text: text.clone(),
                        on,
                        scheme,
                        color,
                        background,
                        ratio,
                        nearest,
                    };
                    problems.push(problem);
                }
            }
        }
        problems
    }

    /// Every text colour with every ground it stands on somewhere.
    fn pairs(&self) -> Vec<(Cow<'static, str>, Hue, &'static str, Hue)> {
        const HUES: [&str; 8] = [
            "hues[0]", "hues[1]", "hues[2]", "hues[3]", "hues[4]", "hues[5]", "hues[6]", "hues[7]",
        ];
        let mut pairs = vec![("on_button".into(), self.on_button, "button", self.button)];
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
        for (on, ground) in grounds {
            pairs.extend(
                texts
                    .iter()
                    .map(|&(text, color)| (text.into(), color, on, ground)),
            );
        }
        // No headline stands on the canvas.
        let on_canvas = texts.iter().filter(|(text, _)| *text != "ink");
        pairs.extend(on_canvas.map(|&(text, color)| (text.into(), color, "canvas", self.canvas)));
        pairs.push(("muted".into(), self.muted, "placeholder", self.placeholder));
        pairs.extend(
            HUES.into_iter()
                .zip(self.hues)
                // Named below, by whom they belong to.
                .filter(|(_, hue)| !self.category.values().any(|own| own == hue))
                .map(|(text, hue)| (text.into(), hue, "card", self.card)),
        );
        pairs.extend(self.category.iter().map(|(name, hue)| {
            let text = format!("category.\"{name}\"");
            (text.into(), *hue, "card", self.card)
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
        let grounds: Vec<_> = problems.iter().map(|problem| problem.on).collect();
        assert_eq!(grounds, ["card", "note", "sponsor", "canvas"]);
        for problem in &problems {
            assert_eq!((&*problem.text, problem.scheme), ("accent", Scheme::Light));
            assert!(problem.nearest.contrast(problem.background) >= LEAST_CONTRAST);
        }
        assert_eq!(
            problems[0].to_string(),
            "accent #4FB3CC on card #FFFFFF (light) has a contrast of 2.42, under 4.5; \
             the nearest shade that passes is #387F91"
        );
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
            problem
                .starts_with("category.\"Pale\" #DDDDDD on card #FFFFFF (light) has a contrast of"),
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
