//! What kind of file a name promises, or its first bytes where the name says nothing (row G01), and which few kinds a browser
//! may open in place (trackers.md e2, class 3).
//!
//! Nothing that can hold a script is ever sent under a type that runs it: pages, drawings, scripts and style sheets go out
//! as plain text or bytes, to be saved.

use super::name;
use crate::base::text::encoding::Encoding;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Image,
    Text,
    Other,
}

impl Kind {
    /// As templates name it, which is also its icon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Text => "text",
            Self::Other => "other",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    pub kind: Kind,
    /// As the `Content-Type` header says it.
    pub content_type: &'static str,
    /// Whether a browser may show it instead of saving it.
    pub inline: bool,
}

impl Media {
    /// Whether the name says nothing.
    pub fn is_unknown(self) -> bool {
        self.content_type == BYTES
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

const fn image(content_type: &'static str) -> Media {
    Media { kind: Kind::Image, content_type, inline: true }
}

const fn saved(content_type: &'static str) -> Media {
    Media { kind: Kind::Other, content_type, inline: false }
}

const fn text(inline: bool) -> Media {
    Media { kind: Kind::Text, content_type: PLAIN, inline }
}

/// THE list of kinds that are known by the ends of names, for people: what each is called, its ends, and how it is sent.
pub const KNOWN: &[(&str, &[&str], Media)] = &[
    ("PNG image", &["png"], image("image/png")),
    ("JPEG image", &["jpg", "jpeg"], image("image/jpeg")),
    ("GIF image", &["gif"], image("image/gif")),
    ("WebP image", &["webp"], image("image/webp")),
    ("AVIF image", &["avif"], image("image/avif")),
    ("Text", &["txt", "text", "rst", "log", "tex", "bib", "po"], text(true)),
    ("Markdown", &["md", "markdown"], text(true)),
    ("Table", &["csv", "tsv"], text(true)),
    ("Patch", &["diff", "patch"], text(true)),
    ("Settings", &["toml", "yaml", "yml", "ini", "cfg", "conf", "json", "gradle", "cmake"], text(true)),
    (
        "Source code",
        &[
            "sql", "c", "h", "cc", "cpp", "hpp", "cs", "java", "kt", "go", "rs", "py", "rb", "pl", "lua", "hs", "ml",
            "r", "swift",
        ],
        text(true),
    ),
    // Readable, but never opened in place: a browser that guesses would run them.
    (
        "Source that browsers would run",
        &[
            "html", "htm", "xhtml", "xml", "svg", "js", "mjs", "ts", "tsx", "jsx", "css", "php", "sh", "bat", "ps1",
            "vue",
        ],
        text(false),
    ),
    ("PDF document", &["pdf"], saved("application/pdf")),
    ("ZIP archive", &["zip"], saved("application/zip")),
    ("Gzip archive", &["gz", "tgz"], saved("application/gzip")),
    ("Sound", &["mp3"], saved("audio/mpeg")),
    ("Sound", &["ogg"], saved("audio/ogg")),
    ("Video", &["mp4"], saved("video/mp4")),
    ("Video", &["webm"], saved("video/webm")),
    ("Text document", &["odt"], saved("application/vnd.oasis.opendocument.text")),
    ("Spreadsheet", &["ods"], saved("application/vnd.oasis.opendocument.spreadsheet")),
    ("Text document", &["docx"], saved("application/vnd.openxmlformats-officedocument.wordprocessingml.document")),
    ("Spreadsheet", &["xlsx"], saved("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
];

/// The kind of a file of that name.
pub fn of(file: &str) -> Media {
    let extension = name::extension(file);
    if extension.is_empty() {
        let known = matches!(file, "README" | "LICENSE" | "NEWS" | "Makefile" | "Dockerfile");
        return if known { text(true) } else { saved(BYTES) };
    }
    let found = KNOWN.iter().find(|(_, ends, _)| ends.contains(&extension.as_str()));
    found.map_or(saved(BYTES), |(_, _, media)| *media)
}

/// The kind of a file of that name that begins with these bytes: where the name says nothing, they do.
pub fn seen(file: &str, beginning: &[u8]) -> Media {
    let media = of(file);
    if media.is_unknown() {
        return match beginning {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, ..] => image("image/png"),
            [0xff, 0xd8, 0xff, ..] => image("image/jpeg"),
            [b'G', b'I', b'F', b'8', ..] => image("image/gif"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => image("image/webp"),
            // To be saved all the same: what it is was only guessed.
            _ if Encoding::of(beginning).is_some() => Media { content_type: charset(beginning), ..text(false) },
            _ => media,
        };
    }
    if media.kind == Kind::Text { Media { content_type: charset(beginning), ..media } } else { media }
}

/// Plain text in the encoding that its first bytes are in (row G07).
fn charset(beginning: &[u8]) -> &'static str {
    match Encoding::of(beginning) {
        Some(Encoding::Latin1) => "text/plain; charset=iso-8859-1",
        Some(Encoding::Utf16Le | Encoding::Utf16Be) => "text/plain; charset=utf-16",
        Some(Encoding::Utf8) | None => PLAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_can_run_is_opened_in_place_or_sent_as_what_runs() {
        let names = [
            "a.svg", "a.SVG", "a.html", "x.htm", "a.xml", "a.js", "a.mjs", "a.css", "a.pdf", "a.swf", "a", "a.png.exe",
        ];
        for file in names {
            for media in [of(file), seen(file, b"<script>alert(1)</script>"), seen(file, b"<svg onload=x>")] {
                assert!(!media.inline, "{file}");
                for active in ["html", "svg", "xml;", "javascript", "css"] {
                    assert!(!media.content_type.contains(active), "{file}: {}", media.content_type);
                }
            }
        }
        assert_eq!(of("Plan.PNG"), image("image/png"));
        assert_eq!(of("notes.txt").content_type, "text/plain; charset=utf-8");
    }

    #[test]
    fn where_the_name_says_nothing_the_first_bytes_do() {
        assert_eq!(seen("scan", b"\x89PNG\r\n\x1a\n\0").content_type, "image/png");
        assert_eq!(seen("deploy", b"#!/bin/sh\n").kind, Kind::Text);
        assert_eq!(seen("core.dump", b"\x7fELF\0").kind, Kind::Other);
        assert_eq!(seen("a.txt", b"caf\xe9 au lait").content_type, "text/plain; charset=iso-8859-1");
        assert_eq!(seen("a.pdf", b"plain").content_type, "application/pdf");
    }
}
