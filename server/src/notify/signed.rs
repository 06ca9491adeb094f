//! A notification for programs: JSON, signed as the Standard Webhooks specification says, so that receivers verify it with
//! any of its libraries.

use super::message::Message;
use crate::clock::Random;
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::ids::DeliveryId;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";

#[derive(Debug, thiserror::Error)]
#[error("a webhook's secret is `whsec_` and then 24 to 64 bytes in base64; leave it out to have one made")]
pub struct BadSecret;

/// The secret that sender and receiver share.
#[derive(Debug)]
pub struct WebhookSecret(SecretBox<Vec<u8>>);

impl WebhookSecret {
    /// Draws one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(SecretBox::new(Box::new(random.bytes::<32>().to_vec())))
    }

    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// [`BadSecret`].
    pub fn parse(text: &SecretString) -> Result<Self, BadSecret> {
        let encoded = text.expose_secret().strip_prefix(PREFIX).ok_or(BadSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(SecretBox::new(Box::new(bytes)))) } else { Err(BadSecret) }
    }

    /// The text to give to the receiver, and to seal in the vault.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        let encoded = Zeroizing::new(STANDARD.encode(self.0.expose_secret()));
        format!("{PREFIX}{}", encoded.as_str()).into()
    }

    /// `v1,…` for a message.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes keys of any length");
        for part in [id, ".", &timestamp_s.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// What to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedWebhook {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Renders and signs one attempt. `event_at_ms` is when it happened and `now_ms` the time of the attempt, which the
/// receiver compares with its clock; the identifier stays the same for every attempt.
#[must_use]
pub fn render_webhook(message: &Message, delivery: DeliveryId, event_at_ms: i64, now_ms: i64, secret: &WebhookSecret) -> SignedWebhook {
    let message = message.tidy();
    let at = DateTime::from_timestamp_millis(event_at_ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut data = serde_json::to_value(&message).unwrap_or_default();
    data["headline"] = message.headline().into();
    let kind = data["event"].as_str().unwrap_or("unknown").to_owned();
    let body = json!({"type": format!("{}.{kind}", noun(&message)), "timestamp": at, "data": data}).to_string();
    sign_webhook(body, delivery, now_ms, secret)
}

/// What a message is about: `job`, `resource` or `pipeline`.
fn noun(message: &Message) -> &'static str {
    match (&message.job, message.event) {
        (_, NotifyEvent::VersionPublished) => "resource",
        (None, NotifyEvent::Paused) => "pipeline",
        _ => "job",
    }
}

/// Signs one attempt at a body.
#[must_use]
pub fn sign_webhook(body: String, delivery: DeliveryId, now_ms: i64, secret: &WebhookSecret) -> SignedWebhook {
    let id = delivery.to_string();
    let timestamp_s = now_ms.div_euclid(1000);
    let signature = secret.sign(&id, timestamp_s, &body);
    let headers = vec![
        ("webhook-id".to_owned(), id),
        ("webhook-timestamp".to_owned(), timestamp_s.to_string()),
        ("webhook-signature".to_owned(), signature),
    ];
    SignedWebhook { headers, body }
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;
    use crate::clock::TestRandom;

    #[test]
    fn the_example_of_the_specification_verifies() {
        let secret = WebhookSecret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).expect("a secret");
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_read_back_and_bad_ones_refused() {
        let secret = WebhookSecret::generate(&TestRandom::with_clock(0).1);
        let again = WebhookSecret::parse(&secret.to_text()).expect("a secret");
        assert_eq!(again.sign("a", 1, "b"), secret.sign("a", 1, "b"));
        assert!(!format!("{secret:?}").contains(secret.to_text().expose_secret()));
        for bad in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8=", "whsec_????"] {
            assert!(WebhookSecret::parse(&bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_body_says_everything() {
        let secret = WebhookSecret::generate(&TestRandom::with_clock(0).1);
        let webhook = render_webhook(&samples::failed(), DeliveryId::from_number(77), 1_700_000_000_123, 1_700_000_060_000, &secret);
        insta::assert_json_snapshot!(serde_json::from_str::<serde_json::Value>(&webhook.body).expect("JSON"));
        assert_eq!(webhook.headers[1].1, "1700000060");
    }
}
