//! Fonts that are on people's machines: the mail asks for no other.

use serde::Deserialize;

/// A stack of fonts that look alike, one of which nearly everybody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Font {
    /// Georgia, a serif made for screens.
    Georgia,
    /// Charter, Cambria on Windows.
    Charter,
    /// Palatino, a wider serif.
    Palatino,
    /// Times.
    Times,
    /// What the reader's system writes its own menus in.
    System,
    /// Helvetica, Arial on Windows.
    Helvetica,
    /// Verdana, wide and legible when small.
    Verdana,
    /// Trebuchet.
    Trebuchet,
}

impl Font {
    /// The value of `font-family`; no double quotes, which end a `style` attribute.
    #[must_use]
    pub fn stack(self) -> &'static str {
        match self {
            Self::Georgia => "Georgia,serif",
            Self::Charter => "Charter,'Bitstream Charter','Sitka Text',Cambria,serif",
            Self::Palatino => "'Palatino Linotype',Palatino,'Book Antiqua',serif",
            Self::Times => "'Times New Roman',Times,serif",
            Self::System => {
                "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
            }
            Self::Helvetica => "'Helvetica Neue',Helvetica,Arial,sans-serif",
            Self::Verdana => "Verdana,Geneva,sans-serif",
            Self::Trebuchet => "'Trebuchet MS','Lucida Grande',sans-serif",
        }
    }

    /// The one font that Word is told: it falls back to Times when the first of a stack is missing.
    pub(crate) fn in_word(self) -> &'static str {
        match self {
            Self::Georgia => "Georgia,serif",
            Self::Charter => "Cambria,serif",
            Self::Palatino => "'Palatino Linotype',serif",
            Self::Times => "'Times New Roman',serif",
            Self::System | Self::Helvetica => "Arial,sans-serif",
            Self::Verdana => "Verdana,sans-serif",
            Self::Trebuchet => "'Trebuchet MS',sans-serif",
        }
    }
}
