//! What stands in or beside an article and is none of it: share bars, related links, newsletters.
//!
//! Two looks, both by rules that name no site. Before the article is looked for, elements go whose
//! class or id calls them something else; after it was found, blocks go that are only links or begin
//! as such things begin. Nothing goes that holds much of the text: names lie, masses do not.

use std::collections::BTreeSet;

use dom_query::{Document, NodeRef};

use super::head::one_line;
use super::when::{self, Order};

/// Words of a class or id that are never the article's, if the element is no large part of the page.
const NEVER: &[&str] = &[
    "ad",
    "ads",
    "adslot",
    "advert",
    "advertisement",
    "advertising",
    "anzeige",
    "addthis",
    "affiliate",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "comments",
    "commentlist",
    "consent",
    "cookie",
    "cookies",
    "copyright",
    "disqus",
    "donate",
    "donation",
    "footer",
    "gdpr",
    "hashtags",
    "jp",
    "masthead",
    "mostread",
    "modal",
    "navbar",
    "navigation",
    "newsletter",
    "newsletters",
    "outbrain",
    "pager",
    "pagination",
    "popup",
    "popular",
    "print",
    "promo",
    "promos",
    "promotion",
    "promotions",
    "recirc",
    "recirculation",
    "recommended",
    "recommendation",
    "recommendations",
    "related",
    "relatedposts",
    "respond",
    "share",
    "shares",
    "sharebar",
    "sharedaddy",
    "sharing",
    "shariff",
    "sidebar",
    "signup",
    "skip",
    "skyscraper",
    "social",
    "socials",
    "sponsor",
    "sponsored",
    "subscribe",
    "subscription",
    "taboola",
    "taglist",
    "tagcloud",
    "tags",
    "teaser",
    "teasers",
    "toolbar",
    "trending",
    "vcard",
    "yarpp",
    "zergnet",
    "readmore",
    "seealso",
    "paywall",
    "piano",
    "authorbox",
    "bio",
    "biography",
    "promobox",
    "infobox",
    "tooltip",
    "weiterlesen",
    "schlagworte",
];
/// Words of a class or id that are not the article's if there is little in the element.
const SHORT: &[&str] = &[
    "author",
    "authors",
    "autor",
    "byline",
    "credit",
    "credits",
    "date",
    "dateline",
    "datum",
    "meta",
    "metadata",
    "postmeta",
    "published",
    "pubdate",
    "time",
    "timestamp",
    "updated",
    "posted",
    "kicker",
    "category",
    "categories",
    "cat",
    "tag",
    "label",
    "button",
    "btn",
    "source",
    "comment",
    "comments",
    "info",
    "attribution",
    "copyright",
    "reading",
    "readtime",
    "subnav",
    "menu",
    "nav",
    "follow",
    "embed",
    "video",
    "player",
    "gallery",
    "slideshow",
    "carousel",
    "more",
    "rating",
    "votes",
    "views",
    "reply",
    "counter",
    "icon",
    "logo",
    "hidden",
    "widget",
    "utility",
    "tools",
    "actions",
    "edit",
];
const SHORT_WORDS: usize = 35;
/// Neighbouring words that say together what neither says alone.
const PAIRS: &[(&str, &str)] = &[
    ("read", "more"),
    ("read", "next"),
    ("read", "also"),
    ("see", "also"),
    ("also", "read"),
    ("more", "from"),
    ("more", "stories"),
    ("more", "news"),
    ("most", "read"),
    ("most", "popular"),
    ("next", "post"),
    ("previous", "post"),
    ("prev", "next"),
    ("post", "navigation"),
    ("post", "nav"),
    ("nav", "links"),
    ("top", "stories"),
    ("latest", "news"),
    ("sign", "up"),
    ("call", "action"),
    ("author", "box"),
    ("author", "info"),
    ("author", "bio"),
    ("about", "author"),
    ("user", "info"),
    ("post", "tags"),
    ("entry", "footer"),
    ("article", "footer"),
    ("mailing", "list"),
    ("email", "signup"),
    ("you", "may"),
    ("up", "next"),
    ("link", "list"),
    ("story", "links"),
    ("in", "other"),
    ("site", "header"),
    ("site", "footer"),
    ("caption", "credit"),
    ("image", "credit"),
    ("photo", "credit"),
    ("rich", "link"),
    ("back", "top"),
    ("lire", "aussi"),
];
/// How blocks begin that lead elsewhere, in lower case.
const BEGINNINGS: &[&str] = &[
    "read more",
    "read also",
    "also read",
    "read next",
    "see also",
    "see more",
    "related:",
    "related stories",
    "related articles",
    "recommended:",
    "more:",
    "more from",
    "more on this",
    "watch:",
    "don't miss",
    "don’t miss",
    "you may also",
    "you might also",
    "sign up for",
    "sign up to",
    "sign up:",
    "subscribe to",
    "subscribe now",
    "follow us",
    "follow @",
    "like us on",
    "join us on",
    "click here to",
    "click here for",
    "advertisement",
    "get the latest",
    "lesen sie auch",
    "lesen sie mehr",
    "mehr zum thema",
    "auch interessant",
    "das könnte sie",
    "weiterlesen:",
    "lea también",
    "lea además",
    "le puede interesar",
    "te puede interesar",
    "puedes ver",
    "ver también",
    "mira también",
    "lee también",
    "lire aussi",
    "à lire aussi",
    "voir aussi",
    "leggi anche",
    "leia também",
    "leia mais",
    "lees ook",
    "läs också",
    "czytaj też",
    "читайте также",
    "copyright ©",
    "© ",
    "all rights reserved",
    "reach the reporter",
    "send us your",
    "tell us what you think",
    "share this",
    "image:",
    "photo:",
    "foto:",
    "picture:",
    "this post was originally",
    "what do you think?",
    "do you have a story",
    "support our",
    "support us",
    "dieser text wurde veröffentlicht",
    "unterstütze",
    "quelle:",
];
const BEGINNING_WORDS: usize = 60;

