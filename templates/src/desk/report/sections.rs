//! Figures, funnel, click map and tables of a report.

use maud::{Markup, html};

use super::view::{CellView, ColumnView, FigureView, MapView, StepView, TableView};
use crate::desk::parts::{self, Column};

pub(super) fn figures(figures: &[FigureView]) -> Markup {
    html! {
        dl.figures {
            "\n"
            @for figure in figures {
                div {
                    dt { (figure.name) }
                    dd.value { (figure.value) }
                    dd {
                        (figure.detail)
                        @if let Some(usual) = &figure.usual { " " span.usual { (usual) } }
                        @if let Some((tone, words)) = &figure.alarm { " " (parts::badge(*tone, words)) }
                    }
                }
                "\n"
            }
        }
        "\n"
    }
}

pub(super) fn funnel(steps: &[StepView]) -> Markup {
    let list = html! {
        ol.funnel {
            "\n"
            @for step in steps {
                li class=[step.is_guess.then_some("guess")] {
                    span.name { (step.name) } " "
                    (parts::bar(step.share)) " "
                    strong { (step.count) }
                    @if let Some(lost) = &step.lost { p { (lost) } }
                }
                "\n"
            }
        }
        "\n"
    };
    parts::card("From list to click", None, &list)
}

pub(super) fn map(map: &MapView) -> Markup {
    let inner = html! {
        p.heat {
            (map.ends.0) " "
            svg viewBox="0 0 130 12" width="130" height="12" aria-hidden="true" {
                @for step in 0..5_u8 {
                    rect class={ "h" (step + 1) } x=(u32::from(step) * 27) width="22" height="12" rx="2" {}
                }
            }
            " " (map.ends.1)
        }
        "\n"
        // No script, no form, no way out: what is pressed in it does nothing. Of the page's own origin, so
        // that it is drawn with the page and readers of screens find their way in. What scrolls is around it: a
        // frame that a keyboard is in shows nothing of that.
        section.map tabindex="0" aria-label="Click map" {
            iframe title="The edition, with how many followed each story" sandbox="allow-same-origin"
                tabindex="-1" height=(map.height) srcdoc=(map.html) {}
        }
        "\n"
        p.hint { (map.note) }
        "\n"
    };
    parts::card("Click map", Some(&map.aside), &inner)
}

pub(super) fn table(view: &TableView) -> Markup {
    let columns = view.columns.iter().map(|column| match column {
        ColumnView::Words(words) => Column::Words(words),
        ColumnView::Number(words) => Column::Number(words),
        ColumnView::Bars => Column::Picture,
    });
    let columns: Vec<Column<'_>> = columns.collect();
    let cell = |cell: &CellView| match cell {
        CellView::Text(words) => html! { (words) },
        CellView::Two(words, small) => html! { (words) small { (small) } },
        CellView::Marked(tone, words) => parts::badge(*tone, words),
        CellView::Bar(share) => parts::bar(*share),
    };
    let rows = view.rows.iter().map(|row| row.iter().map(cell).collect());
    let rows: Vec<Vec<Markup>> = rows.collect();
    let inner = html! {
        @if rows.is_empty() {
            p.empty { (view.empty) } "\n"
        } @else {
            (parts::table(&view.title, &columns, &rows))
        }
        @for note in &view.notes { p.hint { (note) } "\n" }
    };
    parts::card(&view.title, view.aside.as_deref(), &inner)
}
