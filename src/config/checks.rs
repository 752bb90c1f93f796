//! `[check]` in `digest.toml`: what `courant check` cannot find out by itself, and what it leaves alone.
//!
//! It stands here and not beside the checks because they look at the whole configuration.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::units::Span;

/// `[check]` in `digest.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Name server that is asked instead of the system's, address and port.
    #[serde(deserialize_with = "socket")]
    pub resolver: Option<SocketAddr>,
    /// Addresses from which mail reaches readers' services: those of the relays.
    #[serde(deserialize_with = "addresses")]
    pub sending: Vec<IpAddr>,
    /// `SpamAssassin`'s daemon, host and port.
    pub spamd: Option<String>,
    /// rspamd's worker, an http URL.
    pub rspamd: Option<String>,
    /// How long all checks together may take.
    pub time_limit: Span,
    /// Checks that are left out.
    pub skip: Vec<Check>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            resolver: None,
            sending: Vec::new(),
            spamd: None,
            rspamd: None,
            time_limit: Span::seconds(30),
            skip: Vec::new(),
        }
    }
}

impl Checks {
    /// Keys whose values cannot be used, with the reason and what to write.
    pub(super) fn problems(&self) -> Vec<(&'static str, String, Option<&'static str>)> {
        let mut problems = Vec::new();
        if !(1..=300).contains(&self.time_limit.as_seconds()) {
            let message = "all checks together take between 1 and 300 seconds".to_owned();
            problems.push(("time_limit", message, Some("such as \"30s\"")));
        }
        if let Some(text) = &self.spamd
            && host_and_port(text).is_none()
        {
            let message = format!("\"{text}\" is no host and port");
            problems.push(("spamd", message, Some("such as \"127.0.0.1:783\"")));
        }
        if let Some(text) = &self.rspamd
            && !Url::parse(text)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        {
            let message = format!("\"{text}\" is not an http or https URL");
            problems.push((
                "rspamd",
                message,
                Some("such as \"http://127.0.0.1:11333\""),
            ));
        }
        problems
    }
}

/// Host and port of a text such as `localhost:783` or `[::1]:783`.
#[must_use]
pub fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_name = !host.is_empty() && !host.contains([':', '/', ' ', '@']);
    match bare {
        Some(bare) => bare.parse::<IpAddr>().is_ok().then_some((bare, port)),
        None => is_name.then_some((host, port)),
    }
}

fn socket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.parse().or_else(|_| {
        // The usual port may be left out.
        text.parse()
            .map(|address: IpAddr| SocketAddr::new(address, 53))
    });
    address.map(Some).map_err(|_| {
        let message = format!("\"{text}\" is no address and port, such as \"127.0.0.1:53\"");
        serde::de::Error::custom(message)
    })
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: String| {
        text.parse().map_err(|_| {
            let message = format!("\"{text}\" is no address, such as \"192.0.2.1\"");
            serde::de::Error::custom(message)
        })
    };
    texts.into_iter().map(read).collect()
}

