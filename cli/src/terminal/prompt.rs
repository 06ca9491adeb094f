//! Questions to whoever sits at the terminal. They go to standard error, so that standard output stays for results.

use super::Terminal;
use crate::failure::{Failure, Outcome};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use std::io::{BufRead, Read, Write, stdin};

/// More than anything that is asked for.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Asks for a line.
pub fn ask(terminal: Terminal, question: &str) -> Outcome<String> {
    if terminal.interactive {
        show(question);
    }
    read_line()
}

/// Whether somebody says yes. Nothing counts as no.
pub fn confirm(terminal: Terminal, question: &str) -> Outcome<bool> {
    let answer = ask(terminal, &format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line that does not show while it is typed. Where nobody can be asked, a line of standard input.
pub fn ask_hidden(terminal: Terminal, question: &str) -> Outcome<SecretString> {
    if !terminal.interactive {
        return read_line().map(SecretString::from);
    }
    show(question);
    let hidden = Hidden::begin()?;
    let answer = read_hidden(stdin().lock());
    drop(hidden);
    show("\n");
    answer.map(SecretString::from)
}

/// A secret's value: asked for in a terminal, else the whole of standard input without the line break at its end.
pub fn read_secret(terminal: Terminal, question: &str) -> Outcome<SecretString> {
    if terminal.interactive {
        return ask_hidden(terminal, question);
    }
    let mut text = String::new();
    let read = stdin().lock().take(LONGEST_ANSWER).read_to_string(&mut text);
    read.map_err(|error| Failure::failed(format!("the value on standard input cannot be read: {error}")))?;
    let value = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(SecretString::from(value))
}

fn show(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn read_line() -> Outcome<String> {
    let mut line = String::new();
    let read = stdin().lock().take(LONGEST_ANSWER).read_line(&mut line);
    match read.map_err(|error| Failure::failed(format!("the answer cannot be read: {error}")))? {
        0 => Err(Failure::usage("an answer was needed, but standard input has ended")),
        _ => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}

/// The terminal shows nothing, and hands every key over at once, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Outcome<Self> {
        let cannot =
            |error| Failure::failed(format!("the terminal cannot hide what is typed: {error}; give the value on standard input instead"));
        let before = tcgetattr(stdin()).map_err(cannot)?;
        let mut quiet = before.clone();
        // Interrupts are read as keys, so that none can leave the terminal mute.
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
        tcsetattr(stdin(), SetArg::TCSAFLUSH, &quiet).map_err(cannot)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.0);
    }
}

/// Reads keys up to Enter; Backspace and Ctrl-U delete, Ctrl-C and Ctrl-D at the beginning give up.
fn read_hidden(input: impl BufRead) -> Outcome<String> {
    let mut line: Vec<u8> = Vec::new();
    for byte in input.bytes() {
        match byte.map_err(|error| Failure::failed(format!("the answer cannot be read: {error}")))? {
            b'\n' | b'\r' => return String::from_utf8(line).map_err(|_| Failure::usage("the answer is no text")),
            0x03 | 0x1c => break,
            0x04 if line.is_empty() => break,
            0x08 | 0x7f => {
                // The whole character, not only its last byte.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            0x15 => line.clear(),
            byte => line.push(byte),
        }
    }
    Err(Failure::usage("no answer was given; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_a_hidden_answer() {
        assert_eq!(read_hidden(&b"wrong\x15pa55\n"[..]).expect("an answer"), "pa55");
        assert_eq!(read_hidden("grü\u{7f}ün\r".as_bytes()).expect("an answer"), "grün");
        assert_eq!(read_hidden(&b"\x7f\x7fab\n"[..]).expect("an answer"), "ab");
    }

    #[test]
    fn giving_up_is_no_answer() {
        for keys in [&b"pa\x03ss\n"[..], b"\x04", b"no end"] {
            assert_eq!(read_hidden(keys).expect_err("no answer").code(), 2);
        }
    }
}
