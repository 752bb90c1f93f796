//! A few readers made of rules: they open what arrived and press links over real HTTP.

use jiff::ToSpan as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::sink::Mail;
use crate::clock::Clock;
use crate::edition::Edition;
use crate::links::{Kind, Links, TOKEN_CHARS};

/// What all readers did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pressed {
    pub opens: u64,
    pub clicks: u64,
    pub scanned: u64,
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SCANNER: &str = "BarracudaCentral mail gateway";

/// Lets every recipient read their mail in the hours after it was sent. Two thirds open it; they like
/// science and technology, some of them sport; one mailbox sits behind a scanner that follows every
/// link at once.
pub(super) async fn read(
    mails: &[Mail],
    edition: &Edition,
    links: &Links,
    clock: &Clock,
) -> Pressed {
    let mut pressed = Pressed::default();
    let sent_at = clock.now();
    for (index, mail) in mails.iter().enumerate() {
        let urls = urls(mail, links.base());
        let mut time = sent_at + 5.seconds();
        clock.set(time);
        if index == 5 {
            for url in urls.iter().filter(|url| url.contains("/c/")) {
                pressed.scanned += u64::from(get(url, SCANNER).await);
            }
            continue;
        }
        if index % 3 == 2 {
            continue;
        }
        let minutes = i64::try_from(index).unwrap_or(0) * 20;
        time = sent_at + 1.hour() + minutes.minutes();
        clock.set(time);
        for url in urls.iter().filter(|url| url.contains("/o/")) {
            pressed.opens += u64::from(get(url, BROWSER).await);
        }
        for url in urls.iter().filter(|url| url.contains("/c/")) {
            let token = links.verify(&url[url.len() - TOKEN_CHARS..]);
            let Some(Kind::Click(link)) = token.map(|token| token.kind) else {
                continue;
            };
            let entry = edition.entries.iter().find(|entry| entry.link == link);
            let Some(entry) = entry else { continue };
            let likes = match entry.article.category.as_deref() {
                Some("Science" | "Technology") => index % 6 != 4,
                Some("Sport") => index % 4 == 1,
                _ => (index + usize::from(link)) % 9 == 0,
            };
            if likes {
                time += 40.seconds();
                clock.set(time);
                pressed.clicks += u64::from(get(url, BROWSER).await);
            }
        }
    }
    pressed
}

/// Our links in a message, each once, in reading order.
fn urls(mail: &Mail, base: &str) -> Vec<String> {
    // Soft line breaks of quoted-printable may stand inside a link (RFC 2045 section 6.7).
    let text = String::from_utf8_lossy(&mail.bytes).replace("=\r\n", "");
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices(base) {
        let length = base.len() + "/c/".len() + TOKEN_CHARS;
        if let Some(url) = text.get(at..at + length)
            && !found.iter().any(|known| known == url)
        {
            found.push(url.to_owned());
        }
    }
    found
}

/// Asks for a URL on this machine, without following where it leads; true if it was answered.
async fn get(url: &str, user_agent: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let asked = async {
        let host = url.host_str().unwrap_or("127.0.0.1");
        let port = url.port().unwrap_or(80);
        let mut stream = TcpStream::connect((host, port)).await?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {user_agent}\r\nConnection: close\r\n\r\n",
            url.path()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = asked.await.unwrap_or_default();
    answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.1 302")
}
