//! Stories of charts: every number in them is what looking at each ticket on each day says, for each viewer; and what can't be
//! drawn is told in place.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::time::Instant;
use trackway::ticket::edit;
use trackway::ticket::plan::{ActionRequest, Request};

use crate::support::{Person, TestSite};

const DAY: i64 = 86_400_000_000;

fn plan(test: &TestSite, name: &str) {
    test.command(&["milestone", "create", "demo", name]).expect(0);
}

/// Numbers that always come in the same order.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// What a ticket was from one moment on.
#[derive(Debug, Clone, Default)]
struct Was {
    at: i64,
    milestone: &'static str,
    closed: bool,
    estimated: Option<i64>,
    remaining: Option<i64>,
}

struct History {
    /// Who sees it, and everything that it was.
    tickets: Vec<(bool, Vec<Was>)>,
}

fn request(set: &[(&str, String)], action: Option<&str>) -> Request {
    Request {
        set: set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        action: action.map(|name| ActionRequest { name: name.to_owned(), ..ActionRequest::default() }),
        ..Request::default()
    }
}

fn written(minutes: Option<i64>) -> String {
    minutes.map(|minutes| format!("{minutes}m")).unwrap_or_default()
}

/// Lets tickets be filed, moved, closed, reopened and estimated by chance; every fourth is private to ann.
fn live_through(test: &TestSite, begin: i64, days: i64) -> History {
    let (site, project) = (&test.site, test.demo());
    let random = &mut Random(7);
    let mut history = History { tickets: Vec::new() };
    for minute in 0..160 {
        let at = begin + days * DAY * minute / 160 + 1 + random.below(1_000_000) as i64;
        // The first private ticket makes a class, which is seen by those who arrive afterwards.
        let operator = test.operator();
        let by = Act::new(&operator, Via::Import).at(Instant(at));
        let milestone = ["", "M1", "M1", "M2"][random.below(4) as usize];
        let minutes = |random: &mut Random| (random.below(3) > 0).then(|| 15 * (1 + random.below(20) as i64));
        let known = history.tickets.len() as u64;
        if known < 24 && random.below(3) == 0 || known == 0 {
            let hidden = known % 4 == 3;
            let (estimated, remaining) = (minutes(random), minutes(random));
            let (private, cc) = if hidden { ("1", "ann") } else { ("", "") };
            let set = [
                ("summary", "Something".to_owned()),
                ("milestone", milestone.to_owned()),
                ("private", private.to_owned()),
                ("cc", cc.to_owned()),
                ("estimated", written(estimated)),
                ("remaining", written(remaining)),
            ];
            edit::create(site, &project, by, &request(&set, None)).unwrap();
            history.tickets.push((hidden, vec![Was { at, milestone, closed: false, estimated, remaining }]));
            continue;
        }
        let number = random.below(known);
        let was = &mut history.tickets[number as usize].1;
        let mut now = Was { at, ..was.last().unwrap().clone() };
        let action = match random.below(3) {
            0 => {
                now.closed = !now.closed;
                Some(if now.closed { "resolve" } else { "reopen" })
            }
            1 => {
                now.milestone = milestone;
                None
            }
            _ => {
                (now.estimated, now.remaining) = (minutes(random), minutes(random));
                None
            }
        };
        let set = [
            ("milestone", now.milestone.to_owned()),
            ("estimated", written(now.estimated)),
            ("remaining", written(now.remaining)),
        ];
        edit::change(site, &project, by, number as i64 + 1, &request(&set, action)).unwrap();
        was.push(now);
    }
    history
}

impl History {
    /// What a chart has to say for the end of a day: in all, left, opened on it, closed on it.
    fn of_day(&self, sees_all: bool, milestone: Option<&str>, work: bool, (from, to): (i64, i64)) -> [i64; 4] {
        let mut sums = [0; 4];
        let within = |was: &Was| milestone.is_none_or(|name| was.milestone == name);
        for (_, story) in self.tickets.iter().filter(|(hidden, _)| sees_all || !hidden) {
            let mut before: Option<&Was> = None;
            for was in story.iter().filter(|was| was.at < to) {
                let open = |was: &Was| within(was) && !was.closed;
                let was_open = before.is_some_and(open);
                if was.at >= from {
                    sums[2] += i64::from(!was_open && open(was));
                    sums[3] += i64::from(was_open && within(was) && was.closed);
                }
                before = Some(was);
            }
            if let Some(was) = before.filter(|was| within(was)) {
                sums[0] += if work { was.estimated.or(was.remaining).unwrap_or(0) } else { 1 };
                if !was.closed {
                    sums[1] += if work { was.remaining.or(was.estimated).unwrap_or(0) } else { 1 };
                }
            }
        }
        sums
    }
}

fn items(person: &Person<'_>, query: &str) -> Vec<Value> {
    let answer = person.get(&format!("/demo/chart?{query}&format=json")).expect(200).json();
    answer["items"].as_array().unwrap().clone()
}

