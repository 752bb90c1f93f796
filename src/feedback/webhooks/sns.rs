//! Messages of Amazon SNS, with their signature of version 2 (RSA with SHA-256).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use url::Url;

use super::Refused;

/// A message of a topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// Notification, `SubscriptionConfirmation`, `UnsubscribeConfirmation`
    #[serde(rename = "Type")]
    kind: String,
    pub(super) message_id: String,
    pub(super) topic_arn: String,
    pub(super) message: String,
    timestamp: String,
    subject: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    pub(super) subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

impl Message {
    /// Reads one.
    ///
    /// # Errors
    /// [`Refused::Unreadable`].
    pub fn read(body: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(body).map_err(|_| Refused::Unreadable)
    }

    /// Where its certificate is, if that is Amazon's own machine.
    #[must_use]
    pub fn certificate_url(&self) -> Option<&str> {
        is_amazons(&self.signing_cert_url).then_some(self.signing_cert_url.as_str())
    }

    pub(super) fn is_subscription(&self) -> bool {
        self.kind == "SubscriptionConfirmation"
            && self.subscribe_url.as_deref().is_some_and(is_amazons)
    }

    /// Verifies the signature with a certificate in PEM.
    pub(super) fn verify(&self, certificate: &[u8]) -> Result<(), Refused> {
        // Version 1 is SHA-1.
        if self.signature_version != "2" {
            return Err(Refused::Unproven);
        }
        let claimed = STANDARD.decode(&self.signature);
        let claimed = claimed.map_err(|_| Refused::Unproven)?;
        let certificate = CertificateDer::from_pem_slice(certificate);
        let certificate = certificate.map_err(|_| Refused::Unproven)?;
        let entity = webpki::EndEntityCert::try_from(&certificate);
        let entity = entity.map_err(|_| Refused::Unproven)?;
        entity
            .verify_signature(
                webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
                self.signed().as_bytes(),
                &claimed,
            )
            .map_err(|_| Refused::Unproven)
    }

    /// What is signed: names and values by name, a line each.
    fn signed(&self) -> String {
        let mut lines = vec![("Message", &self.message), ("MessageId", &self.message_id)];
        if self.kind == "Notification" {
            lines.extend(self.subject.as_ref().map(|subject| ("Subject", subject)));
            lines.push(("Timestamp", &self.timestamp));
        } else {
            lines.extend(self.subscribe_url.as_ref().map(|url| ("SubscribeURL", url)));
            lines.push(("Timestamp", &self.timestamp));
            lines.extend(self.token.as_ref().map(|token| ("Token", token)));
        }
        lines.extend([("TopicArn", &self.topic_arn), ("Type", &self.kind)]);
        lines
            .into_iter()
            .map(|(name, value)| format!("{name}\n{value}\n"))
            .collect()
    }
}

/// `https://sns.REGION.amazonaws.com/…`: a certificate from anywhere else would prove nothing.
fn is_amazons(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com")
            .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    let is_region = region.is_some_and(|region| {
        !region.is_empty()
            && region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && is_region
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_from_amazon_only() {
        for (url, wanted) in [
            (
                "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
                true,
            ),
            ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", true),
            ("http://sns.eu-central-1.amazonaws.com/x.pem", false),
            (
                "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem",
                false,
            ),
            (
                "https://evil.example/sns.eu-central-1.amazonaws.com/x.pem",
                false,
            ),
            ("https://sns.a.b.amazonaws.com/x.pem", false),
            ("https://sns.amazonaws.com/x.pem", false),
            ("https://sns.eu-1.amazonaws.com:444/x.pem", false),
            ("https://a@sns.eu-1.amazonaws.com/x.pem", false),
        ] {
            assert_eq!(is_amazons(url), wanted, "{url}");
        }
    }
}
