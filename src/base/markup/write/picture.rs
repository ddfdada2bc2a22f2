//! How large a picture is and where it stands: `{width=300}`, `{height=20% .right}` behind it, or ` =300x200` in its address.

/// Attributes of a picture, as read from what stands behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) width: Option<String>,
    pub(super) height: Option<String>,
    pub(super) align: Option<&'static str>,
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
