//! Numbers of tickets and ranges of them (row Q09): `1,3-5`, `3:5`.

use super::read::shortened;

/// The ranges of a list, ends included; empty for an empty list. What is larger than any number stands for the largest.
pub fn ranges(list: &str) -> Result<Vec<(i64, i64)>, String> {
    let pieces = list.split(',').map(str::trim).filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            range(piece).ok_or_else(|| format!("“{}” is no ticket and no range of tickets.", shortened(piece)))
        })
        .collect()
}

fn range(piece: &str) -> Option<(i64, i64)> {
    let (first, last) = piece.split_once(['-', ':']).unwrap_or((piece, piece));
    let (first, last) = (digits(first)?, digits(last)?);
    (first <= last).then_some((first, last))
}

/// A single number, for comparing with.
pub fn number(text: &str) -> Result<i64, String> {
    let bare = text.trim().trim_start_matches('#');
    digits(bare).ok_or_else(|| format!("“{}” is no number of a ticket.", shortened(text)))
}

fn digits(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_refused() {
        assert_eq!(ranges("1,3-5, 7:9"), Ok(vec![(1, 1), (3, 5), (7, 9)]));
        assert_eq!(ranges(""), Ok(vec![]));
        assert_eq!(ranges("99999999999999999999"), Ok(vec![(i64::MAX, i64::MAX)]));
        for bad in ["a", "1-", "5-3", "1-2-3", "-1", "1 2", "٣", "#1"] {
            assert!(ranges(bad).is_err(), "{bad}");
        }
    }
}
