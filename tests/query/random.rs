//! Thousands of made-up queries against a plain reading of the rows, ticket by ticket.

use std::cmp::Ordering;

use trackway::base::text::fold;
use trackway::base::viewer::Viewer;
use trackway::query::{Query, from_address};
use trackway::ticket::fields::Fields;
use trackway::web::address::query_value;

use super::world::{Ticket, World, instant, viewer};

pub const PEOPLE: [(&str, &str); 5] =
    [("kim", "Kim Lee"), ("lee", "Ödön Lee"), ("ada", ""), ("lin", "Ada Lin"), ("zoe", "zoe")];
pub const STATUSES: [&str; 5] = ["new", "assigned", "accepted", "reopened", "closed"];
pub const PRIORITIES: [&str; 5] = ["blocker", "critical", "major", "minor", "trivial"];
pub const COMPONENTS: [&str; 3] = ["doors", "lifts", "Light"];
/// In the order of lists: completed first, then what is due, then by name.
pub const MILESTONES: [(&str, Option<&str>, Option<&str>); 4] =
    [("old", None, Some("2026-01-01")), ("due", Some("2026-12-31"), None), ("M 9", None, None), ("M 10", None, None)];
pub const WORDS: [&str; 10] = ["red", "Green", "blau", "ÄRGER", "straße", "100%", "a_b", "it's", "<b>", "x|y"];
const FIELDS: [&str; 12] = [
    "status", "owner", "reporter", "priority", "component", "milestone", "summary", "keywords", "cc", "id", "time",
    "description",
];
const ORDERS: [&str; 7] = ["id", "priority", "status", "component", "milestone", "time", "owner"];

/// One condition as somebody writes it, and as the rows are read here.
pub struct Asked {
    pub field: &'static str,
    pub negated: bool,
    pub sign: &'static str,
    pub value: String,
}

pub struct Made {
    pub id: i64,
    pub ticket: Ticket<'static>,
    pub at: i64,
}

#[test]
fn thousands_of_made_up_queries_find_what_a_plain_reading_finds() {
    let mut dice = Dice(0x5eed_cafe_f00d_0001);
    let (world, made) = made_up(&mut dice);
    let kim = viewer("kim");
    let choices = world.choices();
    for round in 0..2_000 {
        let groups: Vec<Vec<Asked>> =
            (0..dice.below(4)).map(|_| (0..1 + dice.below(4)).map(|_| asked(&mut dice)).collect()).collect();
        let order = dice.one_of(&ORDERS);
        let descending = dice.below(2) == 1;
        let mut address = groups
            .iter()
            .map(|group| group.iter().map(Asked::written).collect::<Vec<_>>().join("&"))
            .collect::<Vec<_>>()
            .join("&or&");
        address += &format!("&order={order}&desc={}&max=0", u8::from(descending));

        let mut expected: Vec<&Made> = made.iter().filter(|made| meets_any(made, &groups)).collect();
        expected.sort_by(|one, other| compare(one, other, order, descending));
        let expected: Vec<i64> = expected.into_iter().map(|made| made.id).collect();

        let query =
            from_address(&Fields::BUILT_IN, &address).unwrap_or_else(|error| panic!("{round}: {address}: {error}"));
        let found = world
            .db
            .read(|db| trackway::query::run(db, &kim, &choices, &query))
            .unwrap_or_else(|error| panic!("{round}: {address}: {error}"));
        let ids: Vec<i64> = found.lines.iter().map(|line| line.id).collect();
        assert_eq!(ids, expected, "{round}: {address}");
        assert_eq!(found.total, expected.len(), "{round}: {address}");
        let size = 1 + expected.len() / (1 + round % 4);
        assert_eq!(in_pages(&world, &kim, &query, size), expected, "{round}, {size} on a page: {address}");
        assert_eq!(from_address(&Fields::BUILT_IN, &query.to_address()).unwrap(), query, "{address}");
        assert_eq!(
            trackway::query::from_text(&Fields::BUILT_IN, &query.to_text()).unwrap(),
            query,
            "{}",
            query.to_text()
        );
    }
}

