//! Against a real server on a real socket: the part of RFC 5321 that a client meets, and the ways in which servers fail.

use super::super::message::samples;
use super::super::transport::MailTransport;
use super::super::{FailureClass, SendError};
use andon_pipelines::ids::DeliveryId;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Where a server departs from the good way: at the line that begins with this word (`GREETING`, or `TEXT` for the mail
/// itself), it does that.
#[derive(Clone, Copy)]
struct Fault {
    at: &'static str,
    what: FaultKind,
}

#[derive(Clone, Copy)]
enum FaultKind {
    Answer(&'static str),
    Hang,
    Drop,
}

struct Server {
    port: u16,
    /// Whole conversations' client lines and the mails' texts.
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mut talk = Talk { stream: BufReader::new(stream), log: Arc::clone(&log), fault };
                talks.spawn(async move {
                    let _ = talk.run().await;
                });
            }
        });
        Self { port, heard, task }
    }

    async fn mail(&self, setting: &str) -> Result<String, SendError> {
        let setting = setting.replace("PORT", &self.port.to_string());
        let transport = MailTransport::parse(&setting).expect("a setting");
        transport.send(&samples::gate(), "Bob <bob@example.org>", DeliveryId::from_number(5), 1_700_000_000_000).await
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no panic").clone()
    }
}

struct Talk {
    stream: BufReader<TcpStream>,
    log: Arc<Mutex<Vec<String>>>,
    fault: Option<Fault>,
}

impl Talk {
    async fn run(&mut self) -> std::io::Result<()> {
        self.say("GREETING", "220 mail.example.org ready").await?;
        let mut line = String::new();
        while self.stream.read_line(&mut line).await? > 0 {
            let heard = std::mem::take(&mut line).trim_end().to_owned();
            self.log.lock().expect("no panic").push(heard.clone());
            let word = heard.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match word.as_str() {
                "EHLO" => self.say("EHLO", "250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?,
                "AUTH" => self.say("AUTH", "235 2.7.0 welcome").await?,
                "DATA" => {
                    self.say("DATA", "354 go on").await?;
                    self.take_text().await?;
                    self.say("TEXT", "250 2.0.0 queued as 4711").await?;
                }
                "QUIT" => return self.say("QUIT", "221 bye").await,
                _ => self.say(&word, "250 fine").await?,
            }
        }
        Ok(())
    }

    async fn take_text(&mut self) -> std::io::Result<()> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
                break;
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        self.log.lock().expect("no panic").push(text);
        Ok(())
    }

