//! Inline styles of the mail, written out once for a theme and a direction.
//!
//! Everything a mail program must know to show the design stands here as the value of a `style`
//! attribute; the style blocks in `email/layout.rs` only improve it. "Start" and "end" become left
//! and right here, because mail programs do not know logical properties. Padding stands on cells
//! only, since classic Outlook ignores it elsewhere.

use crate::theme::{Hex, Theme};
use crate::typography::takes_tracking;
use crate::view::Direction;

/// The edge where lines begin.
pub(crate) fn start(direction: Direction) -> &'static str {
    match direction {
        Direction::LeftToRight => "left",
        Direction::RightToLeft => "right",
    }
}

/// The edge where lines end.
pub(crate) fn end(direction: Direction) -> &'static str {
    match direction {
        Direction::LeftToRight => "right",
        Direction::RightToLeft => "left",
    }
}

/// The value of a `dir` attribute.
pub(crate) fn dir(direction: Direction) -> &'static str {
    match direction {
        Direction::LeftToRight => "ltr",
        Direction::RightToLeft => "rtl",
    }
}

/// Padding of the rows of the card: the number is the space above, in pixels.
pub(crate) mod band {
    pub(crate) const MASTHEAD: &str = "padding:26px 32px 20px";
    pub(crate) const CLOSE: &str = "padding:0 32px";
    pub(crate) const BOX: &str = "padding:24px 32px 0";
    pub(crate) const SPONSOR: &str = "padding:26px 32px 0";
    pub(crate) const LEAD: &str = "padding:32px 32px 0";
    pub(crate) const MINOR: &str = "padding:36px 32px 0";
    pub(crate) const SECTION: &str = "padding:40px 32px 0";
    pub(crate) const AFTER_LEAD: &str = "padding:44px 32px 0";
    pub(crate) const FOOTER: &str = "padding:24px 32px 40px";
}

/// Headlines, which take their colour from the link inside.
pub(crate) struct Headlines {
    pub(crate) lead: String,
    pub(crate) large: String,
    pub(crate) card: String,
    pub(crate) small: String,
    /// The heading of a letter, which has no link inside.
    pub(crate) letter: String,
}

impl Headlines {
    fn new(font: &str, ink: Hex) -> Self {
        let bold = |sizes: &str| format!("margin:0;font:bold {sizes} {font}");
        Self {
            lead: bold("32px/38px"),
            large: bold("20px/26px"),
            card: bold("18px/24px"),
            small: bold("17px/23px"),
            letter: format!("{};color:{ink}", bold("27px/33px")),
        }
    }
}

/// Values of `style` attributes, named after what wears them.
pub(crate) struct Styles {
    pub(crate) frame: Frame,
    pub(crate) headline: Headlines,
    pub(crate) link: Links,
    pub(crate) story: Story,
    pub(crate) cell: Cells,
    pub(crate) boxes: Boxes,
    hues: [HueStyles; 8],
}

impl Styles {
    /// Writes the styles out.
    pub(crate) fn new(theme: &Theme, language: &str, direction: Direction) -> Self {
        let capitals = if takes_tracking(language) {
            ";letter-spacing:1px;text-transform:uppercase"
        } else {
            ""
        };
        Self {
            frame: Frame::new(theme, language, direction),
            headline: Headlines::new(theme.headline_font.stack(), theme.ink.light),
            link: Links::new(theme, direction),
            story: Story::new(theme),
            cell: Cells::new(theme, direction),
            boxes: Boxes::new(theme, direction, capitals),
            hues: theme
                .hues
                .map(|hue| HueStyles::new(hue.light, direction, capitals)),
        }
    }

    /// Styles in the colour of a category; a number past the last hue starts over.
    pub(crate) fn hue(&self, number: usize) -> &HueStyles {
        &self.hues[number % self.hues.len()]
    }
}

/// Around the stories: canvas, masthead, footer.
pub(crate) struct Frame {
    pub(crate) canvas: String,
    pub(crate) wrapper: String,
    pub(crate) column: String,
    pub(crate) card: String,
    pub(crate) bar: String,
    pub(crate) utility: String,
    pub(crate) utility_end: String,
    pub(crate) wordmark: String,
    pub(crate) logo: String,
    pub(crate) edition_name: String,
    pub(crate) date: String,
    pub(crate) hairline: String,
    pub(crate) weather: String,
    pub(crate) strong: String,
    pub(crate) footer: String,
}

