//! Shares as bars in a picture that any browser and any page of documentation shows.

use courant_templates::escaped;
use std::fmt::Write as _;

use super::summary::Row;

const WIDTH: usize = 800;
const LINE: usize = 26;
const LEFT: usize = 410;
const BAR: f64 = 320.0;

/// The rows as an SVG picture: one bar a policy, with its interval.
#[must_use]
pub fn chart(rows: &[Row], title: &str) -> String {
    let height = LINE * (rows.len() + 2);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-weight=\"bold\" fill=\"#222\">{title}</text>\n",
        title = escaped(title),
    );
    for (at, row) in rows.iter().enumerate() {
        let top = LINE * (at + 1) + 8;
        let colour = if row.policy.starts_with("courant") {
            "#0b6e4f"
        } else {
            "#8a97a6"
        };
        let end = LEFT as f64 + BAR * row.share.clamp(0.0, 1.0);
        let reach = BAR * row.share_plus_minus.unwrap_or(0.0).clamp(0.0, 1.0);
        let middle = top + 9;
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#222\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{top}\" width=\"{:.1}\" height=\"18\" fill=\"{colour}\"/>\
             <path d=\"M{:.1} {middle}H{:.1}\" stroke=\"#222\" stroke-width=\"1.5\"/>\
             <text x=\"{:.1}\" y=\"{}\" fill=\"#222\">{:.3}</text>",
            LEFT - 8,
            top + 14,
            escaped(row.words),
            end - LEFT as f64,
            end - reach,
            end + reach,
            end + reach + 6.0,
            top + 14,
            row.share,
        );
    }
    svg.push_str("</svg>\n");
    svg
}
