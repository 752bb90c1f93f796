//! An answer: its body unpacked and cut at a limit, and what its headers say.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use futures_util::StreamExt as _;
use jiff::fmt::rfc2822;
use reqwest::Response;
use reqwest::header::{self, HeaderMap, HeaderName};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio_util::io::StreamReader;
use url::Url;

use crate::units::Bytes;

use super::Error;

/// What a server said of its last answer, to be sent back byte for byte (RFC 9110 §13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, quotes and weakness mark included.
    pub etag: Option<String>,
    /// The `Last-Modified` header as it stood.
    pub last_modified: Option<String>,
}

impl Validators {
    pub(super) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// Nothing changed since the answer the validators came from.
    NotModified,
    /// A body.
    Body(Box<Body>),
}

/// A successful answer, read to its end or to the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The body, decompressed, never longer than `max_bytes`.
    pub bytes: Vec<u8>,
    /// Whether more would have come: `bytes` is only the beginning.
    pub cut: bool,
    /// How many bytes came over the wire, compressed, without the headers.
    pub wire_bytes: u64,
    /// The `Content-Type` header as it stood.
    pub content_type: Option<String>,
    /// Where it came from after redirects: what relative links are relative to.
    pub final_url: Url,
    /// Where the resource has moved for good, if every redirect said so (301, 308).
    pub moved_to: Option<Url>,
    /// To be sent with the next request.
    pub validators: Validators,
}

/// How long a server wants to be left alone (RFC 9110 §10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// So many seconds from now.
    Seconds(i64),
    /// Until this instant, Unix seconds.
    At(i64),
}

impl RetryAfter {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let said = text(headers, &header::RETRY_AFTER)?;
        let said = said.trim();
        if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are a long time all the same.
            return Some(Self::Seconds(said.parse().unwrap_or(i64::MAX)));
        }
        let date = rfc2822::DateTimeParser::new().parse_timestamp(said).ok()?;
        Some(Self::At(date.as_second()))
    }
}

/// What is understood, in the order of preference; sent with every request.
pub(super) const ACCEPT_ENCODING: &str = "zstd, br, gzip";

/// More is no text anybody wrote: the densest real feeds measured shrink to a thirtieth.
const DENSEST: u64 = 100;

/// What 8 MB of window need, the most that HTTP allows (RFC 9659 §3); the format itself would let a
/// stranger claim 2 GB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The body of `answer`, unpacked, as far as `limit`, and whether it went on.
pub(super) async fn read(answer: Response, limit: Bytes) -> Result<(Vec<u8>, bool, u64), Error> {
    let encoding = text(answer.headers(), &header::CONTENT_ENCODING);
    let encoding = encoding.map(|name| name.trim().to_ascii_lowercase());
    let encoding = encoding.as_deref().unwrap_or("identity");
    let consumed = Arc::new(AtomicU64::new(0));
    let chunks = answer
        .bytes_stream()
        .map(|chunk| chunk.map_err(std::io::Error::other));
    let packed = Counted {
        inner: StreamReader::new(chunks),
        consumed: Arc::clone(&consumed),
    };
    let unpacked: Box<dyn AsyncRead + Send + Unpin> = match encoding {
        "identity" | "" => Box::new(packed),
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(packed);
            decoder.multiple_members(true);
            Box::new(decoder)
        }
        "br" => Box::new(BrotliDecoder::new(packed)),
        "zstd" => Box::new(ZstdDecoder::with_params(
            packed,
            &[DParameter::window_log_max(ZSTD_WINDOW_LOG)],
        )),
        other => return Err(Error::Encoding(other.chars().take(40).collect())),
    };
    let mut bytes = Vec::new();
    let mut beginning = unpacked.take(limit.get().saturating_add(1));
    if let Err(error) = beginning.read_to_end(&mut bytes).await {
        return Err(broken(error, encoding));
    }
    let came = consumed.load(Ordering::Relaxed);
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let cut = length > limit.get();
    if cut && length / came.max(1) > DENSEST {
        return Err(Error::Bomb {
            limit,
            times: DENSEST,
        });
    }
    bytes.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    Ok((bytes, cut, came))
}

/// Counts what is taken out of it: what came but was not needed says nothing of how dense it is.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let found = match self.as_mut().poll_fill_buf(context) {
            Poll::Ready(Ok(found)) => found,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        };
        let length = found.len().min(into.remaining());
        into.put_slice(&found[..length]);
        self.consume(length);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Counted<R> {
    fn poll_fill_buf(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().inner).poll_fill_buf(context)
    }

    fn consume(mut self: Pin<&mut Self>, length: usize) {
        let more = u64::try_from(length).unwrap_or(u64::MAX);
        self.consumed.fetch_add(more, Ordering::Relaxed);
        Pin::new(&mut self.inner).consume(length);
    }
}

/// The connection's fault, or the packing's.
fn broken(error: std::io::Error, encoding: &str) -> Error {
    match error.downcast::<reqwest::Error>() {
        Ok(source) => Error::BrokenOff(source),
        Err(source) => Error::Unpack {
            encoding: encoding.to_owned(),
            source,
        },
    }
}

/// A header as text; none if it is missing, empty, or no text.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_be_left_alone_is_seconds_or_a_date() {
        for (said, found) in [
            ("120", Some(RetryAfter::Seconds(120))),
            (" 0 ", Some(RetryAfter::Seconds(0))),
            ("99999999999999999999", Some(RetryAfter::Seconds(i64::MAX))),
            (
                "Mon, 23 Nov 2026 12:00:00 GMT",
                Some(RetryAfter::At(1_795_435_200)),
            ),
            ("tomorrow", None),
            ("-5", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, said.parse().unwrap());
            assert_eq!(RetryAfter::of(&headers), found, "{said}");
        }
    }
}
