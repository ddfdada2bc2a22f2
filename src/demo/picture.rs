//! Pictures drawn with letters, as PNG: `#` is black, `B` blue, a blank paper, and so on.

use super::broken;
use crate::base::error::Result;

/// Pixels for each letter.
const SCALE: usize = 8;
/// What each letter is painted with; its place is its number in the palette.
const PALETTE: [(char, [u8; 3]); 9] = [
    (' ', [252, 252, 248]),
    ('.', [226, 230, 232]),
    ('#', [38, 42, 46]),
    ('-', [150, 156, 160]),
    ('B', [34, 84, 148]),
    ('R', [178, 52, 46]),
    ('G', [44, 120, 74]),
    ('Y', [232, 178, 44]),
    ('T', [176, 212, 226]),
];
/// The largest block that deflate stores as it is.
const STORED: usize = 65_535;

/// The picture of these lines. Shorter lines are filled up with paper.
pub fn png(lines: &str) -> Result<Vec<u8>> {
    let rows: Vec<Vec<u8>> = lines.lines().map(|line| line.chars().map(colour).collect()).collect::<Result<_>>()?;
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut pixels = Vec::new();
    for row in &rows {
        // Each line of pixels begins with the number of its filter: none.
        let mut line = vec![0];
        for at in 0..width * SCALE / 2 {
            // Two pixels in a byte, and always of the same letter.
            let colour = row.get(at * 2 / SCALE).copied().unwrap_or_default();
            line.push(colour << 4 | colour);
        }
        (0..SCALE).for_each(|_| pixels.extend_from_slice(&line));
    }
    let mut head = Vec::new();
    head.extend(number(width * SCALE));
    head.extend(number(rows.len() * SCALE));
    head.extend([4, 3, 0, 0, 0]);
    let palette: Vec<u8> = PALETTE.iter().flat_map(|(_, colour)| *colour).collect();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", head), (b"PLTE", palette), (b"IDAT", stored(&pixels)), (b"IEND", Vec::new())] {
        png.extend(number(data.len()));
        let named = [name.as_slice(), &data].concat();
        png.extend_from_slice(&named);
        png.extend(crc32fast::hash(&named).to_be_bytes());
    }
    Ok(png)
}

fn colour(letter: char) -> Result<u8> {
    let at = PALETTE.iter().position(|(known, _)| *known == letter);
    at.map(|at| at as u8).ok_or_else(|| broken(&format!("no colour for {letter}")))
}

fn number(number: usize) -> [u8; 4] {
    (number as u32).to_be_bytes()
}

/// A zlib stream that compresses nothing.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = bytes.chunks(STORED).count();
    for (at, block) in bytes.chunks(STORED).enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(at + 1 == blocks));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_png_of_eight_pixels_for_each_letter() {
        let png = png("#B\n Y \n").unwrap_or_default();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!((&png[16..20], &png[20..24]), (&[0, 0, 0, 24][..], &[0, 0, 0, 16][..]));
        assert!(super::png("?").is_err());
    }
}
