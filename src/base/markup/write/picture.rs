//! How large a picture is and where it stands: `{width=300}`, `{height=20% .right}` behind it, or ` =300x200` at the end of its
//! address, as HackMD and others write it.

use std::ops::Range;

/// Bytes of the words and of the address of a picture that is looked at for a size.
const LONGEST: usize = 500;

/// Attributes of a picture, as read from what stands behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) width: Option<String>,
    pub(super) height: Option<String>,
    pub(super) align: Option<&'static str>,
}

impl Look {
    /// This one, and from another what it does not say.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            width: self.width.or(other.width),
            height: self.height.or(other.height),
            align: self.align.or(other.align),
        }
    }
}

/// Reads `{width=300 height=200 .right}` at the start of a text, and its length. None if it is anything else.
pub(super) fn look(text: &str) -> Option<(Look, usize)> {
    let inner = text.strip_prefix('{')?;
    let end = inner.find('}').filter(|end| *end <= 100)?;
    let mut look = Look::default();
    for word in inner[..end].split([' ', ',']).filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            Some(("width", value)) => look.width = Some(length(value)?),
            Some(("height", value)) => look.height = Some(length(value)?),
            Some(("align", side)) => look.align = Some(side_of(side.trim_matches('"'))?),
            Some(_) => return None,
            None => look.align = Some(side_of(word.trim_start_matches('.'))?),
        }
    }
    (look != Look::default()).then_some((look, end + 2))
}

/// Where in a picture of Markdown what its brackets hold stands, `a.png "title" =300x200`, at the start of a text. Only if it
/// has a size: others Markdown reads by itself.
pub(in super::super) fn with_size(text: &str) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut escaped = false;
    let mut end_of_words = None;
    for (at, byte) in text.bytes().enumerate().skip(1).take(LONGEST) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => depth += 1,
            b']' if depth == 1 => {
                end_of_words = Some(at);
                break;
            }
            b']' => depth -= 1,
            _ => {}
        }
    }
    let start = end_of_words? + 2;
    let inner = text[start - 1..].strip_prefix('(')?;
    inner.match_indices(" =").take_while(|(at, _)| *at < LONGEST).find_map(|(at, _)| {
        // The longest size has 13 characters.
        let end = at + inner[at..].bytes().take(20).position(|byte| byte == b')')?;
        sized(&inner[..end]).map(|_| start..start + end)
    })
}

/// Address, title and size of such a picture; none if there is no size.
pub(super) fn sized(written: &str) -> Option<(&str, &str, Look)> {
    let (before, size) = written.rsplit_once(" =")?;
    let (width, height) = size.split_once('x')?;
    let side = |written: &str| if written.is_empty() { Some(None) } else { length(written).map(Some) };
    let look = Look { width: side(width)?, height: side(height)?, align: None };
    if look == Look::default() {
        return None;
    }
    let before = before.trim();
    let (address, rest) = match before.strip_prefix('<') {
        Some(angled) => angled.split_once('>')?,
        None => before.split_at(before.find(' ').unwrap_or(before.len())),
    };
    let rest = rest.trim();
    let title = ['"', '\''].iter().find_map(|quote| rest.strip_prefix(*quote)?.strip_suffix(*quote));
    (!address.is_empty() && rest.is_empty() == title.is_none()).then(|| (address, title.unwrap_or_default(), look))
}

/// `300`, `300px` or `50%`, as attributes take it.
fn length(written: &str) -> Option<String> {
    let written = written.trim_matches('"');
    let bare = written.strip_suffix("px").unwrap_or(written);
    let digits = bare.strip_suffix('%').unwrap_or(bare);
    let is_number = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| bare.to_owned())
}

fn side_of(word: &str) -> Option<&'static str> {
    ["left", "right", "center"].into_iter().find(|side| *side == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_stands_at_the_end_of_an_address() {
        let read = |text: &'static str| {
            let inner = with_size(text)?;
            let (address, title, look) = sized(&text[inner])?;
            Some((address, title, look.width, look.height))
        };
        let side = |number: &str| Some(number.to_owned());
        assert_eq!(read("![](x.png =300x) y"), Some(("x.png", "", side("300"), None)));
        assert_eq!(read("![a [b] \\]c](x.png =300x200)"), Some(("x.png", "", side("300"), side("200"))));
        assert_eq!(read("![](<my x.png> \"A title\" =x50%)"), Some(("my x.png", "A title", None, side("50%"))));
        for no in [
            "![](x.png)", "![](x.png =x)", "![](x.png =300)", "![](x.png =ax2)", "![](a b =3x)", "![] (x =3x)", "![",
            "![](=3x)",
        ] {
            assert_eq!(read(no), None, "{no}");
        }
    }

    #[test]
    fn only_sizes_and_sides_are_a_look() {
        let read = |text| look(text).map(|(look, length)| (look.width, look.height, look.align, length));
        assert_eq!(read("{width=300} x"), Some((Some("300".into()), None, None, 11)));
        assert_eq!(
            read("{width=50% height=\"20px\" .right}"),
            Some((Some("50%".into()), Some("20".into()), Some("right"), 32))
        );
        for no in ["{}", "{3}", "{width=x}", "{onload=1}", "{width=99999}", "width=3}", "{.evil}", "{width=3"] {
            assert_eq!(read(no), None, "{no}");
        }
    }
}
