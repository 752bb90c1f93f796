//! A paid message, which says so in its first words and looks like nothing else in the mail.

use maud::{Markup, html};

use super::{Context, against, band, bands, table};
use crate::view::{Direction, SponsorView};

pub(super) fn sponsor(context: &Context<'_>, sponsor: &SponsorView<'_>) -> Markup {
    let (boxes, link) = (&context.styles.boxes, &context.styles.link);
    let (dir, align) = against(context, Direction::of_text(sponsor.text));
    let cells = html! {
        tr { td.sp dir=[dir] align=[align] style=(boxes.sponsor) {
            "\n"
            p.tm style=(boxes.sponsor_name) { (context.view.words.sponsored_by(sponsor.name)) } "\n"
            p.tk style=(boxes.sponsor_title) { (sponsor.title) } "\n"
            p.tb style=(boxes.sponsor_text) { (sponsor.text) } "\n"
            p style="margin:10px 0 0;font-size:14px;line-height:20px" {
                a.ac href=(sponsor.url) rel="sponsored" style=(link.more) { (sponsor.cta) }
            }
            "\n"
        } }
    };
    band(bands::SPONSOR, &table(&cells))
}