#[test]
fn whatever_is_read_comes_back_from_both_forms() {
    const PIECES: [&str; 30] = [
        "status", "summary", "owner", "keywords", "id", "time", "order", "group", "max", "col", "=", "=", "=", "!",
        "~", "^", "$", "|", "&", "&", "\\", "\\", "or", "$USER", "USER", "1", "2026", "..", " ", "ä+%26",
    ];
    let mut dice = Dice(0x0dd5_ba11_0000_0001);
    let mut read = 0;
    for round in 0..60_000 {
        let mut text = String::from(["", "summary=", "summary~=a&owner", "status!=x|"][dice.below(4)]);
        for _ in 0..dice.below(12) {
            text.push_str(dice.one_of(&PIECES));
        }
        let address = dice.below(2) == 1;
        let query = if address {
            from_address(&Fields::BUILT_IN, &text)
        } else {
            trackway::query::from_text(&Fields::BUILT_IN, &text)
        };
        let Ok(query) = query else { continue };
        read += 1;
        assert_eq!(from_address(&Fields::BUILT_IN, &query.to_address()).ok().as_ref(), Some(&query), "{round}: {text}");
        assert_eq!(
            trackway::query::from_text(&Fields::BUILT_IN, &query.to_text()).ok().as_ref(),
            Some(&query),
            "{round}: {text}"
        );
    }
    assert!(read > 10_000, "only {read} texts were queries");
}

/// The same list, read page by page.
fn in_pages(world: &World, viewer: &Viewer, query: &Query, size: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for page in 1.. {
        let found = world.run(viewer, &Query { page, max: Some(size), ..query.clone() }).unwrap();
        ids.extend(found.lines.iter().map(|line| line.id));
        if page == found.pages {
            break;
        }
    }
    ids
}

pub fn made_up(dice: &mut Dice) -> (World, Vec<Made>) {
    let world = World::new();
    world.people(&PEOPLE);
    world.options("component", &COMPONENTS);
    for (name, due, completed) in MILESTONES.iter().rev() {
        world.milestone(name, *due, *completed);
    }
    let mut made = Vec::new();
    for _ in 0..300 {
        let person = |dice: &mut Dice| if dice.below(4) == 0 { "" } else { dice.one_of(&PEOPLE).0 };
        let mut cc: Vec<&'static str> = Vec::new();
        for _ in 0..dice.below(3) {
            let login = dice.one_of(&PEOPLE).0;
            if !cc.contains(&login) {
                cc.push(login);
            }
        }
        let texts = [phrase(dice, 3), phrase(dice, 2), phrase(dice, 4)];
        let [summary, keywords, description] = texts.map(|text| &*text.leak());
        let ticket = Ticket {
            summary,
            keywords,
            description,
            status: dice.one_of(&STATUSES),
            owner: person(dice),
            reporter: person(dice),
            priority: if dice.below(6) == 0 { "" } else { dice.one_of(&PRIORITIES) },
            component: if dice.below(3) == 0 { "" } else { dice.one_of(&COMPONENTS) },
            milestone: if dice.below(3) == 0 { "" } else { dice.one_of(&MILESTONES).0 },
            cc: cc.leak(),
            day: DAYS[dice.below(DAYS.len())],
            ..Ticket::default()
        };
        let id = world.ticket(&ticket);
        made.push(Made { id, at: instant(ticket.day), ticket });
    }
    (world, made)
}

pub const DAYS: [&str; 8] =
    ["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-06-15"];

pub fn phrase(dice: &mut Dice, most: usize) -> String {
    (0..dice.below(most + 1)).map(|_| dice.one_of(&WORDS)).collect::<Vec<_>>().join(" ")
}