/// Takes away what is called something else. `document` is a whole page.
pub(super) fn before(document: &Document) {
    let Some(body) = document.body() else { return };
    let total = letters(&body);
    let mut open = vec![body];
    while let Some(node) = open.pop() {
        for child in node.element_children() {
            let name = child.node_name().unwrap_or_default();
            let fate = fate(&name, &called(&child));
            let goes = match fate {
                Fate::Stays => false,
                Fate::GoesIfSmall => letters(&child) * 10 <= total * 3,
                Fate::GoesIfShort => words(&child.text()) <= SHORT_WORDS,
            };
            if goes && !holds_title(&child) {
                child.remove_from_parent();
            } else {
                open.push(child);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    GoesIfSmall,
    GoesIfShort,
}

fn fate(name: &str, called: &[String]) -> Fate {
    match name {
        "nav" | "aside" | "dialog" | "button" | "footer" => return Fate::GoesIfSmall,
        "time" => return Fate::GoesIfShort,
        "html" | "body" | "main" | "article" | "img" | "picture" | "figure" | "figcaption"
        | "br" => {
            return Fate::Stays;
        }
        _ => {}
    }
    let word = |list: &[&str]| called.iter().any(|word| list.contains(&word.as_str()));
    let pair = called
        .windows(2)
        .any(|two| PAIRS.contains(&(two[0].as_str(), two[1].as_str())));
    if word(NEVER) || pair {
        Fate::GoesIfSmall
    } else if word(SHORT) {
        Fate::GoesIfShort
    } else {
        Fate::Stays
    }
}

fn holds_title(node: &NodeRef<'_>) -> bool {
    node.has_name("h1") || node.descendants_it().any(|inner| inner.has_name("h1"))
}

/// The words of an element's class, id and role: "postMeta-top" is "post", "meta", "top".
fn called(node: &NodeRef<'_>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for name in ["class", "id", "role", "aria-label"] {
        let Some(value) = node.attr(name) else {
            continue;
        };
        let mut word = String::new();
        let mut lower_before = false;
        for c in value.chars().take(400) {
            let ends = !c.is_alphanumeric() || (c.is_uppercase() && lower_before);
            if ends && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            lower_before = c.is_lowercase();
            if c.is_alphanumeric() {
                word.extend(c.to_lowercase());
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        // The last word of one attribute and the first of the next make no pair.
        words.push(String::new());
    }
    words
}

fn letters(node: &NodeRef<'_>) -> usize {
    node.text()
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .count()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Takes away blocks that lead elsewhere, and what was said elsewhere: title, date, names.
pub(super) fn after(fragment: &Document, title: Option<&str>) {
    let root = fragment.root();
    let total = words(&root.text());
    lists(&root, total);
    let blocks: Vec<NodeRef<'_>> = root
        .descendants_it()
        .filter(|node| is_block(node))
        .collect();
    let pictures = descriptions(&root);
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for (at, block) in blocks.iter().enumerate() {
        let text = one_line(&block.text());
        let count = words(&text);
        if count == 0 {
            continue;
        }
        let lower = text.to_lowercase();
        let small = count * 5 <= total;
        let leads_away =
            count <= BEGINNING_WORDS && BEGINNINGS.iter().any(|start| lower.starts_with(start));
        let only_links = count <= 40 && linked_letters(block) * 10 >= letters(block) * 9;
        let caption = count <= 40 && (pictures.contains(&lower) || is_credited(&lower));
        let network = count <= BEGINNING_WORDS && names_networks(&lower);
        let early = at < 6 && count <= 30 && is_preamble(&lower, count);
        let is_title = title.is_some_and(|title| title.eq_ignore_ascii_case(&text));
        if small
            && (leads_away || only_links || caption || network || early || (is_title && at < 6))
        {
            gone.insert(at);
        }
    }
    for at in gone {
        blocks[at].remove_from_parent();
    }
    trailing_headings(&root);
}

/// The words pictures are described by: where a block repeats them, it is a caption.
fn descriptions(root: &NodeRef<'_>) -> BTreeSet<String> {
    root.descendants_it()
        .filter(|node| node.has_name("img"))
        .filter_map(|node| node.attr("alt"))
        .map(|alt| one_line(&alt).to_lowercase())
        .filter(|alt| alt.len() > 20)
        .collect()
}

/// A caption in no element for captions ends in whose picture it is.
fn is_credited(lower: &str) -> bool {
    let marks = [
        "(image:",
        "(photo:",
        "(foto:",
        "(bild:",
        "(picture:",
        " foto: ",
        " photo: ",
    ];
    marks.iter().any(|mark| lower.contains(mark))
}

/// "Follow us on this and that network".
fn names_networks(lower: &str) -> bool {
    let networks = [
        "twitter",
        "facebook",
        "instagram",
        "youtube",
        "whatsapp",
        "telegram",
        "linkedin",
        "tiktok",
    ];
    let invites = [
        "follow", "like us", "find us", "join us", "folg", "sígue", "sigue", "suivez", "seguici",
        "siga", "@",
    ];
    networks
        .iter()
        .filter(|name| lower.contains(**name))
        .count()
        >= 2
        && invites.iter().any(|word| lower.contains(word))
}

/// Blocks with words of their own: paragraphs, headings, and divs that hold no other block.
fn is_block(node: &NodeRef<'_>) -> bool {
    let Some(name) = node.node_name() else {
        return false;
    };
    match name.as_ref() {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => true,
        "div" | "section" => !node.descendants_it().any(|inner| {
            inner.node_name().is_some_and(|name| {
                matches!(
                    name.as_ref(),
                    "p" | "div"
                        | "section"
                        | "ul"
                        | "ol"
                        | "table"
                        | "h1"
                        | "h2"
                        | "h3"
                        | "h4"
                        | "blockquote"
                        | "pre"
                        | "figure"
                        | "dl"
                        | "article"
                )
            })
        }),
        _ => false,
    }
}

fn linked_letters(node: &NodeRef<'_>) -> usize {
    if node.has_name("a") {
        return letters(node);
    }
    node.descendants_it()
        .filter(|inner| inner.has_name("a"))
        .map(|link| letters(&link))
        .sum()
}

/// Lists of links, with the heading that announces them.
fn lists(root: &NodeRef<'_>, total: usize) {
    let lists: Vec<NodeRef<'_>> = root
        .descendants_it()
        .filter(|node| node.has_name("ul") || node.has_name("ol"))
        .collect();
    for list in lists {
        let count = words(&list.text());
        let all = letters(&list);
        if all == 0 || count * 4 > total || linked_letters(&list) * 10 < all * 7 {
            continue;
        }
        if let Some(before) = list.prev_element_sibling() {
            let text = one_line(&before.text());
            let announces = is_heading(&before) || text.ends_with(':');
            if announces && words(&text) <= 12 {
                before.remove_from_parent();
            }
        }
        list.remove_from_parent();
    }
}

fn is_heading(node: &NodeRef<'_>) -> bool {
    ["h1", "h2", "h3", "h4", "h5", "h6"]
        .iter()
        .any(|name| node.has_name(name))
}

/// Dates and names above the first paragraph, where no class told them.
fn is_preamble(lower: &str, count: usize) -> bool {
    let dated = when::parse(lower, Order::DayFirst).is_some();
    let begins = [
        "published",
        "updated",
        "posted",
        "by ",
        "von ",
        "por ",
        "par ",
        "veröffentlicht",
        "stand:",
    ];
    let begins = begins.iter().any(|start| lower.starts_with(start));
    (dated && count <= 20 && (begins || count <= 10))
        || (begins && count <= 10 && !lower.ends_with(['.', '!', '?']))
}

/// Headings with nothing after them.
fn trailing_headings(root: &NodeRef<'_>) {
    let nodes: Vec<NodeRef<'_>> = root.descendants_it().collect();
    for node in nodes.iter().rev() {
        if is_heading(node) {
            node.remove_from_parent();
        } else if node.is_text()
            && !node.text().trim().is_empty()
            && !node.ancestors_it(None).any(|outer| is_heading(&outer))
        {
            return;
        }
    }
}
