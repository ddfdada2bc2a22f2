//! Dates as people type them, on a Thursday in Prague.

use trackway::base::time::{Instant, zone};
use trackway::query::dates::{Clock, Span, around, moment, span, stretch};

/// 2026-03-26 15:30:45.250 in Prague, three days before the clocks there are put forward.
fn clock() -> Clock {
    Clock { now: Instant(1_774_535_445_250_000), zone: zone("Europe/Prague").unwrap() }
}

#[test]
fn every_way_to_write_a_date_is_understood() {
    for (typed, at) in [
        ("2026", "2025-12-31T23:00:00.000000Z"),
        ("2026-03", "2026-02-28T23:00:00.000000Z"),
        ("2026-03-05", "2026-03-04T23:00:00.000000Z"),
        ("20260305", "2026-03-04T23:00:00.000000Z"),
        ("202603", "2026-02-28T23:00:00.000000Z"),
        ("2026-07-01 18:30", "2026-07-01T16:30:00.000000Z"),
        ("2026-07-01T18:30:59", "2026-07-01T16:30:59.000000Z"),
        ("2026-07-01t18:30:59.5z", "2026-07-01T18:30:59.500000Z"),
        ("2026-07-01T18:30:59,123456Z", "2026-07-01T18:30:59.123456Z"),
        ("20260701T183059Z", "2026-07-01T18:30:59.000000Z"),
        ("2026-07-01 18", "2026-07-01T16:00:00.000000Z"),
        ("2026-07-01T18:30+05:45", "2026-07-01T12:45:00.000000Z"),
        ("2026-07-01 18:30 -0200", "2026-07-01T20:30:00.000000Z"),
        ("2026-07-01T18:30+02", "2026-07-01T16:30:00.000000Z"),
        ("22 Nov 2026", "2026-11-21T23:00:00.000000Z"),
        ("Nov 22, 2026", "2026-11-21T23:00:00.000000Z"),
        ("22. november 2026, 18:30", "2026-11-22T17:30:00.000000Z"),
        ("22.11.2026", "2026-11-21T23:00:00.000000Z"),
        ("11/22/26 18:30:00", "2026-11-22T17:30:00.000000Z"),
        ("now", "2026-03-26T14:30:45.250000Z"),
        (" TODAY ", "2026-03-25T23:00:00.000000Z"),
        ("yesterday", "2026-03-24T23:00:00.000000Z"),
        ("tomorrow", "2026-03-26T23:00:00.000000Z"),
        ("3daysago", "2026-03-23T14:30:45.250000Z"),
        ("3 days ago", "2026-03-23T14:30:45.250000Z"),
        ("1.5 hours ago", "2026-03-26T13:00:45.250000Z"),
        ("in 2 weeks", "2026-04-09T14:30:45.250000Z"),
        ("+1 day", "2026-03-27T14:30:45.250000Z"),
        ("1d", "2026-03-25T14:30:45.250000Z"),
        ("2w", "2026-03-12T14:30:45.250000Z"),
        ("3m", "2025-12-26T14:30:45.250000Z"),
        ("4y", "2022-03-27T14:30:45.250000Z"),
        ("2 months ago", "2026-01-25T14:30:45.250000Z"),
        ("30 seconds ago", "2026-03-26T14:30:15.250000Z"),
        ("this second", "2026-03-26T14:30:45.000000Z"),
        ("last minute", "2026-03-26T14:29:00.000000Z"),
        ("next hour", "2026-03-26T15:00:00.000000Z"),
        ("this day", "2026-03-25T23:00:00.000000Z"),
        ("this week", "2026-03-22T23:00:00.000000Z"),
        ("lastweek", "2026-03-15T23:00:00.000000Z"),
        ("next week", "2026-03-29T22:00:00.000000Z"),
        ("this month", "2026-02-28T23:00:00.000000Z"),
        ("last month", "2026-01-31T23:00:00.000000Z"),
        ("next month", "2026-03-31T22:00:00.000000Z"),
        ("this year", "2025-12-31T23:00:00.000000Z"),
        ("last year", "2024-12-31T23:00:00.000000Z"),
        ("next year", "2026-12-31T23:00:00.000000Z"),
        // The hour that is left out, and the one that comes twice.
        ("2026-03-29 02:30", "2026-03-29T01:30:00.000000Z"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00.000000Z"),
    ] {
        let read = moment(typed, &clock()).unwrap_or_else(|error| panic!("{typed}: {error}"));
        assert_eq!(read.iso(), at, "{typed}");
    }
}

#[test]
fn the_ends_of_the_calendar_are_kept() {
    let read = |typed: &str| moment(typed, &clock()).unwrap_or_else(|error| panic!("{typed}: {error}"));
    assert!(read("0000-01-01") < read("0001-01-01"));
    assert!(read("9999-12-31T23:59:59-23:59") > read("9999-01-01"));
    assert!(read("9999-12-31") > read("2026"));
    assert!(read("99999999999 years ago") < read("0000"));
    assert!(read("in 99999999999y") > read("9999"));
}

#[test]
fn what_is_no_date_is_refused_with_what_to_write() {
    for typed in [
        "soon", "2026-13-01", "2026-02-30", "2026-1-1", "2026-", "2026-01-", "2026-01-01T", "2026-01-01 25:00",
        "2026-01-01 10:60", "2026-01-01T10:00+25:00", "2026-01-01T10:00x", "10000-01-01", "-1", "1", "1q", ".5d",
        "1..5d", "in", "in 3", "last", "last fortnight", "32.1.2026", "13/13/2026", "Foo 3, 2026", "22 No 2026", "٣d",
        "١٠١٠", "2026-01-01\u{0}", "ago", "+",
    ] {
        let refused = moment(typed, &clock());
        assert!(refused.as_ref().is_err_and(|error| error.contains("yesterday")), "{typed}: {refused:?}");
    }
    assert!(moment(&"9".repeat(100_000), &clock()).is_err());
}

#[test]
fn a_span_begins_with_its_first_moment_and_ends_before_its_second() {
    let at = |typed: &str| moment(typed, &clock()).unwrap();
    let between = |from: Option<&str>, until: Option<&str>| Ok(Span::Between(from.map(at), until.map(at)));
    assert_eq!(span("2026-01-01..2026-02-01", &clock()), between(Some("2026-01-01"), Some("2026-02-01")));
    assert_eq!(span("2026-01-01 .. ", &clock()), between(Some("2026-01-01"), None));
    assert_eq!(span("..yesterday", &clock()), between(None, Some("yesterday")));
    assert_eq!(span("2026", &clock()), between(Some("2026"), None));
    assert_eq!(span("..", &clock()), Ok(Span::Between(None, None)));
    assert_eq!(span(" ", &clock()), Ok(Span::Unset));
    assert!(span("2026..soon", &clock()).is_err());
}

#[test]
fn people_mean_all_of_a_day_a_month_or_a_year() {
    for (typed, first, last) in [
        ("2026", "2025-12-31T23:00:00.000000Z", "2026-12-31T22:59:59.999999Z"),
        ("2026-03", "2026-02-28T23:00:00.000000Z", "2026-03-31T21:59:59.999999Z"),
        ("2026-03-29", "2026-03-28T23:00:00.000000Z", "2026-03-29T21:59:59.999999Z"),
        ("2026-07-01 18:30", "2026-07-01T16:30:00.000000Z", "2026-07-01T16:30:59.999999Z"),
        ("yesterday", "2026-03-24T23:00:00.000000Z", "2026-03-25T22:59:59.999999Z"),
        ("last month", "2026-01-31T23:00:00.000000Z", "2026-02-28T22:59:59.999999Z"),
        ("22 Nov 2026", "2026-11-21T23:00:00.000000Z", "2026-11-22T22:59:59.999999Z"),
        ("-1d", "2026-03-25T14:30:45.250000Z", "2026-03-25T14:30:45.250000Z"),
        ("now", "2026-03-26T14:30:45.250000Z", "2026-03-26T14:30:45.250000Z"),
    ] {
        let (from, until) = around(typed, &clock()).unwrap_or_else(|error| panic!("{typed}: {error}"));
        assert_eq!((from.iso(), until.iso()), (first.to_owned(), last.to_owned()), "{typed}");
    }
    let ends = |typed: &str| {
        let (from, until) = stretch(typed, &clock()).unwrap_or_else(|error| panic!("{typed}: {error}"));
        [from, until].map(|end| end.map_or("open".to_owned(), |end| end.iso()))
    };
    assert_eq!(ends("2026-01..2026-02"), ["2025-12-31T23:00:00.000000Z", "2026-02-28T22:59:59.999999Z"]);
    assert_eq!(ends("..yesterday"), ["open", "2026-03-25T22:59:59.999999Z"]);
    assert_eq!(ends("-7d"), ["2026-03-19T14:30:45.250000Z", "2026-03-26T14:30:45.250000Z"]);
    assert_eq!(ends("+1d"), ["2026-03-26T14:30:45.250000Z", "2026-03-27T14:30:45.250000Z"]);
    assert_eq!(ends(".."), ["open", "open"]);
    assert!(stretch("2026..soon", &clock()).is_err() && around("2026-02-30", &clock()).is_err());
    assert!(around("9999-12-31", &clock()).is_ok() && around("next year", &clock()).is_ok());
}
