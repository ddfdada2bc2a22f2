//! Texts of a made-up language in which few words are common and most are rare, with markup and links among each other.
//!
//! Each text depends on what it is of and on nothing else, so texts come out the same in whatever order they are asked for.

use std::sync::LazyLock;

use crate::size::{DONE_MILESTONES, LINKS, OPEN_MILESTONES, PEOPLE, Size, milestone};

/// Words that there are; the word of rank n is n times rarer than the first.
const WORDS: usize = 8_000;

/// Words that every text is held together by, the commonest first.
const COMMON: [&str; 40] = [
    "the", "to", "of", "and", "a", "in", "is", "it", "that", "for", "on", "with", "not", "this", "as", "when", "be",
    "we", "if", "by", "from", "are", "can", "should", "after", "page", "file", "error", "which", "at", "does", "but",
    "user", "value", "list", "has", "before", "test", "new", "old",
];

/// No made-up word holds a rude one.
const UNFIT: [&str; 20] = [
    "fuck", "cock", "dick", "suck", "cunt", "cum", "tit", "piss", "fag", "nig", "rape", "slut", "wank", "turd", "anus",
    "arse", "nazi", "homo", "porn", "puss",
];

static DICTIONARY: LazyLock<Vec<String>> = LazyLock::new(dictionary);

