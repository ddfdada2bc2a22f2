//! What kind of file a name promises, and which few kinds a browser may open in place (trackers.md e2, class 3).
//!
//! Nothing that can hold a script is ever sent under a type that runs it: pages, drawings, scripts and style sheets go out
//! as plain text or bytes, to be saved.

use super::name;

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

const PLAIN: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The kind of a file of that name.
pub fn of(file: &str) -> Media {
    let extension = name::extension(file);
    let image = |content_type| Media { kind: Kind::Image, content_type, inline: true };
    let saved = |content_type| Media { kind: Kind::Other, content_type, inline: false };
    match extension.as_str() {
        "png" => image("image/png"),
        "jpg" | "jpeg" => image("image/jpeg"),
        "gif" => image("image/gif"),
        "webp" => image("image/webp"),
        "avif" => image("image/avif"),
        "txt" | "text" | "md" | "markdown" | "rst" | "log" | "csv" | "tsv" | "diff" | "patch" | "toml" | "yaml"
        | "yml" | "ini" | "cfg" | "conf" | "json" | "sql" | "c" | "h" | "cc" | "cpp" | "hpp" | "cs" | "java" | "kt"
        | "go" | "rs" | "py" | "rb" | "pl" | "lua" | "hs" | "ml" | "r" | "swift" | "tex" | "bib" | "po" | "gradle"
        | "cmake" => Media { kind: Kind::Text, content_type: PLAIN, inline: true },
        // Readable, but never opened in place: a browser that guesses would run them.
        "html" | "htm" | "xhtml" | "xml" | "svg" | "js" | "mjs" | "ts" | "tsx" | "jsx" | "css" | "php" | "sh"
        | "bat" | "ps1" | "vue" => Media { kind: Kind::Text, content_type: PLAIN, inline: false },
        "pdf" => saved("application/pdf"),
        "zip" => saved("application/zip"),
        "gz" | "tgz" => saved("application/gzip"),
        "mp3" => saved("audio/mpeg"),
        "ogg" => saved("audio/ogg"),
        "mp4" => saved("video/mp4"),
        "webm" => saved("video/webm"),
        "odt" => saved("application/vnd.oasis.opendocument.text"),
        "ods" => saved("application/vnd.oasis.opendocument.spreadsheet"),
        "docx" => saved("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "xlsx" => saved("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "" if matches!(file, "README" | "LICENSE" | "NEWS" | "Makefile" | "Dockerfile") => {
            Media { kind: Kind::Text, content_type: PLAIN, inline: true }
        }
        _ => saved(BYTES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_can_run_is_opened_in_place_or_sent_as_what_runs() {
        for file in
            ["a.svg", "a.SVG", "a.html", "x.htm", "a.xml", "a.js", "a.mjs", "a.css", "a.pdf", "a.swf", "a", "a.png.exe"]
        {
            let media = of(file);
            assert!(!media.inline, "{file}");
            for active in ["html", "svg", "xml;", "javascript", "css"] {
                assert!(!media.content_type.contains(active), "{file}: {}", media.content_type);
            }
        }
        assert_eq!(of("Plan.PNG"), Media { kind: Kind::Image, content_type: "image/png", inline: true });
        assert_eq!(of("notes.txt").content_type, "text/plain; charset=utf-8");
    }
}