/// One thing that can be wrong before a sending. Its name is part of the contract.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The html part stays below what mail programs clip.
    HtmlSize,
    /// Style blocks stay below what Gmail reads.
    StyleSize,
    /// Pictures are few bytes.
    PictureSize,
    /// Every link leads to a page.
    LinkAnswers,
    /// Links use TLS.
    LinkHttps,
    /// Links lead there without detours.
    LinkRedirects,
    /// No link leads to a test host.
    LinkHost,
    /// Every picture is there.
    Pictures,
    /// Readers' own links are answered by this installation.
    Service,
    /// The mail program's unsubscribe button is answered.
    OneClick,
    /// Pictures say what they show.
    Alt,
    /// Headings are in order.
    Headings,
    /// The mail says its language.
    Language,
    /// Text can be told from its ground, in light and in dark.
    Contrast,
    /// Text is large enough.
    TextSize,
    /// Links say where they lead.
    LinkText,
    /// Tables of the layout are not read out as tables.
    LayoutTables,
    /// The text part tells the same.
    TextPart,
    /// The subject.
    Subject,
    /// The preview line.
    Preheader,
    /// The name in From.
    SenderName,
    /// No story stands there twice.
    RepeatedStory,
    /// Stories that are shown large have a summary.
    Summary,
    /// The weather is of now.
    Weather,
    /// The editor's note is short, and its Markdown is read.
    Note,
    /// The paid message is marked as such.
    Sponsor,
    /// Who publishes, and where.
    PostalAddress,
    /// The header section is as the standards and mail services want it.
    Headers,
    /// The headers for leaving.
    ListUnsubscribe,
    /// The message is signed, and what matters is covered.
    DkimSignature,
    /// The key in the DNS is the key that signs.
    DkimKey,
    /// The bounce domain says that the relays may send for it.
    Spf,
    /// The From domain says what happens with forgeries.
    Dmarc,
    /// Signature and bounce domain belong to the From domain.
    Alignment,
    /// Replies and bounces reach us.
    Mx,
    /// The sending addresses have names that lead back.
    Ptr,
    /// The relay takes our log-in.
    Relay,
    /// What spam filters think of the mail.
    SpamScore,
    /// This machine's clock is right.
    Clock,
    /// There is room on the disk.
    Disk,
    /// Somebody would get it.
    Audience,
    /// The list has few dead addresses.
    ListHealth,
    /// Few readers complain.
    Complaints,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// How much there is.
    Size,
    /// What is said.
    Content,
    /// Where it leads.
    Links,
    /// Whether everybody can read it.
    Reading,
    /// Whether it arrives.
    Delivery,
    /// Who gets it.
    List,
    /// The machine that sends.
    Machine,
}

impl Group {
    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Size => "Size",
            Self::Content => "Content",
            Self::Links => "Links",
            Self::Reading => "Reading",
            Self::Delivery => "Delivery",
            Self::List => "List",
            Self::Machine => "Machine",
        }
    }
}

impl Check {
    /// What it is about.
    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::HtmlSize | Self::StyleSize | Self::PictureSize => Group::Size,
            Self::LinkAnswers
            | Self::LinkHttps
            | Self::LinkRedirects
            | Self::LinkHost
            | Self::Pictures
            | Self::Service
            | Self::OneClick => Group::Links,
            Self::Alt
            | Self::Headings
            | Self::Language
            | Self::Contrast
            | Self::TextSize
            | Self::LinkText
            | Self::LayoutTables
            | Self::TextPart => Group::Reading,
            Self::Subject
            | Self::Preheader
            | Self::SenderName
            | Self::RepeatedStory
            | Self::Summary
            | Self::Weather
            | Self::Note
            | Self::Sponsor
            | Self::PostalAddress => Group::Content,
            Self::Headers
            | Self::ListUnsubscribe
            | Self::DkimSignature
            | Self::DkimKey
            | Self::Spf
            | Self::Dmarc
            | Self::Alignment
            | Self::Mx
            | Self::Ptr
            | Self::Relay
            | Self::SpamScore => Group::Delivery,
            Self::Audience | Self::ListHealth | Self::Complaints => Group::List,
            Self::Clock | Self::Disk => Group::Machine,
        }
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_has_a_host_and_a_port() {
        for (text, found) in [
            ("127.0.0.1:783", Some(("127.0.0.1", 783))),
            ("localhost:783", Some(("localhost", 783))),
            ("[::1]:783", Some(("::1", 783))),
            ("::1:783", None),
            ("localhost", None),
            ("localhost:0", None),
            (":783", None),
            ("http://localhost:783", None),
            ("[x]:783", None),
        ] {
            assert_eq!(host_and_port(text), found, "{text}");
        }
    }

    #[test]
    fn a_check_is_called_in_kebab_case() {
        assert_eq!(Check::DkimKey.to_string(), "dkim-key");
        assert_eq!(Check::LinkHttps.to_string(), "link-https");
    }
}
