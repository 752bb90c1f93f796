//! Views for the golden files and the promises: an invented town, its paper, and five odd days.

pub(crate) mod abroad;
pub(crate) mod desk;
pub(crate) mod odd;
pub(crate) mod pages;
pub(crate) mod tarnfold;

use courant_templates::view::{EntryView, ImageView, LabelView, LinkView};

/// An address as long as the short links of a real site: 60 characters.
#[macro_export]
macro_rules! link {
    ($key:literal) => {
        concat!(
            "https://go.tarnfoldpost.example/a/k7Qm2xVdR9wZpYb4cN6t-",
            $key
        )
    };
}

/// A picture on the paper's own host.
#[macro_export]
macro_rules! picture {
    ($name:literal) => {
        concat!(
            "https://images.tarnfoldpost.example/2023/12/",
            $name,
            ".jpg"
        )
    };
}

pub(crate) const fn label(name: &'static str, hue: usize) -> Option<LabelView<'static>> {
    Some(LabelView { name, hue })
}

pub(crate) const fn image(url: &'static str, alt: &'static str) -> Option<ImageView<'static>> {
    Some(ImageView { url, alt })
}

pub(crate) const fn to(name: &'static str, url: &'static str) -> LinkView<'static> {
    LinkView { name, url }
}

/// A story of which only the headline and the address are known.
pub(crate) const fn bare(title: &'static str, url: &'static str) -> EntryView<'static> {
    EntryView {
        title,
        url,
        summary: None,
        label: None,
        byline: None,
        reading_time: None,
        time: None,
        image: None,
        language: None,
        direction: None,
        badge: None,
    }
}

/// A story with a summary and a reading time.
pub(crate) const fn told(
    title: &'static str,
    url: &'static str,
    summary: &'static str,
    reading_time: &'static str,
) -> EntryView<'static> {
    EntryView {
        summary: Some(summary),
        reading_time: Some(reading_time),
        ..bare(title, url)
    }
}
