//! A commit as the mail that `git format-patch` would make of it, for `git am`.

use git2::{Commit, Time};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::git;
use crate::base::viewer::Viewer;

/// The longest piece of an encoded header line, in bytes of text: three characters come of each.
const PIECE: usize = 15;

/// The host of addresses that are not shown: one that never is any.
const HIDDEN: &str = "hidden.invalid";

/// The mail, as this viewer may read it: addresses are shortened for those who are not signed in (row T21). `summary` says how many files and lines changed, if that is known; `patch` is what `git apply` takes.
pub fn mail(commit: &Commit<'_>, viewer: &Viewer, summary: &str, patch: &[u8]) -> Vec<u8> {
    let message = git::raw_message(commit);
    let message = message.trim_start_matches('\n');
    let (subject, body) = message.split_once("\n\n").unwrap_or((message, ""));
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = body.trim_matches('\n');
    let author = commit.author();
    let name = viewer.shown_name(&git::one_line(author.name_bytes()));
    let address: String =
        git::one_line(author.email_bytes()).chars().filter(|character| !"<>".contains(*character)).collect();
    let address = if viewer.shown_name(&address) == address {
        address
    } else {
        // `git am` wants an address, which `kim@…` is not.
        let (own, _) = address.split_once('@').unwrap_or((&address, ""));
        format!("{own}@{HIDDEN}")
    };
    let mut mail = format!("From {} Mon Sep 17 00:00:00 2001\n", commit.id());
    mail.push_str(&format!("From: {} <{address}>\n", phrase(&name)));
    mail.push_str(&format!("Date: {}\n", date(author.when())));
    mail.push_str(&format!("Subject: [PATCH] {}\n", header(&subject)));
    if !body.is_ascii() || !patch.is_ascii() {
        mail.push_str("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n");
    }
    mail.push('\n');
    if !body.is_empty() {
        mail.push_str(body);
        mail.push('\n');
    }
    mail.push_str("---\n");
    if !summary.is_empty() {
        mail.push_str(&format!(" {summary}\n"));
    }
    mail.push('\n');
    let mut bytes = mail.into_bytes();
    bytes.extend_from_slice(patch);
    bytes.extend_from_slice(concat!("-- \nTrackway ", env!("CARGO_PKG_VERSION"), "\n\n").as_bytes());
    bytes
}

/// A name before an address: quoted where it holds what has a meaning there.
fn phrase(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " -_'!#$%&*+/=?^`{|}~".contains(character);
    if name.chars().all(is_plain) && !name.contains("=?") {
        name.to_owned()
    } else if name.is_ascii() && !name.contains("=?") {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded(name)
    }
}

fn header(text: &str) -> String {
    if text.is_ascii() && !text.contains("=?") { text.to_owned() } else { encoded(text) }
}

/// In the encoding that mail headers have for what is not ASCII, in lines that are short enough.
fn encoded(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    for character in text.chars() {
        if piece.len() + character.len_utf8() > PIECE {
            words.push(word(&piece));
            piece.clear();
        }
        piece.push(character);
    }
    words.push(word(&piece));
    words.join("\n ")
}

fn word(piece: &str) -> String {
    let letters: String = piece
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("={byte:02X}") })
        .collect();
    format!("=?UTF-8?q?{letters}?=")
}

/// `Tue, 2 Jan 2024 10:00:00 +0200`
fn date(time: Time) -> String {
    let seconds = git::instant(time).seconds();
    let offset = Offset::from_seconds(time.offset_minutes().saturating_mul(60)).unwrap_or(Offset::UTC);
    let zoned = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::fixed(offset));
    zoned.strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_subjects_stay_what_they_are_in_a_header() {
        assert_eq!(phrase("Kim Lee"), "Kim Lee");
        assert_eq!(phrase("Kim \"K\" <Lee>, Jr."), "\"Kim \\\"K\\\" <Lee>, Jr.\"");
        assert_eq!(phrase("Zoë"), "=?UTF-8?q?Zo=C3=AB?=");
        assert_eq!(header("ß".repeat(8).as_str()).lines().count(), 2);
    }

    #[test]
    fn dates_keep_the_zone_of_the_author() {
        assert_eq!(date(Time::new(1_704_182_400, 120)), "Tue, 2 Jan 2024 10:00:00 +0200");
        assert_eq!(date(Time::new(0, 999_999)), "Thu, 1 Jan 1970 00:00:00 +0000");
    }
}
