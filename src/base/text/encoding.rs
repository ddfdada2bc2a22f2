//! Which bytes are text, and in which encoding (row G07): a mark at the beginning, UTF-8, and else Latin-1, which reads any
//! bytes. Serves files of repositories and attached ones alike.

/// What stands at the beginning shows whether it is text, as git has it.
const LOOKED_AT: usize = 8_000;
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Latin1,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Latin1 => "Latin-1",
        }
    }

    /// Of these bytes, of which more may follow; none if they are no text.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => return Some(Self::Utf16Le),
            [0xfe, 0xff, ..] => return Some(Self::Utf16Be),
            _ => {}
        }
        if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => Some(Self::Utf8),
            // The last character may be cut in two.
            Err(error) if error.error_len().is_none() => Some(Self::Utf8),
            Err(_) => Some(Self::Latin1),
        }
    }
}

/// The text that the bytes are, without its mark; none if they are no text. A character that is cut or broken becomes
/// U+FFFD.
pub fn decoded(bytes: &[u8]) -> Option<(String, Encoding)> {
    let encoding = Encoding::of(bytes)?;
    let wide = |read: fn([u8; 2]) -> u16| {
        let units = bytes[2..].as_chunks::<2>().0.iter().map(|pair| read(*pair));
        char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)).into_owned(),
        Encoding::Utf16Le => wide(u16::from_le_bytes),
        Encoding::Utf16Be => wide(u16::from_be_bytes),
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Some((text, encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_in_an_encoding_or_none() {
        for (bytes, text, encoding) in [
            ("caf\u{e9}\n".as_bytes(), "caf\u{e9}\n", Encoding::Utf8),
            (b"\xef\xbb\xbfa", "a", Encoding::Utf8),
            (b"caf\xe9\n", "caf\u{e9}\n", Encoding::Latin1),
            (b"caf\xc3", "caf\u{fffd}", Encoding::Utf8),
            (b"\xff\xfea\0\xe9\0", "a\u{e9}", Encoding::Utf16Le),
            (b"\xfe\xff\0a\xd8\x00", "a\u{fffd}", Encoding::Utf16Be),
            (b"", "", Encoding::Utf8),
        ] {
            assert_eq!(decoded(bytes), Some((text.to_owned(), encoding)), "{bytes:?}");
        }
        assert_eq!(decoded(b"\x89PNG\0"), None);
    }
}
