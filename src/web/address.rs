//! Addresses: where the site lives, and how names are written into paths and read back.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};

use crate::base::error::{Error, Result};
use crate::base::settings;
use crate::base::site::{Site, URL};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &SEGMENT.remove(b'/').remove(b':').remove(b'@').remove(b',').remove(b'(').remove(b')');
const QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'\'');

/// One segment of a path; a slash is encoded too.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// A name whose slashes part it.
pub fn path(name: &str) -> String {
    utf8_percent_encode(name, PATH).to_string()
}

/// One segment of a path that may be no text at all.
pub fn bytes(name: &[u8]) -> String {
    percent_encode(name, PATH).to_string()
}

/// A value in a query.
pub fn query_value(value: &str) -> String {
    utf8_percent_encode(value, QUERY).to_string()
}

/// The name that stands in a raw path; none if it is no UTF-8 or holds a NUL.
pub fn decode(raw: &str) -> Option<String> {
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

/// Pairs of a query or form in their order; `+` is a blank. Bytes that are no UTF-8 become U+FFFD.
pub fn pairs(raw: &str) -> Vec<(String, String)> {
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plus_decode(name), plus_decode(value))
        })
        .collect()
}

fn plus_decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Where to go on after signing in: a path of this site and nothing else (trackers.md e2, class 17).
pub fn safe_next<'a>(next: &'a str, base: &str) -> Option<&'a str> {
    let inside = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/\\");
    let clean = !next.contains('\\') && !next.chars().any(char::is_control);
    let below = base.is_empty() || next == base || next.starts_with(&format!("{base}/"));
    (inside && clean && below).then_some(next)
}

/// The value under which the server keeps where it listens, for links that are made without it.
pub const SERVED_AT: &str = "served_at";

/// Where the site lives, from `--url` and `--base-path`.
#[derive(Debug, Clone)]
pub struct SiteAddress {
    /// `https://tracker.example` without a path.
    pub origin: String,
    /// Empty, or `/prefix` without a slash at its end.
    pub base: String,
    pub secure: bool,
    host: String,
}

impl SiteAddress {
    /// Where the site says that it lives; else where it was last served.
    pub fn of(site: &Site) -> Result<Self> {
        let url = site.read(|db| Ok((settings::get(db, URL.name)?, settings::get(db, SERVED_AT)?)))?;
        Self::parse(url.0.or(url.1).as_deref().unwrap_or(URL.default))
    }

    /// Reads `http(s)://host[:port][/base]`.
    pub fn parse(url: &str) -> Result<Self> {
        let bad = |why: &str| Error::invalid("--url", format!("`{url}` can't be the address of a site: {why}."));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it begins with http:// or https://"))?;
        if scheme != "http" && scheme != "https" {
            return Err(bad("it begins with http:// or https://"));
        }
        let (host, base) = match rest.split_once('/') {
            Some((host, base)) => (host, format!("/{}", base.trim_matches('/'))),
            None => (rest, String::new()),
        };
        let allowed = |character: char| character.is_ascii_alphanumeric() || "-.:[]_".contains(character);
        if host.is_empty() || !host.chars().all(allowed) {
            return Err(bad("the host is missing or holds other characters than letters, digits, `-`, `.` and a port"));
        }
        let base = if base == "/" { String::new() } else { base };
        if base.contains("//")
            || base.split('/').any(|part| part == "..")
            || base.contains(['?', '#', '%', ' ', '<', '>'])
        {
            return Err(bad("its path is no plain path"));
        }
        Ok(Self {
            origin: format!("{scheme}://{host}"),
            base,
            secure: scheme == "https",
            host: host.to_ascii_lowercase(),
        })
    }

    /// Whether a request for that host is meant for us. On a loopback address its other names are as good.
    pub fn accepts_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if host == self.host {
            return true;
        }
        let (ours, our_port) = split_port(&self.host);
        let (theirs, their_port) = split_port(&host);
        is_loopback(ours) && is_loopback(theirs) && our_port == their_port
    }

    /// Whether a page of that origin may send us forms.
    pub fn accepts_origin(&self, origin: &str) -> bool {
        let scheme = if self.secure { "https://" } else { "http://" };
        origin.strip_prefix(scheme).is_some_and(|host| self.accepts_host(host))
    }

    pub fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-trackway" } else { "trackway" }
    }

    /// The whole address of a path that has the base in it.
    pub fn absolute(&self, href: &str) -> String {
        format!("{}{href}", self.origin)
    }
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    }
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_address_is_read_or_refused_with_the_reason() {
        let address = SiteAddress::parse("https://tracker.example/group/").expect("reads");
        assert_eq!((address.origin.as_str(), address.base.as_str()), ("https://tracker.example", "/group"));
        assert!(address.secure);
        for bad in ["tracker.example", "ftp://x", "http://", "http://a b", "http://x/../y", "http://x/a?b"] {
            assert!(SiteAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_our_own_host_and_origin_are_accepted() {
        let local = SiteAddress::parse("http://127.0.0.1:8000").expect("reads");
        assert!(local.accepts_host("localhost:8000"));
        assert!(!local.accepts_host("localhost:8001"));
        assert!(!local.accepts_host("evil.example:8000"));
        let public = SiteAddress::parse("https://tracker.example").expect("reads");
        assert!(public.accepts_host("Tracker.Example"));
        assert!(!public.accepts_host("localhost"));
        assert!(public.accepts_origin("https://tracker.example"));
        assert!(!public.accepts_origin("http://tracker.example"));
        assert!(!public.accepts_origin("null"));
    }

    #[test]
    fn the_way_on_after_signing_in_stays_on_this_site() {
        for good in ["/", "/demo/wiki/A%20B?x=1"] {
            assert_eq!(safe_next(good, ""), Some(good));
        }
        for bad in ["//evil", "/\\evil", "https:evil", "http://evil", "", "/a\tb", "/x\\y", "javascript:1"] {
            assert_eq!(safe_next(bad, ""), None, "{bad}");
        }
        assert_eq!(safe_next("/other", "/base"), None);
    }
}