impl Frame {
    fn new(theme: &Theme, language: &str, direction: Direction) -> Self {
        let (start, canvas) = (start(direction), theme.canvas.light);
        let (serif, sans) = (theme.headline_font.stack(), theme.text_font.stack());
        let (ink, muted, accent) = (theme.ink.light, theme.muted.light, theme.accent.light);
        let tracking = if takes_tracking(language) {
            ";letter-spacing:-1px"
        } else {
            ""
        };
        let line = theme.line.light;
        let rules = format!("border-top:1px solid {line};border-bottom:1px solid {line}");
        let date = format!(
            "{rules};padding:10px 0;{}",
            text((14, 20), theme.body.light)
        );
        Self {
            canvas: format!("margin:0;padding:0;background:{canvas}"),
            wrapper: format!(
                "background:{canvas};font-family:{sans};\
                 word-break:break-word;overflow-wrap:break-word"
            ),
            column: format!("max-width:600px;text-align:{start}"),
            card: format!(
                "max-width:600px;background:{};text-align:{start}",
                theme.card.light
            ),
            bar: format!("height:5px;font-size:0;line-height:0;background:{accent}"),
            utility: format!("padding:14px 0;{}", text((13, 20), muted)),
            utility_end: format!(
                "padding:14px 0;padding-{start}:16px;font-size:13px;line-height:20px;\
                 white-space:nowrap"
            ),
            wordmark: format!("margin:0;font:bold 44px/50px {serif}{tracking}"),
            logo: format!("max-width:100%;height:auto;font:bold 44px/50px {serif};color:{ink}"),
            edition_name: format!("margin:4px 0 0;font-weight:bold;{}", text((14, 20), accent)),
            weather: format!("{date};padding-{start}:12px"),
            date,
            hairline: format!("border-top:1px solid {line};height:1px;font-size:0;line-height:0"),
            strong: format!("color:{ink}"),
            footer: para("10px 0 0", (13, 20), muted),
        }
    }
}

/// Links by what they are part of.
pub(crate) struct Links {
    pub(crate) title: String,
    pub(crate) more: String,
    pub(crate) text: String,
    pub(crate) whole: String,
    pub(crate) footer: String,
    pub(crate) picture: String,
    pub(crate) quiet: String,
    pub(crate) button: String,
    pub(crate) chip: String,
}

impl Links {
    fn new(theme: &Theme, direction: Direction) -> Self {
        let (body, accent, button) = (theme.body.light, theme.accent.light, theme.button.light);
        Self {
            title: format!("color:{};text-decoration:none", theme.ink.light),
            more: format!("color:{accent};font-weight:bold;text-decoration:underline"),
            text: format!("color:{accent};text-decoration:underline"),
            whole: format!("color:{accent};text-decoration:underline;white-space:nowrap"),
            footer: format!("color:{body};text-decoration:underline;white-space:nowrap"),
            picture: format!("color:{};text-decoration:none", theme.muted.light),
            quiet: format!("color:{};text-decoration:underline", theme.muted.light),
            // The border keeps the button's shape where a dark mode takes its ground away.
            button: format!(
                "display:inline-block;padding:13px 25px;border:1px solid {button};\
                 border-radius:4px;font-weight:bold;{};text-decoration:none",
                text((16, 20), theme.on_button.light)
            ),
            chip: format!(
                "display:inline-block;margin:0 0 10px;margin-{}:2px;padding:7px 14px;\
                 border:1px solid {};border-radius:18px;color:{body};text-decoration:none",
                end(direction),
                theme.chip_edge.light
            ),
        }
    }
}

/// Paragraphs and pictures of a story.
pub(crate) struct Story {
    pub(crate) summary: String,
    pub(crate) meta: String,
    pub(crate) small_meta: String,
    pub(crate) after_label: String,
    pub(crate) byline: String,
    pub(crate) length: String,
    pub(crate) lead_summary: String,
    pub(crate) lead_image: String,
    pub(crate) thumb: String,
    pub(crate) card_image: String,
    pub(crate) card_kind: String,
    pub(crate) card_text: String,
    pub(crate) letter_text: String,
    pub(crate) letter_small: String,
}

impl Story {
    fn new(theme: &Theme) -> Self {
        let (body, muted) = (theme.body.light, theme.muted.light);
        let tile = format!("background:{}", theme.placeholder.light);
        let fluid = "display:block;width:100%;height:auto";
        Self {
            summary: para("6px 0 0", (15, 23), body),
            meta: para("8px 0 0", (14, 20), muted),
            small_meta: para("3px 0 0", (13, 18), muted),
            after_label: format!("color:{muted};font-weight:normal"),
            byline: para("10px 0 0", (14, 20), muted),
            length: para("0", (14, 20), muted),
            lead_summary: format!(
                "margin:18px 0 0;font:18px/28px {};color:{body}",
                theme.headline_font.stack()
            ),
            lead_image: format!("{fluid};max-width:536px;{tile};{}", text((14, 20), muted)),
            thumb: format!("display:block;{tile}"),
            card_image: format!("{fluid};max-width:260px;{tile}"),
            card_kind: para("10px 0 2px", (13, 18), muted),
            card_text: para("3px 0 0", (15, 22), body),
            letter_text: para("12px 0 0", (16, 25), body),
            letter_small: para("20px 0 0", (14, 21), muted),
        }
    }
}

