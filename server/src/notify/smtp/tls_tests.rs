//! STARTTLS that succeeds, and one that must not: a server with a certificate of its own.

use super::super::SendError;
use super::super::message::samples;
use super::super::transport::MailTransport;
use andon_pipelines::ids::DeliveryId;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// For localhost and 127.0.0.1, signed by itself, valid for a hundred years; it protects nothing but this test.
const CERTIFICATE: &[u8] = include_bytes!("fixtures/server.der");
const KEY: &[u8] = include_bytes!("fixtures/server.key.der");
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/notify/smtp/fixtures/server.pem");

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let chain = vec![CertificateDer::from(CERTIFICATE)];
    let config = config.with_no_client_auth().with_single_cert(chain, PrivatePkcs8KeyDer::from(KEY).into()).expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

/// Serves one client; answers what it heard after the upgrade.
async fn serve() -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        upgrade(stream).await.unwrap_or_default()
    });
    (port, task)
}

async fn upgrade(stream: TcpStream) -> std::io::Result<Vec<String>> {
    let mut plain = BufReader::new(stream);
    plain.get_mut().write_all(b"220 mail.example.org ready\r\n").await?;
    let mut line = String::new();
    while plain.read_line(&mut line).await? > 0 {
        let answer: &[u8] = match line.trim_end() {
            "STARTTLS" => {
                plain.get_mut().write_all(b"220 go ahead\r\n").await?;
                let secured = acceptor().accept(plain.into_inner()).await?;
                return talk(BufReader::new(secured)).await;
            }
            line if line.starts_with("EHLO") => b"250-mail.example.org\r\n250 STARTTLS\r\n",
            _ => b"530 5.7.0 STARTTLS first\r\n",
        };
        plain.get_mut().write_all(answer).await?;
        line.clear();
    }
    Ok(Vec::new())
}

async fn talk(mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>) -> std::io::Result<Vec<String>> {
    let (mut heard, mut in_text, mut line) = (Vec::new(), false, String::new());
    // Clients end the line without a word.
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer: &[u8] = match said.as_str() {
            "." => b"250 2.0.0 queued\r\n",
            _ if in_text => continue,
            "DATA" => b"354 go on\r\n",
            "QUIT" => b"221 bye\r\n",
            text if text.starts_with("EHLO") => b"250-mail.example.org\r\n250 AUTH PLAIN\r\n",
            text if text.starts_with("AUTH") => b"235 welcome\r\n",
            _ => b"250 fine\r\n",
        };
        in_text = said == "DATA";
        heard.push(said);
        let said = async { stream.get_mut().write_all(answer).await.and(stream.get_mut().flush().await) };
        if said.await.is_err() {
            break;
        }
    }
    Ok(heard)
}

async fn mail(port: u16, authority: &str) -> Result<String, SendError> {
    let setting = format!("smtp://ada:s3cret@127.0.0.1:{port}?from=ci@example.org&tls=starttls{authority}");
    let transport = MailTransport::parse(&setting).expect("a setting");
    transport.send(&samples::gate(), "bob@example.org", DeliveryId::from_number(5), 0).await
}

#[tokio::test]
async fn a_line_is_upgraded_before_anything_is_said() {
    let (port, task) = serve().await;
    let answer = mail(port, &format!("&ca={AUTHORITY}")).await.expect("sent");
    assert_eq!(answer, "2.0.0 queued");
    let heard = task.await.expect("no panic");
    assert!(
        heard.contains(&"AUTH PLAIN AGFkYQBzM2NyZXQ=".to_owned()) && heard.contains(&"RCPT TO:<bob@example.org>".to_owned()),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_it() {
    let (port, task) = serve().await;
    let error = mail(port, "").await.expect_err("an unknown certificate");
    assert!(error.is_temporary() && error.detail.contains("STARTTLS"), "{error}");
    assert!(task.await.expect("no panic").is_empty(), "no password was said");
}
