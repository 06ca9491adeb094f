//! A mail through a real SMTP server: Debian's aiosmtpd, which keeps what it takes in a Maildir.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]
use andon_pipelines::document::NotifyEvent;
use andon_server::notify::{MailTransport, Message};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The server, ended by its id.
struct MailServer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says a line on stdout once it listens, so that nobody has to guess.
const PROGRAM: &str = "
import sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
controller = Controller(Mailbox(sys.argv[1]), hostname='127.0.0.1', port=int(sys.argv[2]))
controller.start()
print('ready', flush=True)
sys.stdin.read()
";

fn start() -> MailServer {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut process = Command::new("/usr/bin/python3")
        .args(["-c", PROGRAM])
        .arg(folder.path().join("mail"))
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Debian's python3 with python3-aiosmtpd, which scripts/setup.sh installs");
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "ready", "aiosmtpd did not start: is python3-aiosmtpd installed?");
    MailServer { process, port, folder }
}

fn received(folder: &Path) -> Vec<String> {
    let new = folder.join("mail/new");
    std::fs::read_dir(new).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_asked_for_through_a_real_mail_server() {
    let server = start();
    let setting = format!("smtp://127.0.0.1:{}?tls=none&from=andon@shop.example", server.port);
    let message = Message {
        event: NotifyEvent::AwaitingApproval,
        workspace: "main".to_owned(),
        pipeline: "shop".to_owned(),
        job: Some("sign-off".to_owned()),
        number: Some("7".to_owned()),
        run: None,
        run_number: Some(12),
        title: Some("Try the line".to_owned()),
        what: Vec::new(),
        why: None,
        who: Some("ada".to_owned()),
        commits: Vec::new(),
        failing_lines: Vec::new(),
        needs: vec!["1 approval from role operator".to_owned()],
        link: "http://127.0.0.1:8080/w/main/runs/1".to_owned(),
        gate: None,
    };
    let transport = MailTransport::parse(&setting).unwrap();
    let delivery = andon_pipelines::ids::DeliveryId::from_number(1);
    let answer = transport.send(&message, "release@shop.example", delivery, 1_700_000_000_000).await.unwrap();
    assert!(answer.contains("OK"), "{answer}");
    let mails = received(server.folder.path());
    assert_eq!(mails.len(), 1);
    for part in ["X-RcptTo: release@shop.example", "From: ", "andon@shop.example", "Subject: ", "sign-off", "text/plain", "text/html"] {
        assert!(mails[0].contains(part), "{part} is missing in\n{}", mails[0]);
    }
}
