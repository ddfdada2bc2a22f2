//! Reading `multipart/form-data` while it arrives: never more than a piece of it is in memory.

use memchr::memmem;
use rocket::tokio::io::{AsyncRead, AsyncReadExt};

const PIECE: usize = 64 * 1024;
/// The largest head of a part.
const MOST_HEAD: usize = 8 * 1024;
/// The longest delimiter that RFC 2046 allows.
const LONGEST_BOUNDARY: usize = 70;

/// Why a body could not be read to its end.
#[derive(Debug)]
pub enum Broken {
    /// It ended before its last delimiter, or could not be read further.
    Short,
    /// It is no multipart form.
    Malformed(&'static str),
}

/// What stands before the contents of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    /// There for files only; empty if no file was chosen.
    pub file_name: Option<String>,
}

pub struct Parts<R> {
    input: R,
    /// Line break, two dashes and boundary: stands after every part.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    /// Within the contents of a part, or before the first.
    inside: bool,
    done: bool,
}

/// The boundary that a `Content-Type` names; none if it is no multipart form.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (!boundary.is_empty() && boundary.len() <= LONGEST_BOUNDARY && boundary.is_ascii()).then_some(boundary)
}

impl<R: AsyncRead + Unpin> Parts<R> {
    pub fn new(input: R, boundary: &str) -> Self {
        Self {
            input,
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // As if a line break stood before: the first delimiter is then like all others.
            buffer: b"\r\n".to_vec(),
            inside: true,
            done: false,
        }
    }

    /// The head of the next part; what is left of the last one is passed over.
    pub async fn next(&mut self) -> Result<Option<Head>, Broken> {
        while self.piece().await?.is_some() {}
        if self.done {
            return Ok(None);
        }
        self.need(2).await?;
        if self.buffer.starts_with(b"--") {
            self.done = true;
            return Ok(None);
        }
        let end = loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > MOST_HEAD {
                return Err(Broken::Malformed("the head of a part is too long"));
            }
            self.fill().await?;
        };
        let head = head_of(&String::from_utf8_lossy(&self.buffer[..end]));
        self.buffer.drain(..end + 4);
        self.inside = true;
        head.map(Some).ok_or(Broken::Malformed("a part has no name"))
    }

    /// The next piece of this part's contents; none at its end.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        while self.inside {
            if let Some(end) = memmem::find(&self.buffer, &self.delimiter) {
                let piece: Vec<u8> = self.buffer.drain(..end).collect();
                self.buffer.drain(..self.delimiter.len());
                self.inside = false;
                return Ok(Some(piece).filter(|piece| !piece.is_empty()));
            }
            // The end of the buffer may be the beginning of the delimiter.
            let sure = (self.buffer.len() + 1).saturating_sub(self.delimiter.len());
            if sure >= PIECE {
                return Ok(Some(self.buffer.drain(..sure).collect()));
            }
            self.fill().await?;
        }
        Ok(None)
    }

    async fn need(&mut self, length: usize) -> Result<(), Broken> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        let before = self.buffer.len();
        self.buffer.resize(before + PIECE, 0);
        let read = self.input.read(&mut self.buffer[before..]).await;
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        if matches!(read, Ok(1..)) { Ok(()) } else { Err(Broken::Short) }
    }
}

/// Reads the lines between a delimiter and the contents.
fn head_of(lines: &str) -> Option<Head> {
    let disposition = lines.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let (kind, parameters) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    Some(Head { name: parameter(parameters, "name")?, file_name: parameter(parameters, "filename") })
}

/// The value of `name="…"`. Browsers write `%22` for a quote; other programs escape it with a backslash.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, next) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if name.trim_matches([';', ' ', '\t']).eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// The text up to the closing quote, and what follows it.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value.replace("%22", "\""), &quoted[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Gives a few bytes at a time, so that every delimiter is cut somewhere.
    struct Drip<'a>(&'a [u8], usize);

    impl AsyncRead for Drip<'_> {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            into: &mut rocket::tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let length = self.1.min(self.0.len()).min(into.remaining());
            let (now, later) = self.0.split_at(length);
            into.put_slice(now);
            self.0 = later;
            std::task::Poll::Ready(Ok(()))
        }
    }

    fn read(body: &[u8], step: usize) -> Result<Vec<(Head, Vec<u8>)>, Broken> {
        rocket::execute(async {
            let mut parts = Parts::new(Drip(body, step), "XX");
            let mut found = Vec::new();
            while let Some(head) = parts.next().await? {
                let mut contents = Vec::new();
                while let Some(piece) = parts.piece().await? {
                    contents.extend(piece);
                }
                found.push((head, contents));
            }
            Ok(found)
        })
    }

    const FORM: &[u8] = b"--XX\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nline\r\n--X\r\n\
        --XX\r\ncontent-disposition: form-data; name=\"attachment\"; filename=\"a \\\"b\\\" %22c%22.txt\"\r\n\
        Content-Type: text/html\r\n\r\n\r\n--XX--\r\n";

    #[test]
    fn parts_are_read_whole_wherever_the_body_is_cut() {
        for step in [1, 2, 3, 7, 1000] {
            let parts = read(FORM, step).expect("a form");
            assert_eq!(parts.len(), 2);
            assert_eq!((parts[0].0.name.as_str(), parts[0].1.as_slice()), ("description", &b"line\r\n--X"[..]));
            assert_eq!(parts[1].0.file_name.as_deref(), Some("a \"b\" \"c\".txt"));
            assert!(parts[1].1.is_empty());
        }
    }

    #[test]
    fn a_body_that_breaks_off_anywhere_is_an_error() {
        for end in 0..FORM.len() - 4 {
            assert!(read(&FORM[..end], 5).is_err(), "cut at {end}");
        }
        let long_head = [b"--XX\r\nA: ".to_vec(), vec![b'a'; 300_000]].concat();
        assert!(matches!(read(&long_head, 1000), Err(Broken::Malformed(_))));
        assert!(matches!(read(b"--XX\r\nA: b\r\n\r\nx\r\n--XX--", 1000), Err(Broken::Malformed(_))));
    }

    #[test]
    fn the_boundary_is_taken_from_the_type() {
        assert_eq!(boundary("multipart/form-data; boundary=abc").as_deref(), Some("abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"").as_deref(), Some("a b"));
        for none in
            ["text/plain", "multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
