//! Made-up stories of tickets, asked for as they are, as they were, and for what once was: against a plain reading of all that
//! happened to them.

use rusqlite::types::Value;
use trackway::base::text::fold;
use trackway::base::time::Instant;
use trackway::query::{self, Query, from_address, people};
use trackway::ticket::fields::Fields;

use super::people::comes_back;
use super::random::{
    Asked, COMPONENTS, DAYS, Dice, MILESTONES, Made, PEOPLE, PRIORITIES, STATUSES, asked, is_met, phrase,
};
use super::world::{Ticket, World, instant, viewer};

const FIELDS: [&str; 9] =
    ["status", "owner", "reporter", "priority", "component", "milestone", "summary", "keywords", "description"];

/// A ticket at every moment at which something happened to it, in order.
struct Story {
    id: i64,
    versions: Vec<(i64, Ticket<'static>)>,
}

enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Leaf(Leaf),
}

enum Leaf {
    Now(Asked),
    More { field: &'static str, sign: &'static str, value: String },
    Was { field: &'static str, value: String },
    Changed { field: &'static str, from: Option<&'static str>, until: Option<&'static str> },
}

#[test]
fn thousands_of_made_up_conditions_find_what_a_plain_reading_finds() {
    let mut dice = Dice(0x5eed_cafe_f00d_0002);
    let (world, stories) = made_up(&mut dice);
    let kim = viewer("kim");
    let choices = world.choices();
    for round in 0..2_500 {
        let tree = tree(&mut dice, 3);
        let at = (round >= 2_000).then(|| moment(&mut dice));
        let mut text = written(&tree);
        text += " sort:id max:0";
        if let Some(at) = at {
            text += &format!(" at:\"{}\"", Instant(at).iso());
        }
        let expected: Vec<i64> = stories
            .iter()
            .filter_map(|story| story.by(at))
            .filter(|story| meets(story, &tree).unwrap_or(true))
            .map(|story| story.id)
            .collect();

        let query = people::query(&Fields::BUILT_IN, Some(&choices), &text)
            .unwrap_or_else(|slips| panic!("{round}: {text}: {slips:?}"));
        let found = world
            .db
            .read(|db| query::run(db, &kim, &choices, &query))
            .unwrap_or_else(|error| panic!("{round}: {text}: {error}"));

        let ids: Vec<i64> = found.lines.iter().map(|line| line.id).collect();
        assert_eq!(ids, expected, "{round}: {text}");
        comes_back(&query, &format!("{round}: {text}"));
    }
}

#[test]
fn a_list_of_an_earlier_moment_shows_orders_and_groups_what_was() {
    let mut dice = Dice(0x5eed_cafe_f00d_0003);
    let (world, stories) = made_up(&mut dice);
    let kim = viewer("kim");
    let choices = world.choices();
    for round in 0..60 {
        let at = moment(&mut dice);
        let then: Vec<Story> = stories.iter().filter_map(|story| story.by(Some(at))).collect();
        let (order, group) = (dice.one_of(&["status", "owner", "summary"]), dice.one_of(&["component", "milestone"]));
        let columns = FIELDS.iter().chain(&["cc", "changetime", "resolved"]);
        let columns: Vec<String> = columns.map(|name| format!("&col={name}")).collect();
        let address = format!(
            "order={order}&order=id&group={group}&max=0{}&row=description&at={}",
            columns.concat(),
            Instant(at).iso()
        );
        let query = from_address(&Fields::BUILT_IN, &address).unwrap();
        let found = world.db.read(|db| query::run(db, &kim, &choices, &query)).unwrap();
        assert_eq!(found.total, then.len(), "{round}");
        for line in &found.lines {
            let story = then.iter().find(|story| story.id == line.id).unwrap();
            let (changed, ticket) = story.versions.last().unwrap();
            let cell = |name: &str| {
                line.cell(
                    query.columns.as_ref().unwrap().iter().copied().find(|column| column.name() == name).unwrap(),
                    &choices,
                )
            };
            let said = FIELDS.map(cell);
            let was = FIELDS.map(|name| match name {
                "keywords" => ticket.keywords.split_whitespace().collect::<Vec<_>>().join(" "),
                name => value_of(ticket, name).to_owned(),
            });
            assert_eq!(said, was, "{round}: #{}", line.id);
            assert_eq!(cell("cc"), ticket.cc.join(", "), "{round}: #{}", line.id);
            assert_eq!(line.changed_at.0, *changed, "{round}: #{}", line.id);
            assert_eq!(cell("resolved"), resolved(story).map_or(String::new(), |at| Instant(at).iso()), "#{}", line.id);
        }
        let mut sizes: Vec<(String, usize)> =
            found.groups.iter().map(|head| (head.value.clone(), head.total)).collect();
        let mut expected: Vec<(String, usize)> = Vec::new();
        for story in &then {
            let value = value_of(&story.versions.last().unwrap().1, group).to_owned();
            match expected.iter_mut().find(|(known, _)| *known == value) {
                Some((_, count)) => *count += 1,
                None => expected.push((value, 1)),
            }
        }
        sizes.sort();
        expected.sort();
        assert_eq!(sizes, expected, "{round}");
        let keys: Vec<String> = found.lines.iter().map(|line| line.summary.clone()).collect();
        if order == "summary" {
            for (head, next) in
                found.groups.iter().zip(found.groups.iter().skip(1).map(|next| next.first).chain([keys.len()]))
            {
                let in_group: Vec<(bool, String)> =
                    keys[head.first..next].iter().map(|key| (key.is_empty(), fold(key))).collect();
                assert!(in_group.is_sorted(), "{round}: {in_group:?}");
            }
        }
        let counted = world.db.read(|db| query::count(db, &kim, &choices, &query)).unwrap();
        assert_eq!(counted, then.len());
    }
}

#[test]
fn what_nobody_can_tell_of_an_earlier_moment_is_refused_by_name() {
    let world = World::new();
    for (address, what) in [
        ("at=2026&text=rain", "full-text"),
        ("at=2026&unread=1", "unread"),
        ("at=2026&is=unread", "unread"),
        ("at=2026&is=bookmarked", "bookmarked"),
        ("at=2026&worked=1h..", "worked"),
        ("at=2026&order=worked", "worked"),
        ("at=2026&col=worked", "worked"),
        ("at=2026&q=status:new%20or%20(owner:kim%20is:unread)", "unread"),
    ] {
        let query = from_address(&Fields::BUILT_IN, address).unwrap();
        let told = world.run(&viewer("kim"), &query).unwrap_err().to_string();
        assert!(told.starts_with("at: ") && told.contains(what), "{address}: {told}");
    }
    let query = from_address(&Fields::BUILT_IN, "text=rain").unwrap();
    assert!(world.run(&viewer("kim"), &query).is_err(), "nobody has looked for it");
    assert!(from_address(&Fields::BUILT_IN, "at=soonish").is_err());
    assert_eq!(world.run(&viewer("kim"), &Query { at: Some("-9y".to_owned()), ..Query::default() }).unwrap().total, 0);
}

impl Story {
    /// As much of it as had happened by then; none if nothing had.
    fn by(&self, at: Option<i64>) -> Option<Self> {
        let happened = self.versions.iter().filter(|(then, _)| at.is_none_or(|at| *then <= at));
        let versions: Vec<(i64, Ticket<'static>)> = happened.cloned().collect();
        (!versions.is_empty()).then_some(Self { id: self.id, versions })
    }

    fn created(&self) -> i64 {
        self.versions[0].0
    }
}

/// When it came into the stretch of closed states in which it is.
fn resolved(story: &Story) -> Option<i64> {
    let mut since = None;
    for (at, ticket) in &story.versions {
        since = (ticket.status == "closed").then(|| since.unwrap_or(*at));
    }
    since
}

fn meets(story: &Story, tree: &Tree) -> Option<bool> {
    let all = |trees: &[Tree]| trees.iter().filter_map(|tree| meets(story, tree)).collect::<Vec<bool>>();
    match tree {
        Tree::All(trees) => Some(all(trees)).filter(|met| !met.is_empty()).map(|met| met.iter().all(|met| *met)),
        Tree::Any(trees) => Some(all(trees)).filter(|met| !met.is_empty()).map(|met| met.contains(&true)),
        Tree::Not(tree) => meets(story, tree).map(|met| !met),
        Tree::Leaf(leaf) => leaf_is_met(story, leaf),
    }
}

fn leaf_is_met(story: &Story, leaf: &Leaf) -> Option<bool> {
    let now = &story.versions.last().unwrap().1;
    match leaf {
        Leaf::Now(asked) => {
            let made = Made { id: story.id, ticket: now.clone(), at: story.created() };
            is_met(&made, asked).map(|met| met != asked.negated)
        }
        Leaf::More { field, sign, value } => Some(is_more(story, now, field, sign, value)),
        Leaf::Was { field, value } => Some(story.versions.iter().any(|(_, then)| match *field {
            "cc" => then.cc.contains(&value.as_str()),
            field => value_of(then, field) == value,
        })),
        Leaf::Changed { field, from, until } => Some(story.versions.windows(2).any(|pair| {
            let differs = match *field {
                // Another order is no change.
                "cc" => {
                    let sorted = |at: usize| std::collections::BTreeSet::from_iter(pair[at].1.cc);
                    sorted(0) != sorted(1)
                }
                field => value_of(&pair[0].1, field) != value_of(&pair[1].1, field),
            };
            let at = pair[1].0;
            differs
                && from.is_none_or(|from| at >= instant(from))
                && until.is_none_or(|until| at < instant(until) + 86_400_000_000)
        })),
    }
}

fn is_more(story: &Story, now: &Ticket<'_>, field: &str, sign: &str, value: &str) -> bool {
    let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).map(|at| at as i64);
    let day = 86_400_000_000;
    let (left, first, last) = match field {
        "id" => (Some(story.id), value.parse().unwrap(), value.parse().unwrap()),
        "created" => (Some(story.created()), instant(value), instant(value) + day - 1),
        "changed" => (Some(story.versions.last().unwrap().0), instant(value), instant(value) + day - 1),
        // Those that are listed first are more.
        "priority" => (
            place(&PRIORITIES, now.priority).map(|at| -at),
            -place(&PRIORITIES, value).unwrap(),
            -place(&PRIORITIES, value).unwrap(),
        ),
        _ => {
            let names = MILESTONES.map(|milestone| milestone.0);
            (place(&names, now.milestone), place(&names, value).unwrap(), place(&names, value).unwrap())
        }
    };
    left.is_some_and(|left| match sign {
        ">" => left > last,
        ">=" => left >= first,
        "<" => left < first,
        "<=" => left <= last,
        _ => left >= first && left <= last,
    })
}

fn written(tree: &Tree) -> String {
    let each =
        |trees: &[Tree], between: &str| format!("({})", trees.iter().map(written).collect::<Vec<_>>().join(between));
    match tree {
        Tree::All(trees) => each(trees, " "),
        Tree::Any(trees) => each(trees, " or "),
        Tree::Not(tree) => format!("not {}", written(tree)),
        Tree::Leaf(Leaf::Now(asked)) => {
            let not = if asked.negated { "-" } else { "" };
            let sign = if asked.sign.is_empty() { "=" } else { asked.sign };
            format!("{not}{}:{sign}{}", asked.field, quoted(&asked.value))
        }
        Tree::Leaf(Leaf::More { field, sign, value }) => format!("{field}:{sign}{}", quoted(value)),
        Tree::Leaf(Leaf::Was { field, value }) => format!("was:{field}={}", quoted(value)),
        Tree::Leaf(Leaf::Changed { field, from: None, until: None }) => format!("changed:{field}"),
        Tree::Leaf(Leaf::Changed { field, from, until }) => {
            format!("changed:{field}={}..{}", from.unwrap_or_default(), until.unwrap_or_default())
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn tree(dice: &mut Dice, depth: usize) -> Tree {
    match dice.below(if depth == 0 { 1 } else { 5 }) {
        0 | 1 => Tree::Leaf(leaf(dice)),
        2 => Tree::Not(Box::new(tree(dice, depth - 1))),
        3 => Tree::All((0..1 + dice.below(4)).map(|_| tree(dice, depth - 1)).collect()),
        _ => Tree::Any((0..1 + dice.below(4)).map(|_| tree(dice, depth - 1)).collect()),
    }
}

fn leaf(dice: &mut Dice) -> Leaf {
    let day = |dice: &mut Dice| Some(dice.one_of(&DAYS)).filter(|_| dice.below(3) > 0);
    match dice.below(7) {
        0 | 1 => {
            let field = dice.one_of(&["id", "created", "changed", "priority", "milestone"]);
            let sign = dice.one_of(&[">", ">=", "<", "<="]);
            let value = match field {
                "id" => format!("{}", dice.below(200)),
                "priority" => dice.one_of(&PRIORITIES).to_owned(),
                "milestone" => dice.one_of(&MILESTONES).0.to_owned(),
                _ => dice.one_of(&DAYS).to_owned(),
            };
            let sign = if field.ends_with("ed") && dice.below(5) == 0 { "" } else { sign };
            Leaf::More { field, sign, value }
        }
        2 => {
            let (field, value) = match dice.below(6) {
                0 => ("status", dice.one_of(&STATUSES)),
                1 => ("owner", dice.one_of(&PEOPLE).0),
                2 => ("priority", dice.one_of(&PRIORITIES)),
                3 => ("component", dice.one_of(&COMPONENTS)),
                4 => ("milestone", dice.one_of(&MILESTONES).0),
                _ => ("cc", dice.one_of(&PEOPLE).0),
            };
            Leaf::Was { field, value: value.to_owned() }
        }
        3 => Leaf::Changed {
            field: dice.one_of(&["status", "owner", "milestone", "summary", "description", "cc"]),
            from: day(dice),
            until: day(dice),
        },
        _ => {
            let asked = loop {
                let asked = asked(dice);
                // A choice that there is not can't be typed.
                let names: Option<&[&str]> = match asked.field {
                    "status" => Some(&STATUSES),
                    "priority" => Some(&PRIORITIES),
                    "component" => Some(&COMPONENTS),
                    _ => None,
                };
                if !asked.sign.is_empty() || names.is_none_or(|names| names.contains(&asked.value.as_str())) {
                    break asked;
                }
            };
            Leaf::Now(asked)
        }
    }
}

fn moment(dice: &mut Dice) -> i64 {
    instant(dice.one_of(&DAYS)) + [-1, 0, 1, 43_200_000_000][dice.below(4)]
}

fn made_up(dice: &mut Dice) -> (World, Vec<Story>) {
    let world = World::new();
    world.people(&PEOPLE);
    world.options("component", &COMPONENTS);
    for (name, due, completed) in MILESTONES.iter().rev() {
        world.milestone(name, *due, *completed);
    }
    let mut stories = Vec::new();
    for _ in 0..200 {
        let mut days: Vec<i64> = (0..1 + dice.below(6)).map(|_| moment(dice)).collect();
        days.sort_unstable();
        days.dedup();
        let mut ticket = Ticket::default();
        let mut versions = Vec::new();
        for (number, at) in days.into_iter().enumerate() {
            for _ in 0..(if number == 0 { 12 } else { dice.below(4) }) {
                change(dice, &mut ticket);
            }
            versions.push((at, ticket.clone()));
        }
        let id = world.story(&versions);
        stories.push(Story { id, versions });
    }
    (world, stories)
}

fn change(dice: &mut Dice, ticket: &mut Ticket<'static>) {
    let person = |dice: &mut Dice| if dice.below(4) == 0 { "" } else { dice.one_of(&PEOPLE).0 };
    match dice.below(10) {
        0 | 1 => ticket.status = dice.one_of(&STATUSES),
        2 => ticket.owner = person(dice),
        3 => ticket.reporter = person(dice),
        4 => ticket.priority = if dice.below(6) == 0 { "" } else { dice.one_of(&PRIORITIES) },
        5 => ticket.component = if dice.below(3) == 0 { "" } else { dice.one_of(&COMPONENTS) },
        6 => ticket.milestone = if dice.below(3) == 0 { "" } else { dice.one_of(&MILESTONES).0 },
        7 => ticket.summary = phrase(dice, 3).leak(),
        8 => (ticket.keywords, ticket.description) = (phrase(dice, 2).leak(), phrase(dice, 4).leak()),
        _ => {
            let mut cc: Vec<&'static str> = Vec::new();
            for _ in 0..dice.below(3) {
                let login = dice.one_of(&PEOPLE).0;
                if !cc.contains(&login) {
                    cc.push(login);
                }
            }
            ticket.cc = cc.leak();
        }
    }
}

fn value_of<'a>(ticket: &Ticket<'a>, field: &str) -> &'a str {
    match field {
        "status" => ticket.status,
        "owner" => ticket.owner,
        "reporter" => ticket.reporter,
        "priority" => ticket.priority,
        "component" => ticket.component,
        "milestone" => ticket.milestone,
        "summary" => ticket.summary,
        "keywords" => ticket.keywords,
        _ => ticket.description,
    }
}

impl World {
    /// A ticket with all that happened to it.
    fn story(&self, versions: &[(i64, Ticket<'static>)]) -> i64 {
        let (begin, end) = (versions[0].0, versions.last().unwrap().0);
        let id = self.ticket(&versions.last().unwrap().1);
        self.exec(&format!(
            "update ticket set created_at = {begin}, changed_at = {end} where id = {id};
             delete from ticket_value where ticket = {id};
             update ticket_change set changed_at = {begin} where ticket = {id};"
        ));
        let mut changes = vec![self.value("select id from ticket_change where ticket = ?1", &[id.into()])];
        for (number, (at, _)) in versions.iter().enumerate().skip(1) {
            self.exec(&format!(
                "insert into ticket_change (ticket, number, changed_at, via) values ({id}, {number}, {at}, 'web')"
            ));
            changes.push(self.value("select max(id) from ticket_change", &[]));
        }
        for field in FIELDS.iter().copied().chain(["cc"]) {
            let values = |ticket: &Ticket<'static>| -> Vec<Value> {
                if field == "cc" {
                    return ticket.cc.iter().map(|login| self.person(login).into()).collect();
                }
                match value_of(ticket, field) {
                    "" => Vec::new(),
                    text => vec![self.stored(field, text)],
                }
            };
            let mut begun = 0;
            for at in 1..=versions.len() {
                let before = values(&versions[begun].1);
                if at < versions.len() && values(&versions[at].1) == before {
                    continue;
                }
                let ends = if at < versions.len() { changes[at].clone() } else { Value::Null };
                for (ord, value) in before.into_iter().enumerate() {
                    self.db
                        .write(|db| {
                            Ok(db.execute(
                                "insert into ticket_value (ticket, field, ord, value, from_change, to_change)
                                 values (?1, ?2, ?3, ?4, ?5, ?6)",
                                (id, field, ord as i64, value, &changes[begun], &ends),
                            )?)
                        })
                        .unwrap();
                }
                begun = at;
            }
        }
        id
    }

    /// A name as the tables of values have it.
    fn stored(&self, field: &str, name: &str) -> Value {
        let table = match field {
            "status" => "ticket_status where name = ?1",
            "owner" | "reporter" => "person where login = ?1",
            "milestone" => "milestone where name = ?1",
            "priority" => "field_option where field = 'priority' and name = ?1",
            "component" => "field_option where field = 'component' and name = ?1",
            _ => return name.to_owned().into(),
        };
        self.value(&format!("select id from {table}"), &[name.to_owned().into()])
    }

    fn value(&self, sql: &str, parameters: &[Value]) -> Value {
        self.db.read(|db| Ok(db.query_row(sql, rusqlite::params_from_iter(parameters), |row| row.get(0))?)).unwrap()
    }
}
