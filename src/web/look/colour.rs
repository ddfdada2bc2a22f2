//! The colours of a frame made from the one that a project has chosen: on light and on dark paper, each at 4.5:1 or more
//! (WCAG 2.2, 1.4.3), whatever was chosen.

/// A colour as screens have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);
/// So much stands a text out from its ground at least. A little more than is asked for, since colours are rounded.
const ENOUGH: f64 = 4.55;
/// The steps in which a colour is moved towards black or white.
const STEPS: u32 = 100;

/// The grounds on which the accent is written: `--paper`, `--sunken` and `--raised` of static/trackway.css.
const LIGHT: [Colour; 3] = [Colour([0xfd, 0xfd, 0xfb]), Colour([0xf4, 0xf4, 0xf0]), WHITE];
const DARK: [Colour; 3] = [Colour([0x15, 0x18, 0x1b]), Colour([0x1d, 0x21, 0x25]), Colour([0x22, 0x27, 0x2b])];

/// The light paper and the dark one.
pub const PAPERS: [Colour; 2] = [LIGHT[0], DARK[0]];

/// What takes the place of the tokens of the same names in static/trackway.css.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub accent: Colour,
    pub accent_deep: Colour,
    pub accent_tint: Colour,
    pub on_accent: Colour,
}

impl Colour {
    /// `#0a5b70`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// `0a5b70`
    pub fn digits(self) -> String {
        let [red, green, blue] = self.0;
        format!("{red:02x}{green:02x}{blue:02x}")
    }

    /// So much of the way to another colour.
    fn towards(self, other: Self, share: f64) -> Self {
        let mixed = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8;
        Self(std::array::from_fn(|part| mixed(self.0[part], other.0[part])))
    }

    /// Relative luminance (WCAG 2.2, definitions).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// How far two colours stand apart, from 1 to 21 (WCAG 2.2, definitions).
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The nearest colour on the way to another that can be read on all of these.
    fn legible(self, grounds: &[Self], towards: Self) -> Self {
        let step = |step: u32| self.towards(towards, f64::from(step) / f64::from(STEPS));
        let is_enough = |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= ENOUGH);
        (0..STEPS).map(step).find(is_enough).unwrap_or(towards)
    }
}

/// The colours on light paper, and those on dark.
pub fn palette(chosen: Colour) -> (Palette, Palette) {
    (on(chosen, LIGHT, BLACK, 0.1), on(chosen, DARK, WHITE, 0.16))
}

fn on(chosen: Colour, grounds: [Colour; 3], away: Colour, tinted: f64) -> Palette {
    let accent_tint = grounds[0].towards(chosen, tinted);
    let [paper, sunken, raised] = grounds;
    let accent = chosen.legible(&[paper, sunken, raised, accent_tint], away);
    // What lies on the accent as a ground is the paper's side, since the accent stands out from that.
    let on_accent = if away == BLACK { WHITE } else { BLACK };
    Palette { accent, accent_deep: accent.towards(away, 0.3), accent_tint, on_accent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_can_be_read_on_light_and_on_dark_paper() {
        let parts = [0_u8, 1, 40, 90, 128, 170, 200, 230, 254, 255];
        for red in parts {
            for green in parts {
                for blue in parts {
                    let chosen = Colour([red, green, blue]);
                    let (light, dark) = palette(chosen);
                    for (palette, grounds) in [(light, LIGHT), (dark, DARK)] {
                        for ground in grounds.into_iter().chain([palette.accent_tint]) {
                            assert!(palette.accent.contrast(ground) >= 4.5, "{chosen:?} on {ground:?}");
                            assert!(palette.accent_deep.contrast(ground) >= 4.5, "{chosen:?}, deep, on {ground:?}");
                        }
                        for ground in [palette.accent, palette.accent_deep] {
                            assert!(palette.on_accent.contrast(ground) >= 4.5, "on {chosen:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_what_it_is() {
        let chosen = Colour::parse("#7A1f3d").expect("a colour");
        assert_eq!(palette(chosen).0.accent, chosen);
        assert_ne!(palette(chosen).1.accent, chosen);
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let style = include_str!("../../../static/trackway.css");
        for (name, light, dark) in
            [("paper", LIGHT[0], DARK[0]), ("sunken", LIGHT[1], DARK[1]), ("raised", LIGHT[2], DARK[2])]
        {
            let line = format!("--{name}: light-dark(#{}, #{});", light.digits(), dark.digits());
            assert!(style.contains(&line), "{line}");
        }
    }

    #[test]
    fn what_is_no_colour_is_none() {
        for text in ["", "red", "#fff", "#12345", "#1234567", "#12345g", "0a5b70", "#+a5b70", "#0a5b7é"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