pub fn asked(dice: &mut Dice) -> Asked {
    let field = dice.one_of(&FIELDS);
    let negated = dice.below(3) == 0;
    let sign = if matches!(field, "id" | "time") { "" } else { dice.one_of(&["", "", "~", "~", "^", "$"]) };
    let value = match field {
        "id" => match dice.below(3) {
            0 => format!("{}", dice.below(310)),
            1 => format!("{},{}", dice.below(310), dice.below(310)),
            _ => {
                let first = dice.below(300);
                format!("{first}-{}", first + dice.below(80))
            }
        },
        "time" => match dice.below(4) {
            0 => dice.one_of(&DAYS).to_owned(),
            1 => format!("{}..", dice.one_of(&DAYS)),
            2 => format!("..{}", dice.one_of(&DAYS)),
            _ => format!("{}..{}", dice.one_of(&DAYS), dice.one_of(&DAYS)),
        },
        _ if dice.below(10) == 0 => String::new(),
        "status" => part(dice, &STATUSES, sign),
        "priority" => part(dice, &PRIORITIES, sign),
        "component" => part(dice, &COMPONENTS, sign),
        "milestone" => part(dice, &MILESTONES.map(|milestone| milestone.0), sign),
        "owner" | "reporter" => match dice.below(4) {
            0 => "$USER".to_owned(),
            1 => part(dice, &PEOPLE.map(|person| person.1), sign),
            _ => part(dice, &PEOPLE.map(|person| person.0), sign),
        },
        "cc" if sign == "~" => {
            let minus = if dice.below(3) == 0 { "-" } else { "" };
            format!(
                "{} {minus}{}",
                part(dice, &PEOPLE.map(|person| person.0), "~"),
                dice.one_of(&["l", "Lee", "\"ada lin\"", "zoe"])
            )
        }
        "cc" => part(dice, &PEOPLE.map(|person| person.0), sign),
        "keywords" if sign == "~" => {
            let minus = if dice.below(3) == 0 { "-" } else { "" };
            format!("{} {minus}{}", part(dice, &WORDS, "~"), dice.one_of(&WORDS))
        }
        _ if sign.is_empty() => phrase(dice, 2),
        _ => part(dice, &WORDS, sign),
    };
    Asked { field, negated, sign, value }
}