/// Cells of the lists; the first of a list has no rule above it.
pub(crate) struct Cells {
    pub(crate) rank: Row,
    pub(crate) ranked: Row,
    pub(crate) time: Row,
    pub(crate) timed: Row,
    pub(crate) feature: Row,
    pub(crate) thumb: Row,
    pub(crate) compact: Row,
}

/// The same cell in the first row and in those after it.
pub(crate) struct Row {
    first: String,
    next: String,
}

impl Row {
    /// The style for the row with this number, counted from 0.
    pub(crate) fn at(&self, number: usize) -> &str {
        if number == 0 { &self.first } else { &self.next }
    }
}

impl Cells {
    fn new(theme: &Theme, direction: Direction) -> Self {
        let rule = format!("border-top:1px solid {};", theme.line.light);
        let row = |first: &str, next: &str, rest: &str| Row {
            first: format!("padding:{first}{rest}"),
            next: format!("{rule}padding:{next}{rest}"),
        };
        let rank = format!(";width:44px;{}", text((28, 30), theme.accent.light));
        // A time may be wider than its column, which then grows; it must not touch the headline.
        let time = format!(
            ";padding-{}:8px;width:76px;{};white-space:nowrap",
            end(direction),
            text((13, 22), theme.muted.light)
        );
        Self {
            rank: row("14px 0 18px", "17px 0 18px", &rank),
            ranked: row("15px 0 18px", "18px 0", ""),
            time: row("16px 0 14px", "15px 0 14px", &time),
            timed: row("15px 0 14px", "14px 0", ""),
            feature: row("15px 0 18px", "18px 0", ""),
            thumb: row("18px 0", "21px 0 18px", ";width:112px"),
            compact: row("15px 0 13px", "13px 0", ""),
        }
    }
}

/// Boxes, section headers, and the button's ground.
pub(crate) struct Boxes {
    pub(crate) notice: String,
    pub(crate) notice_text: String,
    pub(crate) note: String,
    pub(crate) note_text: String,
    pub(crate) note_more: String,
    pub(crate) sponsor: String,
    pub(crate) sponsor_name: String,
    pub(crate) sponsor_title: String,
    pub(crate) sponsor_text: String,
    pub(crate) button: String,
    pub(crate) rule: String,
    pub(crate) heading: String,
}

impl Boxes {
    fn new(theme: &Theme, direction: Direction, capitals: &str) -> Self {
        let (ink, body, muted) = (theme.ink.light, theme.body.light, theme.muted.light);
        let (start, accent) = (start(direction), theme.accent.light);
        Self {
            notice: format!("padding:16px 20px;border:1px solid {}", theme.line.light),
            notice_text: para("0", (15, 23), body),
            note: format!(
                "padding:18px 20px;background:{};border-{start}:4px solid {accent}",
                theme.note.light
            ),
            note_text: para("0", (16, 25), body),
            note_more: para("10px 0 0", (16, 25), body),
            sponsor: format!(
                "padding:18px 20px 20px;background:{};border:1px solid {}",
                theme.sponsor.light, theme.sponsor_edge.light
            ),
            sponsor_name: para("0 0 6px", (13, 18), muted),
            sponsor_title: format!("{};font-weight:bold", para("0", (17, 24), ink)),
            sponsor_text: para("4px 0 0", (15, 23), body),
            button: format!("background:{};border-radius:4px", theme.button.light),
            rule: format!("border-top:2px solid {};padding-top:11px", theme.rule.light),
            heading: heading(ink, capitals),
        }
    }
}

/// What wears the colour of a category.
pub(crate) struct HueStyles {
    pub(crate) rule: String,
    pub(crate) rule_end: String,
    pub(crate) heading: String,
    pub(crate) label: String,
    pub(crate) small_label: String,
    pub(crate) lead_label: String,
}

impl HueStyles {
    fn new(hue: Hex, direction: Direction, capitals: &str) -> Self {
        let rule = format!("border-top:3px solid {hue};padding-top:11px");
        Self {
            rule_end: format!(
                "{rule};padding-{}:12px;font-size:13px;line-height:20px",
                start(direction)
            ),
            rule,
            heading: heading(hue, capitals),
            label: format!("{};font-weight:bold", para("0 0 3px", (13, 20), hue)),
            small_label: format!("{};font-weight:bold", para("3px 0 0", (13, 18), hue)),
            lead_label: format!("{};font-weight:bold", para("0 0 8px", (14, 20), hue)),
        }
    }
}

/// Size and line height in pixels, and colour.
fn text((size, line): (u8, u8), color: Hex) -> String {
    format!("font-size:{size}px;line-height:{line}px;color:{color}")
}

fn para(margin: &str, sizes: (u8, u8), color: Hex) -> String {
    format!("margin:{margin};{}", text(sizes, color))
}

fn heading(color: Hex, capitals: &str) -> String {
    format!("{};font-weight:bold{capitals}", para("0", (14, 20), color))
}
