//! The document around the card: head, style blocks, wrapper, pixel.
//!
//! This is the only file that writes unescaped text: the conditional comments of classic Outlook, of
//! which only the names of fonts vary, one of a closed list. Style blocks are escaped like any text, so they use none of the characters
//! that escaping changes.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Context;
use crate::pieces::used_hues;
use crate::style::dir;
use crate::theme::Theme;
use crate::typography::full_name;
use crate::view::{Copy, Direction, EditionView, SectionView};

/// For Word: pictures at their size on 120 dpi screens, fonts it knows, line heights it obeys, and
/// the padding of the button, which it takes from the cell and not from the link. The namespace
/// stands on the block itself: on `html` no validator accepts it.
fn mso_head(theme: &Theme) -> String {
    let (text, headline) = (theme.text_font.in_word(), theme.headline_font.in_word());
    format!(
        "<!--[if mso]>\n\
         <xml xmlns:o=\"urn:schemas-microsoft-com:office:office\"><o:OfficeDocumentSettings>\
         <o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>\n\
         <style>\n\
         table{{border-collapse:collapse;mso-table-lspace:0;mso-table-rspace:0}}\n\
         td,p,h1,h2,h3,a,span{{mso-line-height-rule:exactly}}\n\
         td,p,a,span{{font-family:{text} !important}}\n\
         h1,h1 a,h2.hl,h2.hl a,h3,h3 a,.dk{{font-family:{headline} !important}}\n\
         .bt{{mso-padding-alt:14px 26px}}\n\
         </style>\n\
         <![endif]-->"
    )
}

/// Word knows `max-width` on nothing that matters, so a table of 600 pixels stands around the card.
const GHOST_OPEN: &str = "<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"600\" \
    cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->";
const GHOST_CLOSE: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// First block: resets, and what a phone changes. 560 and not 600, because up to there the padding
/// of 32 still leaves room for the picture of 536.
const PHONE: &str = "\n\
    body{margin:0;padding:0;width:100%;-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%}\n\
    table{border-spacing:0}\n\
    img{border:0;-ms-interpolation-mode:bicubic}\n\
    @media only screen and (max-width:560px){\n\
    .p{padding-left:20px !important;padding-right:20px !important}\n\
    .bn{font-size:36px !important;line-height:42px !important}\n\
    .hl{font-size:27px !important;line-height:33px !important}\n\
    .dk{font-size:17px !important;line-height:27px !important}\n\
    .hr{font-size:19px !important;line-height:25px !important}\n\
    .dl{font-size:13px !important}\n\
    .w1{width:100% !important}\n\
    .bw{display:block !important;text-align:center !important}\n\
    }\n";

/// Where the sections go in the card.
pub(super) const SECTIONS: Mark = PreEscaped("<!--sections-->");
/// Where the stories go in a section.
pub(super) const STORIES: Mark = PreEscaped("<!--stories-->");

/// A place in markup, to be found again: no text can hold it, since text is escaped.
pub(super) type Mark = PreEscaped<&'static str>;

/// The document around the rows of the card.
pub(super) fn document(context: &Context<'_>, body: &Body) -> Markup {
    let Context {
        view,
        theme,
        styles,
    } = context;
    let frame = &styles.frame;
    let name = full_name(view.brand, view.edition_name);
    let title = if view.date.is_empty() {
        name.into_owned()
    } else {
        [&*name, view.date].join(&view.words.comma)
    };
    let rtl = (view.direction == Direction::RightToLeft).then_some("rtl");
    let (role, roledescription) = match view.copy {
        Copy::Mail => ("article", Some("email")),
        Copy::Browser | Copy::Archive => ("main", None),
    };
    html! {
        (DOCTYPE) "\n"
        html lang=(view.language) dir=(dir(view.direction)) {
            "\n" (head(context, &title)) "\n"
            body.bg style=(frame.canvas) {
                "\n"
                div.bg role=(role) aria-roledescription=[roledescription] aria-label=(title)
                    lang=(view.language) dir=(dir(view.direction)) style=(frame.wrapper) {
                    "\n"
                    table.bg role="presentation" width="100%" cellpadding="0" cellspacing="0"
                        bgcolor=(theme.canvas.light) {
                        tr { td align="center" {
                            "\n" (PreEscaped(GHOST_OPEN)) "\n"
                            @if let Some(utility) = &body.utility { (column(context, utility)) }
                            table.cd role="presentation" width="100%" cellpadding="0"
                                cellspacing="0" dir=[rtl] bgcolor=(theme.card.light)
                                style=(frame.card) { "\n" (body.card) }
                            "\n"
                            (column(context, &body.footer))
                            (PreEscaped(GHOST_CLOSE)) "\n"
                        } }
                    }
                    "\n"
                }
                "\n"
                @if let (Copy::Mail, Some(url)) = (view.copy, view.pixel_url) {
                    img src=(url) width="1" height="1" alt="";
                    "\n"
                }
            }
            "\n"
        }
        "\n"
    }
}

