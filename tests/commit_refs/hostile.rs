//! Whatever stands in a message, reading it ends soon and never fails.

use std::fmt::Write;
use std::time::Duration;

use proptest::prelude::*;
use trackway::code::commit_refs::{Context, Verb, near_misses, read};

use super::data;
use crate::support::cpu_time;

const SITE: &str = "https://site.example";

fn prefixes() -> Vec<String> {
    vec![SITE.to_owned(), "https://old.example/ticket/".to_owned()]
}

/// Reads a message in every way, and looks whether what is told of it can be true.
fn examine(message: &str) {
    let prefixes = prefixes();
    let context = Context { project: Some("demo"), site_prefixes: &prefixes };
    let reading = read(message, &context);
    let mut last = 0;
    for step in &reading.steps {
        assert!(message.get(step.reference_at.clone()).is_some_and(|said| !said.is_empty()), "{message:?}");
        assert!(step.reference_at.start >= last, "{message:?}");
        last = step.reference_at.end;
        if let Some(verb_at) = &step.verb_at {
            assert!(verb_at.end <= step.reference_at.start && message.get(verb_at.clone()).is_some(), "{message:?}");
        }
        assert_eq!(step.verb == Verb::Mention, step.verb_at.is_none(), "{message:?}");
    }
    assert!(reading.tickets.keys().chain(reading.foreign.keys().map(|(_, ticket)| ticket)).all(|n| *n > 0));
    assert!(reading.explanation(message).len() >= reading.steps.len());
    for miss in near_misses(message, &context) {
        assert!(message.get(miss.range).is_some_and(|said| !said.is_empty()), "{message:?}");
    }
}

/// Pieces of which messages are made that mean something.
const PIECES: [&str; 48] = [
    "fixes",
    "Closes",
    "reopen",
    "see",
    "re",
    "part",
    "of",
    "related",
    "to",
    "ticket",
    "bugs",
    "issue",
    "#1",
    "#22",
    "#0",
    "12",
    "#",
    "demo",
    "other#3",
    "https://site.example/demo/ticket/4",
    "https://old.example/ticket/5",
    "<",
    ">",
    "@2h30m",
    "@1.5h",
    "@",
    "#comment:3",
    "and",
    ",",
    ";",
    "&",
    "+",
    "/",
    ":",
    "-",
    "(",
    "[",
    "\"",
    "'",
    "`",
    "``",
    "```",
    "~~~",
    "\\",
    "\n",
    "\r\n",
    "\r",
    "é",
];

fn message() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(PIECES.to_vec()), prop::sample::select(vec!["", " ", "\n", "\t", "\u{200b}"]));
    prop::collection::vec(piece, 0..40).prop_map(|pieces| {
        pieces.into_iter().fold(String::new(), |mut message, (piece, gap)| {
            let _ = write!(message, "{piece}{gap}");
            message
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        examine(&text);
    }

    #[test]
    fn any_mix_of_what_means_something_can_be_read(text in message()) {
        examine(&text);
    }

    #[test]
    fn blank_lines_at_the_end_change_nothing(text in message(), blank in "[ \t\r\n]{0,5}\n\n") {
        let context = Context::default();
        // The end of a line may end something; the blanks after that may not.
        let text = text + "\n\n";
        prop_assert_eq!(read(&text, &context), read(&(text.clone() + &blank), &context));
    }

    #[test]
    fn the_kind_of_line_ends_changes_nothing(text in message()) {
        let context = Context::default();
        let text = text.replace('\r', "");
        let asked = |text: &str| read(text, &context).tickets;
        prop_assert_eq!(asked(&text), asked(&text.replace('\n', "\r\n")));
    }

    #[test]
    fn a_message_alone_and_one_behind_a_blank_line_ask_the_same(text in message()) {
        let context = Context::default();
        let text = text.trim_start();
        prop_assert_eq!(read(text, &context).tickets, read(&format!("\n\n{text}"), &context).tickets);
    }
}

#[test]
fn real_messages_with_errors_in_them_can_be_read() {
    let Some(messages) = data::messages() else {
        return;
    };
    let mut state = 20_260_921_u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit.max(1)
    };
    for message in messages {
        let mut bytes = message.into_bytes();
        bytes.truncate(2000);
        for _ in 0..8 {
            let at = next(bytes.len());
            match next(4) {
                0 if !bytes.is_empty() => drop(bytes.remove(at)),
                1 => bytes.insert(at, u8::try_from(next(256)).unwrap()),
                2 => {
                    let piece = PIECES[next(PIECES.len())];
                    bytes.splice(at..at, piece.bytes());
                }
                _ => bytes.truncate(bytes.len().saturating_sub(next(20))),
            }
        }
        examine(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_megabyte_is_read_in_time_whatever_is_in_it() {
    let pieces = [
        "#1 ",
        "#1,",
        "#1\n",
        "fixes ",
        "fixes\n",
        "fixes:",
        "fixes #1 ",
        "fixes #x ",
        "((((",
        "fix(",
        "part of ",
        "part ",
        "related to\n",
        "ticket ",
        "bug:",
        "and ",
        "#1 and ",
        ", ",
        " ",
        "\n",
        "\t",
        "`",
        "`a``",
        "```\n",
        "~~~",
        "> ",
        "a-",
        "x#",
        "##",
        "1",
        "#111",
        "a",
        "é",
        "\u{200b}",
        "https://",
        "https://site.example/",
        "<https://site.example/demo/ticket/1",
        "https://site.example/demo/ticket/1#",
        "@1h",
        "#1 @",
        "#comment:",
        "#1#comment:",
        "\\`",
        "\\",
        "fix the ",
        "Fixes: ",
        "Fixes: 1a2b3c4 (\"",
        "Fixes: 1a2b3c4 (\n",
        "'re ",
        "fixes 1 ",
        "fixes 1, ",
        "fixes #1, 2 ",
        "solves #1 ",
        "fixbug",
        "fixes the bug of the ",
    ];
    let prefixes = prefixes();
    for piece in pieces {
        let took = cpu_time(|| {
            let message = piece.repeat((1 << 18) / piece.len());
            read(&message, &Context { project: Some("demo"), site_prefixes: &prefixes });
            // Looked at more closely, and behind something to which it may belong.
            let message = piece.repeat((1 << 14) / piece.len());
            for message in [format!("fixes {message}"), format!("fixes #1 {message}#2")] {
                examine(&message);
            }
        });
        // Far more than it takes, and far less than a look back at each step would.
        assert!(took < Duration::from_secs(20), "{piece:?} took {took:?}");
    }
}