/// A name or a piece of it, in any case if pieces are asked for.
fn part(dice: &mut Dice, names: &[&str], sign: &str) -> String {
    let name = dice.one_of(names);
    if sign.is_empty() {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let length = 1 + dice.below(letters.len().max(1));
    let piece: String = match sign {
        "$" => letters[letters.len().saturating_sub(length)..].iter().collect(),
        _ => letters[..length.min(letters.len())].iter().collect(),
    };
    if dice.below(2) == 0 { piece.to_uppercase() } else { piece }
}

impl Asked {
    fn written(&self) -> String {
        format!(
            "{}={}{}{}",
            self.field,
            if self.negated { "!" } else { "" },
            query_value(self.sign),
            query_value(&self.value)
        )
    }
}

fn meets_any(made: &Made, groups: &[Vec<Asked>]) -> bool {
    let answers: Vec<bool> = groups.iter().filter_map(|group| meets(made, group)).collect();
    answers.is_empty() || answers.contains(&true)
}

/// None if the group asks for nothing.
fn meets(made: &Made, group: &[Asked]) -> Option<bool> {
    let mut answer = None;
    for field in FIELDS {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for asked in group.iter().filter(|asked| asked.field == field) {
            if let Some(met) = is_met(made, asked) {
                if asked.negated { unwanted.push(met) } else { wanted.push(met) }
            }
        }
        if !wanted.is_empty() || !unwanted.is_empty() {
            let met = (wanted.is_empty() || wanted.contains(&true)) && !unwanted.contains(&true);
            answer = Some(answer.unwrap_or(true) && met);
        }
    }
    answer
}

/// Whether the condition without its negation is met; none if it asks for nothing.
pub fn is_met(made: &Made, asked: &Asked) -> Option<bool> {
    let ticket = &made.ticket;
    let value = asked.value.replace("$USER", "kim");
    if !asked.sign.is_empty() && value.is_empty() {
        return None;
    }
    let text = match asked.field {
        "id" => return id_is_met(made.id, &value),
        "time" => return Some(time_is_met(made.at, &value)),
        "cc" => return cc_is_met(ticket.cc, asked.sign, &value),
        "owner" | "reporter" => {
            let login = if asked.field == "owner" { ticket.owner } else { ticket.reporter };
            return Some(match asked.sign {
                "" => login == value,
                _ if login.is_empty() => false,
                sign => names_of(login).iter().any(|name| text_is_met(name, sign, &value)),
            });
        }
        "status" => ticket.status,
        "priority" => ticket.priority,
        "component" => ticket.component,
        "milestone" => ticket.milestone,
        "summary" => ticket.summary,
        "description" => ticket.description,
        _ => {
            if asked.sign == "~" {
                let (mut any, mut all) = (false, true);
                for (word, minus) in words_of(&value) {
                    any = true;
                    all &= text_is_met(ticket.keywords, "~", &word) != minus;
                }
                return any.then_some(all);
            }
            ticket.keywords
        }
    };
    Some(text_is_met(text, asked.sign, &value))
}

fn text_is_met(text: &str, sign: &str, value: &str) -> bool {
    let (folded, part) = (fold(text), fold(value));
    match sign {
        "" => text == value,
        "~" => folded.contains(&part),
        "^" => folded.starts_with(&part),
        _ => folded.ends_with(&part),
    }
}

fn names_of(login: &str) -> [&str; 2] {
    let name = PEOPLE.iter().find(|person| person.0 == login).map_or("", |person| person.1);
    [login, name]
}

fn cc_is_met(cc: &[&str], sign: &str, value: &str) -> Option<bool> {
    let anybody = |sign: &str, value: &str| {
        cc.iter().any(|login| names_of(login).iter().any(|name| text_is_met(name, sign, value)))
    };
    match sign {
        "" if value.is_empty() => Some(cc.is_empty()),
        "" => Some(cc.contains(&value)),
        "~" => {
            let words = words_of(value);
            (!words.is_empty()).then(|| words.iter().all(|(word, minus)| anybody("~", word) != *minus))
        }
        sign => Some(anybody(sign, value)),
    }
}

/// No word made up here has a blank but the phrases in quotes, which come last.
fn words_of(value: &str) -> Vec<(String, bool)> {
    let (words, quoted) = match value.split_once('"') {
        Some((before, quoted)) => (before, Some(quoted.trim_end_matches('"'))),
        None => (value, None),
    };
    let mut all: Vec<(String, bool)> = Vec::new();
    let mut minus_before_quote = false;
    for word in words.split_whitespace() {
        match word.strip_prefix('-') {
            Some("") => minus_before_quote = true,
            Some(bare) => all.push((bare.to_owned(), true)),
            None => all.push((word.to_owned(), false)),
        }
    }
    all.extend(quoted.map(|quoted| (quoted.to_owned(), minus_before_quote)));
    all
}

fn id_is_met(id: i64, value: &str) -> Option<bool> {
    Some(value.split(',').any(|piece| match piece.split_once('-') {
        Some((first, last)) => (first.parse::<i64>().unwrap()..=last.parse().unwrap()).contains(&id),
        None => piece.parse() == Ok(id),
    }))
}

fn time_is_met(at: i64, value: &str) -> bool {
    let (from, until) = value.split_once("..").unwrap_or((value, ""));
    (from.is_empty() || at >= instant(from)) && (until.is_empty() || at < instant(until))
}

fn compare(one: &Made, other: &Made, order: &str, descending: bool) -> Ordering {
    // What is empty has a rank beyond all others.
    let rank = |made: &Made| -> i64 {
        let place =
            |names: &[&str], name: &str| names.iter().position(|known| *known == name).map_or(i64::MAX, |at| at as i64);
        match order {
            "id" => made.id,
            "priority" => place(&PRIORITIES, made.ticket.priority),
            "status" => place(&STATUSES, made.ticket.status),
            "component" => place(&COMPONENTS, made.ticket.component),
            "milestone" => place(&MILESTONES.map(|milestone| milestone.0), made.ticket.milestone),
            "owner" => place(&["ada", "lin", "kim", "lee", "zoe"], made.ticket.owner),
            _ => made.at,
        }
    };
    let ordered = rank(one).cmp(&rank(other));
    let ordered = if descending { ordered.reverse() } else { ordered };
    ordered.then(one.id.cmp(&other.id))
}

/// The same numbers on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }
}