/// What stands above, on and below the card, each as table rows.
pub(super) struct Body {
    pub(super) utility: Option<Markup>,
    pub(super) card: Markup,
    pub(super) footer: Markup,
}

/// Rows on the canvas, as wide as the card.
fn column(context: &Context<'_>, rows: &Markup) -> Markup {
    let rtl = (context.view.direction == Direction::RightToLeft).then_some("rtl");
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" dir=[rtl]
            style=(context.styles.frame.column) { "\n" (rows) }
        "\n"
    }
}

fn head(context: &Context<'_>, title: &str) -> Markup {
    html! {
        head {
            "\n"
            meta charset="utf-8"; "\n"
            meta name="viewport" content="width=device-width,initial-scale=1"; "\n"
            meta name="x-apple-disable-message-reformatting" content=""; "\n"
            meta name="format-detection"
                content="telephone=no,date=no,address=no,email=no,url=no"; "\n"
            meta name="color-scheme" content="light dark"; "\n"
            meta name="supported-color-schemes" content="light dark"; "\n"
            @match context.view.copy {
                Copy::Mail => {}
                Copy::Browser => { meta name="robots" content="noindex"; "\n" }
                Copy::Archive => { (shared(context.view)) }
            }
            title { (title) } "\n"
            (PreEscaped(mso_head(context.theme))) "\n"
            style { (PHONE) } "\n"
            style { (dark(context)) } "\n"
            style { (outlook_com(context)) } "\n"
        }
    }
}

/// What other sites show when somebody shares the archive copy.
fn shared(view: &EditionView<'_>) -> Markup {
    let lead = view.sections.iter().find_map(|section| {
        if let SectionView::Lead(entry) = section {
            Some(entry)
        } else {
            None
        }
    });
    html! {
        meta property="og:type" content="article"; "\n"
        meta property="og:site_name" content=(view.brand); "\n"
        @if let Some(entry) = lead {
            meta property="og:title" content=(entry.title); "\n"
            @if let Some(summary) = entry.summary {
                meta property="og:description" content=(summary); "\n"
            }
            @if let Some(image) = entry.image {
                meta property="og:image" content=(image.url); "\n"
            }
        }
    }
}

/// A colour that a class has in the dark: class, property, value.
type Rule = (String, &'static str, String);

/// The dark shade of everything that has a colour inline.
fn dark_colors(context: &Context<'_>) -> Vec<Rule> {
    let theme = context.theme;
    let mut rules: Vec<Rule> = [
        ("bg", "background", theme.canvas),
        ("cd", "background", theme.card),
        ("nt", "background", theme.note),
        ("sp", "background", theme.sponsor),
        ("ab", "background", theme.accent),
        ("bt", "background", theme.button),
        ("ph", "background", theme.placeholder),
        ("tk", "color", theme.ink),
        ("tb", "color", theme.body),
        ("tm", "color", theme.muted),
        ("ac", "color", theme.accent),
        ("btl", "color", theme.on_button),
        ("sp", "border-color", theme.sponsor_edge),
        ("ae", "border-color", theme.accent),
        ("ln", "border-color", theme.line),
        ("rl", "border-color", theme.rule),
        ("ch", "border-color", theme.chip_edge),
        ("btl", "border-color", theme.button),
    ]
    .into_iter()
    .map(|(class, property, hue)| (class.to_owned(), property, hue.dark.to_string()))
    .collect();
    let used = used_hues(context.view);
    for number in (0..8).filter(|number| used & (1 << number) != 0) {
        let (class, dark) = (
            format!("k{}", number + 1),
            theme.hue(number).dark.to_string(),
        );
        rules.push((class.clone(), "color", dark.clone()));
        rules.push((class, "border-color", dark));
    }
    rules
}

/// Second block, for programs that honour `prefers-color-scheme`.
fn dark(context: &Context<'_>) -> String {
    let rules: Vec<String> = dark_colors(context)
        .into_iter()
        .map(|(class, property, value)| format!(".{class}{{{property}:{value} !important}}\n"))
        .collect();
    format!(
        "\n:root{{color-scheme:light dark}}\n\
         @media (prefers-color-scheme:dark){{\n{}}}\n",
        rules.concat()
    )
}

/// Third block: Outlook.com and the Outlook apps mark what they recolour (`data-ogsb` grounds,
/// `data-ogsc` text) instead of honouring the media query.
fn outlook_com(context: &Context<'_>) -> String {
    let rules: Vec<String> = dark_colors(context)
        .into_iter()
        .filter_map(|(class, property, value)| {
            let marked = match property {
                "background" => "ogsb",
                "color" => "ogsc",
                _ => return None,
            };
            Some(format!(
                "[data-{marked}] .{class}{{{property}:{value} !important}}\n"
            ))
        })
        .collect();
    format!(
        "\na[x-apple-data-detectors]{{color:inherit !important;text-decoration:none !important}}\n\
         .tk:hover{{text-decoration:underline !important}}\n{}",
        rules.concat()
    )
}
