//! Ids and secrets that nobody can guess, and their written form.

pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness there is no secret worth the name, and nothing sensible to go on with.
    #[expect(clippy::expect_used, reason = "the operating system always has randomness once it has booted")]
    getrandom::fill(&mut bytes).expect("randomness of the operating system");
    bytes
}

/// 128 random bits in hex: for ids that never change.
pub fn random_id() -> String {
    hex(&random_bytes::<16>())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}
