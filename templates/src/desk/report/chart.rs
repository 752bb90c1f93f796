//! Opens and clicks as two lines: a wide picture, a narrow one for phones, and the table behind both.
//!
//! The lines differ in lightness and in their dots, and each says what it is.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::view::{ChartView, PointView};
use crate::desk::parts::{self, Column, grouped};

/// A picture's measures, in its own pixels.
#[derive(Clone, Copy)]
struct Frame {
    class: &'static str,
    width: f64,
    height: f64,
    left: f64,
    /// Hours between two labels.
    every: usize,
}

const WIDE: Frame = Frame {
    class: "lines broad",
    width: 900.0,
    height: 310.0,
    left: 52.0,
    every: 3,
};
const NARROW: Frame = Frame {
    class: "lines slim",
    width: 330.0,
    height: 230.0,
    left: 42.0,
    every: 8,
};
const TOP: f64 = 16.0;
const BOTTOM: f64 = 34.0;
const RIGHT: f64 = 16.0;
/// A line of text.
const LINE: f64 = 18.0;
/// From a point up to the words above it.
const ABOVE: f64 = 10.0;
/// Where a line of text stands that is as high as the picture lets it be.
const HIGHEST: f64 = LINE - 4.0;

pub(super) fn card(view: &ChartView) -> Markup {
    let inner = html! {
        p.legend {
            span.o { "First opens by a person" } " " span.c { "First clicks" }
        }
        "\n"
        (lines(view, WIDE))
        (lines(view, NARROW))
        @if !view.days.is_empty() {
            h3 { "After the first day" } "\n"
            (table("Opens and clicks after the first day", "Day", &view.days))
        }
        details {
            summary { "Show the numbers" } "\n"
            (table("Opens and clicks by hour", "Hour", &view.points))
        }
        "\n"
    };
    parts::card("Opens and clicks by hour", Some(&view.aside), &inner)
}

