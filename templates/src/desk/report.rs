//! What became of an edition, and the list of such reports.
//!
//! The charts are pictures made here, each with a table behind it; nothing is known by colour alone.

mod chart;
mod sections;
mod view;

use maud::{Markup, html};

use super::parts;
use super::shell::{DeskView, HeadView, page};
use crate::theme::Theme;

pub use view::{
    CellView, ChartView, ColumnView, FigureView, LineView, MapView, PointView, ReportView,
    ReportsView, StepView, TableView,
};

/// The page of one report; also a file that is whole in itself, for a [`DeskView`] that leads nowhere.
#[must_use]
pub fn report(desk: &DeskView<'_>, view: &ReportView, theme: &Theme) -> String {
    let actions = html! {
        @if let Some(url) = &view.edition {
            (parts::link_button(parts::Weight::Other, "The edition", url))
        }
        @if !view.files.is_empty() {
            details.menu {
                summary.btn { "Download" } "\n"
                ul {
                    "\n"
                    @for (words, url) in &view.files { li { a href=(url) { (words) } } "\n" }
                }
                "\n"
            }
            "\n"
        }
    };
    let head = HeadView {
        title: &view.title,
        tab: None,
        sub: Some(&view.sub),
        state: Some((view.state.0, &view.state.1)),
        actions,
        message: None,
    };
    page(desk, &head, &body(view), theme)
}

fn body(view: &ReportView) -> Markup {
    let table = |table: &Option<TableView>| {
        html! { @if let Some(table) = table { (sections::table(table)) } }
    };
    html! {
        div.stack.report {
            "\n"
            (sections::figures(&view.figures))
            @if let Some(silent) = &view.silent { p.card { (silent) } "\n" }
            @if !view.notes.is_empty() {
                ul.notes { "\n" @for note in &view.notes { li { (note) } "\n" } }
                "\n"
            }
            div class=(if view.chart.is_some() { "split" } else { "stack" }) {
                "\n"
                @if let Some(chart) = &view.chart { (chart::card(chart)) }
                (sections::funnel(&view.funnel))
            }
            "\n"
            (table(&view.subjects))
            div class=(if view.map.is_some() { "split back" } else { "stack" }) {
                "\n"
                @if let Some(map) = &view.map { (sections::map(map)) }
                div.stack {
                    "\n"
                    (table(&view.articles)) (table(&view.services)) (table(&view.popularity))
                }
                "\n"
            }
            "\n"
            div.pair { "\n" (table(&view.growth)) (table(&view.cohorts)) }
            "\n"
        }
        "\n"
    }
}

/// The page that lists reports, the newest first.
#[must_use]
pub fn reports(desk: &DeskView<'_>, view: &ReportsView, theme: &Theme) -> String {
    let head = HeadView {
        title: "Reports",
        sub: Some(&view.sub),
        ..HeadView::default()
    };
    let rows = view.lines.iter().map(|line| {
        let mut row = vec![html! {
            a href=(line.url) { (line.title) }
            small { (line.sub) " " (parts::badge(line.state.0, &line.state.1)) }
        }];
        row.push(chart::spark(&line.opens_by_hour, &line.sentence));
        row.extend(line.figures.iter().map(|figure| html! { (figure) }));
        row
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let mut columns = vec![
        parts::Column::Words("Edition"),
        parts::Column::Words("First day"),
    ];
    columns.extend(view.figures.iter().map(|name| parts::Column::Number(name)));
    let main = html! {
        @if rows.is_empty() {
            p.card { (view.empty) } "\n"
        } @else {
            section.card {
                "\n"
                (parts::records("Editions and what became of them", &columns, &rows))
                @for note in &view.notes { p.hint { (note) } "\n" }
            }
            "\n"
        }
    };
    page(desk, &head, &main, theme)
}