#[test]
fn every_number_of_a_chart_is_what_looking_at_each_ticket_says() {
    let test = TestSite::new();
    let (ann, kim) = (test.user("ann").member(), test.user("kim").member());
    plan(&test, "M1");
    plan(&test, "M2");
    let today = Timestamp::now().as_microsecond().div_euclid(DAY) * DAY;
    let begin = today - 40 * DAY;
    let history = live_through(&test, begin, 40);

    let mut compared = 0;
    for (person, sees_all) in [(&ann, true), (&kim, false)] {
        for (asked, milestone) in [("milestone=M1", Some("M1")), ("milestone=M2", Some("M2")), ("id=1-99", None)] {
            for (unit, work) in [("count", false), ("estimate", true)] {
                for chart in ["burndown", "burnup", "opened"] {
                    let from = "from=40 days ago&to=today".replace(' ', "%20");
                    for item in items(person, &format!("chart={chart}&unit={unit}&{from}&{asked}")) {
                        let day: Date = item["key"].as_str().unwrap().parse().unwrap();
                        let day = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond();
                        let sums = history.of_day(sees_all, milestone, work, (day, day + DAY));
                        let told = |key: &str| item[key].as_i64().unwrap();
                        match chart {
                            "burndown" => assert_eq!(told("left"), sums[1], "{asked} {unit} {item}"),
                            "burnup" => {
                                assert_eq!(
                                    (told("all"), told("done")),
                                    (sums[0], sums[0] - sums[1]),
                                    "{asked} {unit} {item}"
                                );
                            }
                            _ => assert_eq!((told("opened"), told("closed")), (sums[2], sums[3]), "{asked} {item}"),
                        }
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
    // What happened after that moment is not known.
    let at = Timestamp::from_microsecond(begin + 20 * DAY).unwrap();
    let then = items(&kim, &format!("chart=burndown&milestone=M1&at={at}"));
    let sums = history.of_day(false, Some("M1"), false, (0, begin + 20 * DAY));
    assert_eq!(then.last().unwrap()["left"], sums[1]);
    let bars = items(&kim, &format!("chart=by&by=status&milestone=M1&at={at}"));
    let open: i64 = bars.iter().filter_map(|bar| bar["open"].as_i64()).sum();
    assert_eq!(open, sums[1]);
}

#[test]
fn a_chart_has_a_page_of_its_own_whose_state_is_its_address() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    plan(&test, "1.0");
    let empty = kim.get("/demo/chart?chart=burndown&milestone=1.0").expect(200);
    assert!(empty.words().contains("There are no tickets here yet"), "{}", empty.words());
    assert!(empty.all("main svg.chart-plot").is_empty());

    kim.submit("/demo/newticket", &[("field_summary", "The door"), ("field_milestone", "1.0"), ("submit", "1")])
        .expect(303);
    kim.submit("/demo/newticket", &[("field_summary", "The gate"), ("submit", "1")]).expect(303);
    let page = kim.get("/demo/chart?chart=burndown&milestone=1.0").expect(200);
    assert_eq!(page.all("main h1"), ["Burn-down"]);
    assert_eq!(page.all("svg.chart-plot > title"), ["Burn-down of milestone 1.0"]);
    assert_eq!(page.all(".chart-numbers td"), ["1"]);
    assert_eq!(page.attributes(".ways a", "href"), ["/demo/roadmap", "/demo/calendar", "/demo/chart"]);

    // The form leads to the shortest address of what it asks.
    let sent = "/demo/chart?chart=by&by=type&of=1.0&unit=count&from=&to=&at=";
    assert_eq!(kim.get(sent).expect(303).location(), "/demo/chart?chart=by&by=type&milestone=1.0");
    let bars = kim.get("/demo/chart?chart=by&by=milestone").expect(200);
    assert_eq!(bars.all(".chart-numbers th[scope=row]"), ["1.0", "none"]);
    assert_eq!(bars.attributes(".chart-numbers a", "href"), ["/demo/query?milestone=1.0", "/demo/query?milestone="]);
    let csv = kim.get("/demo/chart?chart=by&by=milestone&format=csv").expect(200).text();
    assert_eq!(csv.trim_start_matches('\u{feff}'), "Milestone,Open\n1.0,1\nnone,1\n");
    let list = kim.get("/demo/chart?chart=opened&status=!closed").expect(200);
    let ways = ["/demo/query?status=!closed", "/demo/board?status=!closed", "/demo/chart?chart=opened&status=!closed"];
    assert_eq!(list.attributes(".ways a", "href"), ways);

    for (query, field) in [
        ("chart=pie", "chart"),
        ("unit=apples", "unit"),
        ("by=summery", "by"),
        ("from=soonish", "from"),
        ("at=x", "at"),
        ("from=2026-05-05&to=2026-05-04", "to"),
        ("chart=time&at=2026-05-05", "at"),
        ("colour=red", "colour"),
    ] {
        let refused = kim.get(&format!("/demo/chart?{query}")).expect(422);
        assert_eq!(refused.problems()[0].0, field, "{query}");
        assert_eq!(kim.get(&format!("/demo/chart?{query}&format=json")).status, 422, "{query}");
    }
    kim.get("/demo/chart?format=doc").expect(422);
    test.user("eve").get("/demo/chart").expect(404);

    // On its first day a milestone has no burn-down yet.
    assert!(kim.get("/demo/milestone/1.0").expect(200).all("svg.chart-plot").is_empty());
    let earlier = format!("update ticket_change set changed_at = changed_at - {}", 3 * DAY);
    test.demo().db().write(|db| Ok(db.execute_batch(&earlier)?)).unwrap();
    let milestone = kim.get("/demo/milestone/1.0").expect(200);
    assert_eq!(milestone.all("svg.chart-plot > title"), ["Burn-down of milestone 1.0"]);
    let ways =
        ["query?", "board?", "chart?chart=burndown&", "calendar?"].map(|way| format!("/demo/{way}milestone=1.0"));
    assert_eq!(milestone.attributes(".ways a", "href"), ways);
    kim.save_page(
        "Charts",
        "[[Chart(burnup, milestone=1.0)]]\n\n[[Chart(by=milestone, status!=closed)]]\n\n[[Chart(pie)]]",
    );
    let text = kim.page("Charts").expect(200);
    assert_eq!(text.all(".chart-title"), ["Burn-up of milestone 1.0", "Tickets by milestone: Status is not closed"]);
    assert!(text.words().contains("There is no chart “pie”"), "{}", text.words());
}