fn table(caption: &str, first: &str, points: &[PointView]) -> Markup {
    let rows = points.iter().map(|point| {
        vec![
            html! { (point.label) },
            html! { (grouped(point.opens)) },
            html! { (grouped(point.clicks)) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        Column::Words(first),
        Column::Number("Opens"),
        Column::Number("Clicks"),
    ];
    parts::table(caption, &columns, &rows)
}

fn lines(view: &ChartView, frame: Frame) -> Markup {
    let points = &view.points;
    let highest = points.iter().map(|point| point.opens.max(point.clicks));
    let step = step(highest.max().unwrap_or(0));
    let top = step * 4;
    let x = |at: usize| {
        let all = points.len() + view.ahead.len();
        let gaps = float(all.saturating_sub(1).max(1));
        frame.left + float(at) * (frame.width - frame.left - RIGHT) / gaps
    };
    let y = |value: u64| {
        let height = frame.height - TOP - BOTTOM;
        TOP + height - height * count(value) / count(top)
    };
    let path = |part: fn(&PointView) -> u64| {
        let mut path = String::new();
        for (at, point) in points.iter().enumerate() {
            let _infallible = write!(path, "{:.1},{:.1} ", x(at), y(part(point)));
        }
        path.trim_end().to_owned()
    };
    let (opens, clicks) = (path(|point| point.opens), path(|point| point.clicks));
    let last = points.len().saturating_sub(1);
    let area = format!("{:.1},{:.1} {opens} {:.1},{:.1}", x(0), y(0), x(last), y(0));
    let peaks = peaks(points, (&x, &y), frame);
    let labels = points.iter().map(|point| &point.label);
    let labels = labels.chain(&view.ahead);
    html! {
        svg class=(frame.class) viewBox={ "0 0 " (frame.width) " " (frame.height) } role="img"
            aria-label=(view.sentence) {
            "\n"
            @for number in 0..=4_u64 {
                @let level = format!("{:.1}", y(step * number));
                line.grid x1=(frame.left) x2=(frame.width - RIGHT) y1=(level) y2=(level) {}
                text.y x=(frame.left - 8.0) y=(format!("{:.1}", y(step * number) + 4.5)) {
                    (grouped(step * number))
                }
                "\n"
            }
            @for (at, label) in labels.enumerate() {
                @if at % frame.every == 0 {
                    text.x x=(format!("{:.1}", x(at))) y=(frame.height - 8.0) { (label) } "\n"
                }
            }
            polygon.area points=(area) {} "\n"
            polyline.opens points=(opens) {} "\n"
            polyline.clicks points=(clicks) {} "\n"
            @for peak in &peaks {
                circle class=(peak.class) cx=(format!("{:.1}", peak.x)) cy=(format!("{:.1}", peak.y)) r="4.5" {}
                // Its halo is a text of its own: validators do not know `paint-order`.
                @for class in ["halo", "peak"] {
                    text class={ (class) " " (peak.side) } x=(format!("{:.1}", peak.text_x))
                        y=(format!("{:.1}", peak.text_y)) { (peak.words) }
                }
                "\n"
            }
        }
        "\n"
    }
}

/// The highest point of a line, with its words beside it.
struct Peak {
    class: &'static str,
    side: &'static str,
    x: f64,
    y: f64,
    text_x: f64,
    text_y: f64,
    words: String,
}

fn peaks(
    points: &[PointView],
    (x, y): (&impl Fn(usize) -> f64, &impl Fn(u64) -> f64),
    frame: Frame,
) -> Vec<Peak> {
    let highest = |part: fn(&PointView) -> u64| {
        let all = points.iter().enumerate();
        // Of equals the first.
        all.rev()
            .map(|(at, point)| (part(point), at))
            .max_by_key(|(value, _)| *value)
            .filter(|(value, _)| *value > 0)
    };
    let lines = [
        ("open", "opens", highest(|point| point.opens)),
        ("click", "clicks", highest(|point| point.clicks)),
    ];
    let mut peaks: Vec<Peak> = Vec::new();
    for (one, many, highest) in lines {
        let Some((value, at)) = highest else {
            continue;
        };
        let (is_late, here) = (x(at) > frame.width * 0.7, (x(at), y(value)));
        // Above its point, where its own line cannot come; beside it where the picture ends.
        let mut text_y = match here.1 - ABOVE {
            above if above >= HIGHEST => above,
            _ => here.1 + 5.0,
        };
        let near = |other: &&mut Peak| {
            (other.text_x - here.0).abs() < 110.0 && (other.text_y - text_y).abs() < LINE
        };
        if let Some(other) = peaks.iter_mut().find(near) {
            let above = text_y - LINE;
            if above >= HIGHEST {
                other.text_y = above;
            } else {
                text_y = other.text_y + LINE;
            }
        }
        peaks.push(Peak {
            class: many,
            side: if is_late { "before" } else { "after" },
            x: here.0,
            y: here.1,
            text_x: here.0 + if is_late { -12.0 } else { 12.0 },
            text_y,
            words: format!("{} {}", grouped(value), if value == 1 { one } else { many }),
        });
    }
    peaks
}

/// First opens by hour as bars in a line of text.
pub(super) fn spark(values: &[u64], sentence: &str) -> Markup {
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let bars = values.iter().enumerate().map(|(at, value)| {
        let height =
            (count(*value) / count(highest) * 24.0).max(if *value > 0 { 1.5 } else { 0.0 });
        (
            at * 5,
            format!("{:.1}", 26.0 - height),
            format!("{height:.1}"),
        )
    });
    let width = values.len().max(1) * 5;
    html! {
        @if values.iter().all(|value| *value == 0) {
            span.usual { (sentence) }
        } @else {
            svg.spark viewBox={ "0 0 " (width) " 27" } width=(width) height="27" role="img" aria-label=(sentence) {
                rect.base y="26" width=(width) height="1" {}
                @for (x, y, height) in bars { rect.fill x=(x) y=(y) width="4" height=(height) {} }
            }
        }
    }
}

/// A round number of which four reach at least as high as the highest value.
fn step(highest: u64) -> u64 {
    let mut magnitude = 1_u64;
    loop {
        for round in [1, 2, 5] {
            let step = round * magnitude;
            if step.saturating_mul(4) >= highest || magnitude >= 1_000_000_000_000 {
                return step;
            }
        }
        magnitude *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "people, far below 2^52")]
fn count(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn float(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_round_steps_hold_the_highest() {
        for (highest, expected) in [
            (0, 1),
            (4, 1),
            (5, 2),
            (9, 5),
            (742, 200),
            (800, 200),
            (801, 500),
            (123_456, 50_000),
        ] {
            assert_eq!(step(highest), expected, "{highest}");
        }
        assert!(step(u64::MAX) > 0);
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (value, words) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(value), words);
        }
    }

    #[test]
    fn labels_of_close_peaks_do_not_meet() {
        let point = |opens, clicks| PointView {
            label: String::new(),
            opens,
            clicks,
        };
        for points in [
            vec![point(10, 9), point(1, 0)],
            vec![point(199, 199)],
            vec![point(170, 165)],
            vec![point(5, 5)],
            vec![point(0, 0), point(0, 0), point(1, 1)],
        ] {
            let (x, y) = (
                |at: usize| float(at) * 30.0,
                |value: u64| 200.0 - count(value),
            );
            let peaks = peaks(&points, (&x, &y), WIDE);
            assert!(
                (peaks[0].text_y - peaks[1].text_y).abs() >= LINE,
                "{points:?}"
            );
        }
    }
}