fn dictionary() -> Vec<String> {
    const BEGIN: [&str; 20] =
        ["b", "br", "c", "d", "f", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v", "w"];
    const MIDDLE: [&str; 10] = ["a", "e", "i", "o", "u", "ai", "ea", "ie", "ou", "oo"];
    const END: [&str; 14] = ["", "n", "r", "s", "t", "l", "nd", "st", "rm", "ck", "ng", "m", "p", "lt"];
    let mut random = Random::new(&[1]);
    let mut words: Vec<String> = COMMON.iter().map(|word| (*word).to_owned()).collect();
    let mut known: std::collections::HashSet<String> = words.iter().cloned().collect();
    while words.len() < WORDS {
        // Rarer words are longer.
        let syllables = 1 + random.below(2) + words.len() as u64 / 3_000;
        let word: String =
            (0..syllables).map(|_| [random.pick(&BEGIN), random.pick(&MIDDLE), random.pick(&END)].concat()).collect();
        if !UNFIT.iter().any(|part| word.contains(part)) && known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// Numbers that look random and are always the same (SplitMix64).
pub struct Random(u64);

impl Random {
    /// Of what is named by these numbers.
    pub fn new(of: &[u64]) -> Self {
        let mut random = Self(0x5472_6163_6b77_6179);
        for part in of {
            random.0 ^= part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            random.next();
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// From 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

pub fn word(random: &mut Random) -> &'static str {
    let rank = (WORDS as f64).powf(random.fraction()) as usize;
    &DICTIONARY[(rank - 1).min(WORDS - 1)]
}

/// The word of that rank, 1 being the commonest.
pub fn word_of_rank(rank: usize) -> &'static str {
    &DICTIONARY[rank - 1]
}

fn words(random: &mut Random, count: u64) -> String {
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn sentence(random: &mut Random) -> String {
    let count = 6 + random.below(12);
    let mut text = capital(&words(random, count));
    match random.below(12) {
        0 => text.push_str(&format!(" `{}_{}`", word(random), word(random))),
        1 => text.push_str(&format!(" *{}*", word(random))),
        2 => text.push_str(&format!(", **{}**", word(random))),
        _ => {}
    }
    text.push('.');
    text
}

fn paragraph(random: &mut Random, sentences: u64) -> String {
    (0..sentences).map(|_| sentence(random)).collect::<Vec<_>>().join(" ")
}

pub fn summary(ticket: u64) -> String {
    let mut random = Random::new(&[2, ticket]);
    let count = 4 + random.below(6);
    capital(&words(&mut random, count))
}

pub fn keywords(ticket: u64) -> String {
    let mut random = Random::new(&[3, ticket]);
    let count = random.below(3);
    words(&mut random, count)
}

pub fn description(size: &Size, ticket: u64) -> String {
    let random = &mut Random::new(&[4, ticket]);
    let mut text = paragraph(random, 3);
    if random.percent(40) {
        text.push_str("\n\n");
        for step in 1..=3 {
            text.push_str(&format!("{step}. {}\n", sentence(random)));
        }
    }
    if random.percent(20) {
        text.push_str(&format!(
            "\n\n```\n{}: {}\n    at {}.c:{}\n```\n",
            word(random),
            words(random, 5),
            word(random),
            42
        ));
    }
    text.push_str(&format!("\n\nSee {} and {}.", page_link(size, random), ticket_link(ticket, random)));
    text
}

pub fn comment(size: &Size, ticket: u64, number: u64) -> String {
    let random = &mut Random::new(&[5, ticket, number]);
    let mut text = String::new();
    if number > 1 && random.percent(20) {
        text.push_str(&format!("> {}\n\n", sentence(random)));
    }
    let count = 1 + random.below(4);
    text.push_str(&paragraph(random, count));
    match random.below(6) {
        0 => text.push_str(&format!(" See {}.", ticket_link(ticket, random))),
        1 => text.push_str(&format!(" It is on {}.", page_link(size, random))),
        2 => text.push_str(&format!("\n\n- {}\n- {}", sentence(random), sentence(random))),
        _ => {}
    }
    text
}

/// An earlier ticket.
fn ticket_link(ticket: u64, random: &mut Random) -> String {
    format!("#{}", 1 + random.below(ticket.max(1)))
}

fn page_link(size: &Size, random: &mut Random) -> String {
    format!("[[{}]]", page_name(random.below(size.pages)))
}

/// `Guide/…` and the like: every page has a name of its own.
pub fn page_name(page: u64) -> String {
    const ROOMS: [&str; 5] = ["Guide", "Design", "Meeting", "Notes", "Install"];
    let mut random = Random::new(&[6, page]);
    let name = format!("{} {} {page}", capital(word(&mut random)), capital(word(&mut random)));
    if page.is_multiple_of(5) { name } else { format!("{}/{name}", ROOMS[(page % 5) as usize]) }
}

pub fn page_comment(page: u64, version: u64) -> String {
    words(&mut Random::new(&[7, page, version]), 4)
}

/// A page of headings, lists and paragraphs with twenty links.
pub fn page(size: &Size, page: u64, version: u64) -> String {
    let random = &mut Random::new(&[8, page]);
    let mut text = format!("# {}\n\n", page_name(page));
    for part in 0..4 {
        text.push_str(&format!("{}\n\n## {}\n\n", paragraph(random, 3), capital(&words(random, 3))));
        for link in 0..LINKS / 4 {
            text.push_str(&format!("- {} {}\n", sentence(random), link_of(size, part * (LINKS / 4) + link, random)));
        }
        text.push('\n');
    }
    if random.percent(30) {
        text.push_str("| name | value |\n|---|---|\n");
        for _ in 0..4 {
            text.push_str(&format!("| {} | {} |\n", word(random), words(random, 3)));
        }
        text.push('\n');
    }
    if random.percent(20) {
        text.push_str(&format!("```python\ndef {}(value):\n    return value + {}\n```\n\n", word(random), 7));
    }
    text.push_str(&paragraph(&mut Random::new(&[9, page, version]), 2));
    text.push('\n');
    text
}

pub const LONG_PAGE: &str = "Handbook/Everything";

/// The texts of pages one after the other, at least 100 KiB.
pub fn long_page(size: &Size) -> String {
    let mut text = String::new();
    for number in 0.. {
        text.push_str(&page(size, number, 1));
        if text.len() >= 100 * 1024 {
            break;
        }
    }
    text
}

fn link_of(size: &Size, link: usize, random: &mut Random) -> String {
    match link % 5 {
        0 | 1 => format!("#{}", 1 + random.below(size.tickets)),
        2 => page_link(size, random),
        3 => format!("[{}](wiki:\"{}\")", words(random, 2), page_name(random.below(size.pages))),
        _ if link < 10 => format!("milestone:\"{}\"", milestone(random.below(DONE_MILESTONES + OPEN_MILESTONES))),
        _ => format!("@{}", PEOPLE[random.below(PEOPLE.len() as u64) as usize].0),
    }
}

pub fn milestone_description(number: u64) -> String {
    let random = &mut Random::new(&[10, number]);
    format!("{}\n\n- {}\n- {}\n", paragraph(random, 2), sentence(random), sentence(random))
}

pub fn commit_message(size: &Size, commit: u64) -> String {
    let random = &mut Random::new(&[11, commit]);
    let count = 3 + random.below(5);
    let mut text = capital(&words(random, count));
    let ticket = 1 + random.below(size.tickets);
    match random.below(10) {
        0 | 1 => text.push_str(&format!(" (fixes #{ticket})")),
        2 | 3 => text.push_str(&format!("\n\n{}\n\nRefs #{ticket}.", paragraph(random, 2))),
        4 => text.push_str(&format!("\n\nAs #{ticket} asks for.")),
        5 => text.push_str(&format!("\n\n{}", paragraph(random, 2))),
        _ => {}
    }
    text.push('\n');
    text
}

/// A file of source code; each version differs from the one before in a line or two.
pub fn source(file: u64, version: u64) -> String {
    let random = &mut Random::new(&[12, file]);
    let lines = 20 + random.below(60);
    let mut text = String::new();
    for line in 0..lines {
        let line =
            format!("{}let {} = {}({});\n", "    ".repeat((line % 3) as usize), word(random), word(random), line);
        text.push_str(&line);
    }
    for change in 0..version.min(12) {
        text.push_str(&format!("// {}\n", sentence(&mut Random::new(&[13, file, version - change]))));
    }
    text
}
