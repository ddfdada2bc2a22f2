//! The log on standard error: one line per event, for people or as JSON, from `warn` on unless another level is asked for.
//! Secrets are taken out of every line, whoever has written them in.

use std::io::Write;
use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use log::{LevelFilter, Log, Metadata, Record};
use serde_json::json;

use crate::web::metrics::REQUESTS;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// How the log is written
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "TRACKWAY_LOG_FORMAT")]
    log_format: LogFormat,
    /// What is written at least: error, warn, info, debug, trace or off
    #[arg(long, global = true, default_value = "warn", env = "TRACKWAY_LOG")]
    log_level: LevelFilter,
    /// Write a line for every request, too
    #[arg(long, global = true, env = "TRACKWAY_LOG_REQUESTS")]
    log_requests: bool,
}

struct Lines {
    options: OnceLock<LogOptions>,
}

static LINES: Lines = Lines { options: OnceLock::new() };

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let Some(options) = self.options.get() else { return false };
        if metadata.target() == REQUESTS {
            return options.log_requests;
        }
        // What the libraries find noteworthy (every address without a route, say) is no news of ours. Rocket speaks in our
        // name, too, where it tries one route after another: it ends its targets with `::_`.
        let is_ours = metadata.target().starts_with("trackway") && !metadata.target().ends_with("::_");
        is_ours && metadata.level() <= options.log_level
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let time = crate::base::time::Instant::now().iso();
        let message = scrubbed(&record.args().to_string());
        let is_json = self.options.get().is_some_and(|options| options.log_format == LogFormat::Json);
        let line = if is_json {
            let level = record.level().as_str().to_ascii_lowercase();
            json!({ "time": time, "level": level, "target": record.target(), "message": message }).to_string()
        } else {
            // One event is one line, whatever somebody has put into an address.
            format!("{time} {} {}", record.level(), message.replace(['\n', '\r'], " "))
        };
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    fn flush(&self) {}
}

pub fn start(options: &LogOptions) {
    let most = if options.log_requests { options.log_level.max(LevelFilter::Info) } else { options.log_level };
    if LINES.options.set(options.clone()).is_ok() && log::set_logger(&LINES).is_ok() {
        log::set_max_level(most);
    }
}

/// What stands before a secret, and how far it reaches.
const SECRETS: &[&str] = &["token=", "password=", "/-/link/", "passphrase=", "Bearer ", "twk_", "trackway="];

/// A line without what is nobody's business: tokens in addresses, one-time links, cookies, passwords of mail servers.
fn scrubbed(line: &str) -> String {
    let mut shown = line.to_owned();
    for mark in SECRETS {
        let mut from = 0;
        while let Some(found) = shown[from..].find(mark) {
            let begin = from + found + mark.len();
            let rest = &shown[begin..];
            let length = rest.find(|c: char| c.is_whitespace() || "&;,\"'<>)#?".contains(c)).unwrap_or(rest.len());
            shown.replace_range(begin..begin + length, "…");
            from = begin + '…'.len_utf8();
        }
    }
    without_credentials(&shown)
}

/// `smtp://kim:secret@mail.example` as `smtp://…@mail.example`.
fn without_credentials(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || "/\"'<>".contains(c)).unwrap_or(after.len());
        shown.push_str(before);
        match after[..end].rfind('@') {
            Some(sign) => {
                shown.push('…');
                rest = &after[sign..];
            }
            None => rest = after,
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_holds_a_secret() {
        for (line, shown) in [
            ("GET /demo/query?token=abc123&format=atom: gone", "GET /demo/query?token=…&format=atom: gone"),
            ("POST /-/link/0123abcd: no such link", "POST /-/link/… no such link"),
            ("password=hunter2 refused", "password=… refused"),
            ("Authorization: Bearer twk_abc", "Authorization: Bearer …"),
            ("smtp://kim:hunter2@mail.example/x failed", "smtp://…@mail.example/x failed"),
            ("https://example.org/a@b is fine", "https://example.org/a@b is fine"),
            ("event 7 of 0123456789abcdef", "event 7 of 0123456789abcdef"),
        ] {
            assert_eq!(scrubbed(line), shown);
        }
    }
}
