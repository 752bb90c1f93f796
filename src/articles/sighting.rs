//! The same article seen again: what a second sighting may change.

use super::{Article, Draft};

/// What a sighting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// The article was not known.
    New,
    /// Something of it changed.
    Updated,
    /// Nothing of it changed.
    Unchanged,
}

/// What `known` becomes when `draft` is seen at `now`; none if nothing changes.
///
/// The source that had it first may change what it said, but never to nothing. Another source only
/// fills gaps: two feeds that word a title differently would otherwise take turns for ever. The date
/// of publication only goes back: publishers raise it with every correction, and a digest must not
/// call a corrected story new.
pub(super) fn merge(known: &Article, draft: &Draft, now: i64) -> Option<Article> {
    let mut next = known.clone();
    let own = draft.source == known.source;
    if own {
        next.url.clone_from(&draft.url);
        next.title.clone_from(&draft.title);
    }
    fill(&mut next.summary, &draft.summary, own);
    fill(&mut next.category, &draft.category, own);
    fill(&mut next.author, &draft.author, own);
    fill(&mut next.language, &draft.language, own);
    fill(&mut next.minutes, &draft.minutes, own);
    fill(&mut next.image_url, &draft.image_url, own);
    if next.image_url == draft.image_url {
        // The text belongs to the picture: a new picture does not inherit the old one's.
        if next.image_url == known.image_url {
            fill(&mut next.image_alt, &draft.image_alt, own);
        } else {
            next.image_alt.clone_from(&draft.image_alt);
        }
    }
    if !draft.tags.is_empty() && (own || known.tags.is_empty()) {
        next.tags.clone_from(&draft.tags);
    }
    if let Some(published_at) = draft.published_at {
        next.published_at = next.published_at.min(published_at);
    }
    if next == *known {
        return None;
    }
    next.updated_at = now;
    Some(next)
}

fn fill<T: Clone>(known: &mut Option<T>, said: &Option<T>, own: bool) {
    if said.is_some() && (own || known.is_none()) {
        known.clone_from(said);
    }
}

/// The article a first sighting makes.
pub(super) fn first(draft: &Draft, now: i64) -> Article {
    let draft = draft.clone();
    Article {
        cluster: Some(draft.id.clone()),
        id: draft.id,
        url: draft.url,
        title: draft.title,
        summary: draft.summary,
        source: draft.source,
        category: draft.category,
        tags: draft.tags,
        author: draft.author,
        image_url: draft.image_url,
        image_alt: draft.image_alt,
        language: draft.language,
        minutes: draft.minutes,
        published_at: draft.published_at.unwrap_or(now),
        first_seen_at: now,
        updated_at: now,
        hidden_at: None,
        pinned_at: None,
        boost: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use crate::articles::Canonical;

    use super::*;

    fn drafted(source: &str) -> Draft {
        let canonical = Canonical::of(&Url::parse("https://example.org/a").unwrap());
        Draft {
            id: canonical.id(),
            origin: None,
            url: canonical.url().to_string(),
            title: "Storm".to_owned(),
            summary: Some("It rained.".to_owned()),
            source: source.to_owned(),
            category: None,
            tags: vec!["sea".to_owned()],
            author: None,
            image_url: Some("https://example.org/a.jpg".to_owned()),
            image_alt: Some("Waves".to_owned()),
            language: None,
            minutes: None,
            published_at: Some(50),
        }
    }

    #[test]
    fn the_same_sighting_again_changes_nothing() {
        let known = first(&drafted("harbour"), 100);
        assert_eq!(merge(&known, &drafted("harbour"), 200), None);
        let undated = Draft {
            published_at: None,
            ..drafted("harbour")
        };
        let known = first(&undated, 100);
        assert_eq!(
            (known.published_at, merge(&known, &undated, 200)),
            (100, None)
        );
    }

    #[test]
    fn its_own_source_corrects_but_never_clears() {
        let known = first(&drafted("harbour"), 100);
        let corrected = Draft {
            title: "Storm passes".to_owned(),
            summary: None,
            tags: Vec::new(),
            image_url: None,
            image_alt: None,
            published_at: Some(90),
            ..drafted("harbour")
        };
        let next = merge(&known, &corrected, 200).unwrap();
        let expected = Article {
            title: "Storm passes".to_owned(),
            updated_at: 200,
            ..known
        };
        assert_eq!(next, expected);
    }

    #[test]
    fn a_new_picture_does_not_inherit_the_old_text() {
        let known = first(&drafted("harbour"), 100);
        let repictured = Draft {
            image_url: Some("https://example.org/b.jpg".to_owned()),
            image_alt: None,
            ..drafted("harbour")
        };
        let next = merge(&known, &repictured, 200).unwrap();
        assert_eq!(
            (next.image_url.as_deref(), next.image_alt),
            (Some("https://example.org/b.jpg"), None)
        );
    }

    #[test]
    fn another_source_only_fills_gaps() {
        let known = first(&drafted("harbour"), 100);
        let other = Draft {
            title: "STORM!!!".to_owned(),
            summary: Some("Rain.".to_owned()),
            author: Some("A. Miller".to_owned()),
            tags: vec!["rain".to_owned()],
            image_url: Some("https://other.example/b.jpg".to_owned()),
            ..drafted("wire")
        };
        let next = merge(&known, &other, 200).unwrap();
        let expected = Article {
            author: Some("A. Miller".to_owned()),
            updated_at: 200,
            ..known
        };
        assert_eq!(next, expected);
    }
}
