//! Blanks out of a message what never asks for anything: quoted lines, fenced code, code spans, and the trailers by which
//! some projects name the commit that made a mistake.

use std::collections::HashMap;
use std::ops::Range;

/// Stands for every byte that is left out: neither blank nor part of a word, so that nothing reaches across it.
const NOTHING: u8 = 1;

/// The message with the same length in bytes.
pub fn without_code_and_quotes(message: &str) -> String {
    let mut bytes = message.as_bytes().to_vec();
    let mut fence: Option<(u8, usize)> = None;
    let mut paragraph = 0..0;
    for line in lines(message.as_bytes()) {
        let content = &message[line.clone()];
        let trimmed = content.trim_start();
        let indent = content.len() - trimmed.len();
        let mark = if indent < 4 { fence_mark(trimmed) } else { None };
        let is_left_out = match fence {
            Some((kind, length)) => {
                if mark.is_some_and(|mark| mark.kind == kind && mark.length >= length && mark.info.trim().is_empty()) {
                    fence = None;
                }
                true
            }
            None => match mark.filter(|mark| mark.kind != b'`' || !mark.info.contains('`')) {
                Some(mark) => {
                    fence = Some((mark.kind, mark.length));
                    true
                }
                None => trimmed.starts_with('>'),
            },
        };
        if is_left_out || trimmed.is_empty() {
            leave_out_spans(&mut bytes, paragraph);
            paragraph = line.end..line.end;
        }
        if is_left_out {
            bytes[line].fill(NOTHING);
            continue;
        }
        if let Some(quoted) = blamed_commit(trimmed) {
            let start = line.start + indent;
            bytes[start + quoted.start..start + quoted.end].fill(NOTHING);
        }
        paragraph.end = line.end;
    }
    leave_out_spans(&mut bytes, paragraph);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The lines without their ends, which are LF, CRLF, CR or NUL.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at > bytes.len() {
            return None;
        }
        let start = at;
        let end = memchr::memchr3(b'\n', b'\r', b'\0', &bytes[start..]).map_or(bytes.len(), |found| start + found);
        at = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        Some(start..end)
    })
}

struct FenceMark<'a> {
    kind: u8,
    length: usize,
    info: &'a str,
}

fn fence_mark(line: &str) -> Option<FenceMark<'_>> {
    let kind = line.bytes().next().filter(|byte| [b'`', b'~'].contains(byte))?;
    let length = line.bytes().take_while(|byte| *byte == kind).count();
    (length >= 3).then(|| FenceMark { kind, length, info: &line[length..] })
}

/// `Fixes: 1a2b3c4 ("…")` says which commit had the mistake, and quotes what that one said.
fn blamed_commit(line: &str) -> Option<Range<usize>> {
    const TRAILER: &str = "fixes:";
    let (head, rest) = line.split_at_checked(TRAILER.len())?;
    if !head.eq_ignore_ascii_case(TRAILER) {
        return None;
    }
    let id = rest.trim_start();
    let digits = id.bytes().take_while(u8::is_ascii_hexdigit).count();
    let quoted = id[digits..].trim_start();
    if !(7..=64).contains(&digits) || !quoted.starts_with('(') {
        return None;
    }
    let start = line.len() - quoted.len();
    let end = quoted.find("\")").map_or(line.len(), |found| start + found + 2);
    Some(line.len() - id.len()..end)
}

/// Leaves out what stands between two equally long runs of backticks, the runs with it.
fn leave_out_spans(bytes: &mut [u8], paragraph: Range<usize>) {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for found in memchr::memchr_iter(b'`', &bytes[paragraph.clone()]) {
        let at = paragraph.start + found;
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    // For each run, the next one of its length.
    let mut closing: Vec<Option<usize>> = vec![None; runs.len()];
    let mut nearest: HashMap<usize, usize> = HashMap::new();
    for (index, run) in runs.iter().enumerate().rev() {
        closing[index] = nearest.insert(run.len(), index);
    }
    let mut index = 0;
    while index < runs.len() {
        let start = runs[index].start;
        let escaped = bytes[paragraph.start..start].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
        index = match closing[index].filter(|_| !escaped) {
            Some(close) => {
                bytes[start..runs[close].end].fill(NOTHING);
                close + 1
            }
            None => index + 1,
        };
    }
}
