//! The invented magazine: its feeds, pictures and readers, and a configuration for it.

use jiff::{Timestamp, ToSpan as _};

pub(super) const DAY_ONE: [(&str, &str); 3] = [
    ("news.rss.xml", include_str!("content/news.rss.xml")),
    ("science.atom.xml", include_str!("content/science.atom.xml")),
    ("culture.json", include_str!("content/culture.json")),
];

pub(super) const DAY_TWO: [(&str, &str); 3] = [
    ("news.rss.xml", include_str!("content/day2/news.rss.xml")),
    (
        "science.atom.xml",
        include_str!("content/day2/science.atom.xml"),
    ),
    ("culture.json", include_str!("content/day2/culture.json")),
];

pub(super) const READERS: &str = include_str!("content/readers.csv");

macro_rules! picture {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("pictures/", $name)).as_slice(),
        )
    };
}

pub(super) const PICTURES: [(&str, &[u8]); 10] = [
    picture!("bell-tower.jpg"),
    picture!("cable-car.jpg"),
    picture!("card-table.jpg"),
    picture!("card-towpath.jpg"),
    picture!("dam.jpg"),
    picture!("lake-buoy.jpg"),
    picture!("night-train.jpg"),
    picture!("pears.jpg"),
    picture!("river-cinema.jpg"),
    picture!("rowing.jpg"),
];

pub(super) const CONFIG: &str = include_str!("content/digest.toml");

/// Fills `{{rfc2822:-3h}}` and `{{rfc3339:-3h}}`: so many hours before `now`, less some minutes that
/// depend on where the placeholder stands, so that not every story appears on the hour.
pub(super) fn dated(text: &str, now: Timestamp) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find("{{") {
        let (before, after) = rest.split_at(begin);
        out.push_str(before);
        let Some(end) = after.find("}}") else { break };
        out.push_str(&date(&after[2..end], now).unwrap_or_default());
        rest = &after[end + 2..];
    }
    out.push_str(rest);
    out
}

fn date(placeholder: &str, now: Timestamp) -> Option<String> {
    let (format, hours) = placeholder.split_once(":-")?;
    let hours: i64 = hours.strip_suffix('h')?.parse().ok()?;
    let at = now - hours.hours() - ((hours * 17) % 50).minutes();
    match format {
        "rfc2822" => Some(at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()),
        "rfc3339" => Some(at.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_becomes_a_date() {
        let now: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap();
        assert_eq!(
            dated("a {{rfc3339:-3h}} b", now),
            "a 2026-11-23T03:59:00Z b"
        );
        for (name, text) in DAY_ONE.into_iter().chain(DAY_TWO) {
            let filled = dated(text, now);
            assert!(!filled.contains("{{") && !filled.contains("}}"), "{name}");
        }
    }
}
