//! Server-sent events.

use reqwest::Response;

/// A longer event is not one of ours.
const LARGEST_EVENT: usize = 8 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    pub id: Option<String>,
    /// `message` where the stream does not say.
    pub kind: String,
    pub data: String,
}

/// A stream that is being read.
#[derive(Debug)]
pub struct EventReader {
    response: Response,
    parser: Parser,
    ready: std::collections::VecDeque<ServerEvent>,
}

impl EventReader {
    pub fn new(response: Response) -> Self {
        Self { response, parser: Parser::default(), ready: std::collections::VecDeque::new() }
    }

    /// The next event; `None` where the stream has ended or is broken. May be cancelled.
    pub async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let bytes = self.response.chunk().await.ok()??;
            self.ready.extend(self.parser.push(&bytes)?);
        }
    }

    /// An event that has come already.
    pub fn take_ready(&mut self) -> Option<ServerEvent> {
        self.ready.pop_front()
    }
}

#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    after_return: bool,
    event: ServerEvent,
    has_data: bool,
    size: usize,
}

impl Parser {
    /// The events that these bytes complete; `None` where one is too large.
    fn push(&mut self, bytes: &[u8]) -> Option<Vec<ServerEvent>> {
        let mut done = Vec::new();
        for &byte in bytes {
            let second_half = std::mem::replace(&mut self.after_return, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    done.extend(self.take_line(&String::from_utf8_lossy(&line)));
                }
                byte => {
                    self.line.push(byte);
                    self.size += 1;
                    if self.size > LARGEST_EVENT {
                        return None;
                    }
                }
            }
        }
        Some(done)
    }

    fn take_line(&mut self, line: &str) -> Option<ServerEvent> {
        if line.is_empty() {
            self.size = 0;
            let mut event = std::mem::take(&mut self.event);
            if event.kind.is_empty() {
                event.kind.push_str("message");
            }
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &[u8] = b": hello\n\nid: 7\nevent: run-ended\ndata: {\"a\":\ndata: 1}\n\r\nretry: 5\n\ndata:x\r\n\r\ndata: cut";

    fn event(id: Option<&str>, kind: &str, data: &str) -> ServerEvent {
        ServerEvent { id: id.map(str::to_owned), kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_end_with_an_empty_line() {
        let events = Parser::default().push(STREAM).expect("small events");
        assert_eq!(events, [event(Some("7"), "run-ended", "{\"a\":\n1}"), event(None, "message", "x")]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut parser = Parser::default();
        assert!((0..9).map(|_| parser.push(&vec![b'x'; 1 << 20])).any(|answer| answer.is_none()));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_makes_no_difference(at in 0..STREAM.len()) {
            let mut parser = Parser::default();
            let mut events = parser.push(&STREAM[..at]).expect("small events");
            events.extend(parser.push(&STREAM[at..]).expect("small events"));
            prop_assert_eq!(events, Parser::default().push(STREAM).expect("small events"));
        }
    }
}