    async fn say(&mut self, at: &str, answer: &str) -> std::io::Result<()> {
        let answer = match self.fault.filter(|fault| fault.at == at).map(|fault| fault.what) {
            None => answer,
            Some(FaultKind::Answer(other)) => other,
            Some(FaultKind::Drop) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            Some(FaultKind::Hang) => {
                // Until the client goes away.
                self.stream.read_to_end(&mut Vec::new()).await?;
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
        };
        self.stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await
    }
}

const PLAIN: &str = "smtp://127.0.0.1:PORT?from=Andon <ci@example.org>";
/// The servers of these tests answer at once or never, so a short limit only makes the tests short.
const HASTY: &str = "smtp://127.0.0.1:PORT?from=ci@example.org&timeout=0.3";

#[tokio::test]
async fn a_mail_arrives_whole() {
    let server = Server::start(None).await;
    let answer = server.mail(PLAIN).await.expect("sent");
    assert_eq!(answer, "2.0.0 queued as 4711");
    let heard = server.heard();
    assert_eq!(heard[1..4], ["MAIL FROM:<ci@example.org>", "RCPT TO:<bob@example.org>", "DATA"]);
    let text = &heard[4];
    assert!(text.contains("Subject: shop/sign-off #3 awaits approval") && text.contains("multipart/alternative"), "{text}");
    assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000005@example.org>"), "{text}");
}

#[tokio::test]
async fn a_password_signs_in() {
    let server = Server::start(None).await;
    server.mail("smtp://ada:s3cret@127.0.0.1:PORT?from=ci@example.org").await.expect("sent");
    // base64 of NUL ada NUL s3cret
    assert!(server.heard().contains(&"AUTH PLAIN AGFkYQBzM2NyZXQ=".to_owned()), "{:?}", server.heard());
}

#[tokio::test]
async fn a_refused_receiver_or_text_is_permanent_with_the_servers_words() {
    for at in ["RCPT", "MAIL", "DATA", "TEXT"] {
        let server = Server::start(Some(Fault { at, what: FaultKind::Answer("550 5.1.1 nobody of that name") })).await;
        let error = server.mail(PLAIN).await.expect_err(at);
        assert_eq!(error.class, FailureClass::Permanent, "{at}: {error}");
        assert!(error.detail.contains("550") && error.detail.contains("nobody of that name"), "{error}");
    }
}

#[tokio::test]
async fn a_busy_server_is_temporary() {
    for at in ["GREETING", "MAIL", "RCPT", "TEXT"] {
        let server = Server::start(Some(Fault { at, what: FaultKind::Answer("451 4.3.0 try later") })).await;
        let error = server.mail(PLAIN).await.expect_err(at);
        assert!(error.is_temporary() && error.detail.contains("try later"), "{at}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_mail_is_temporary() {
    for (at, answer) in [("GREETING", "554 no service here"), ("EHLO", "550 go away"), ("AUTH", "535 5.7.8 bad credentials")] {
        let server = Server::start(Some(Fault { at, what: FaultKind::Answer(answer) })).await;
        let error = server.mail("smtp://ada:s3cret@127.0.0.1:PORT?from=ci@example.org").await.expect_err(at);
        assert!(error.is_temporary() && error.detail.contains(&answer[4..]), "{at}: {error}");
        assert!(!error.detail.contains("s3cret"));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_left_and_named() {
    for at in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"] {
        let server = Server::start(Some(Fault { at, what: FaultKind::Hang })).await;
        let error = server.mail(HASTY).await.expect_err(at);
        assert!(error.is_temporary() && error.detail.contains("gave no answer"), "{at}: {error}");
        assert!(error.detail.contains(&server.port.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_after_it_took_the_mail_has_taken_it() {
    let server = Server::start(Some(Fault { at: "QUIT", what: FaultKind::Hang })).await;
    server.mail(HASTY).await.expect("sent");
}

#[tokio::test]
async fn a_dropped_line_is_temporary() {
    for at in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"] {
        let server = Server::start(Some(Fault { at, what: FaultKind::Drop })).await;
        let error = server.mail(PLAIN).await.expect_err(at);
        assert!(error.is_temporary(), "{at}: {error}");
    }
}

#[tokio::test]
async fn nonsense_and_floods_are_temporary() {
    let long_line = "x".repeat(100_000);
    let endless_list = "220-x\r\n".repeat(300);
    for answer in ["hello", "999 what", "\u{0}\u{1}", long_line.leak(), endless_list.leak().trim_end()] {
        let server = Server::start(Some(Fault { at: "GREETING", what: FaultKind::Answer(answer) })).await;
        let error = server.mail(HASTY).await.expect_err("nonsense");
        assert!(error.is_temporary() && error.detail.len() < 1000, "{error}");
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_starttls_was_asked_for() {
    let server = Server::start(None).await;
    let error = server.mail("smtp://ada:s3cret@127.0.0.1:PORT?from=ci@example.org&tls=starttls").await.expect_err("no TLS");
    assert!(error.is_temporary() && error.detail.contains("STARTTLS"), "{error}");
    assert!(server.heard().iter().all(|line| line.starts_with("EHLO")), "{:?}", server.heard());
    let error = server.mail("smtps://ada:s3cret@127.0.0.1:PORT?from=ci@example.org&timeout=0.3").await.expect_err("no TLS");
    assert!(error.is_temporary(), "{error}");
    assert!(!server.heard().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn a_closed_port_is_temporary() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let transport = MailTransport::parse(&format!("smtp://127.0.0.1:{port}?from=ci@example.org")).expect("a setting");
    let error = transport.send(&samples::gate(), "bob@example.org", DeliveryId::from_number(5), 0).await.expect_err("closed");
    assert!(error.is_temporary(), "{error}");
}
