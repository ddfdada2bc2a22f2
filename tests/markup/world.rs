//! A small made-up project for texts to refer to: pages, tickets, files and macros that need no database.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rusqlite::Connection;
use trackway::base::component::Components;
use trackway::base::error::{Error, Result};
use trackway::base::markup::{
    Arguments, Compiled, Context, Elsewhere, Flavour, Here, Html, InterMap, InterMapEntry, LinkKind, LinkTarget, Macro,
    Options, Resolved, TextSettings, Vocabulary, compile, resolve_nested, resolve_with_ids,
};
use trackway::base::resource::Resource;
use trackway::base::viewer::{Principal, Viewer};

pub fn found(href: String) -> Resolved {
    Resolved::Found { href, label: None, title: None, class: None }
}

fn missing(href: Option<String>, title: &str) -> Resolved {
    Resolved::Missing { href, title: title.to_owned() }
}

fn each(rests: &[&str], answer: impl Fn(&str) -> Resolved) -> Result<Vec<Resolved>> {
    Ok(rests.iter().map(|rest| answer(rest)).collect())
}

fn no_targets(_: Option<&Here>, _: &Arguments) -> Vec<LinkTarget> {
    Vec::new()
}

const PAGES: [&str; 9] =
    ["Page", "Two Words", "Guide/Start", "Guide", "WikiStart", "PageName", "Loop", "Other", "Foo (bar)"];

fn page(here: Option<&Here>, rest: &str) -> (String, String) {
    let (name, part) = rest.find(['#', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let own = here.map_or("", |here| here.name.as_str());
    let name = match (name.strip_prefix("./"), name.strip_prefix("../")) {
        (Some(sub), _) => format!("{own}/{sub}"),
        (_, Some(up)) => {
            format!("{}{up}", own.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/")))
        }
        _ if name.is_empty() => own.to_owned(),
        _ => name.to_owned(),
    };
    (name, part.to_owned())
}

thread_local! {
    static BATCHES: RefCell<Vec<Vec<String>>> = const { RefCell::new(Vec::new()) };
}

/// What this thread has asked of the kind `wiki`, batch by batch.
pub fn wiki_batches() -> Vec<Vec<String>> {
    BATCHES.take()
}

static WIKI: LinkKind = LinkKind {
    prefixes: &["wiki"],
    doc: "",
    example: "",
    targets: |here, rest| vec![LinkTarget::new("page", page(here, rest).0.to_lowercase())],
    resolve: |context, rests| {
        BATCHES.with_borrow_mut(|batches| batches.push(rests.iter().map(|rest| (*rest).to_owned()).collect()));
        each(rests, |rest| {
            let (name, part) = page(context.here, rest);
            if PAGES.contains(&name.as_str()) {
                return found(format!("/wiki/{}{part}", name.replace(' ', "%20")));
            }
            missing(Some(format!("/wiki/{}?action=edit", name.replace(' ', "%20"))), "no such page")
        })
    },
};

static TICKET: LinkKind = LinkKind {
    prefixes: &["ticket", "bug"],
    doc: "",
    example: "",
    targets: |_, rest| vec![LinkTarget::new("ticket", rest.split('#').next().unwrap_or_default().to_owned())],
    resolve: |_, rests| {
        each(rests, |rest| match rest.split('#').next() {
            Some("3") => Resolved::Found {
                href: "/ticket/3".into(),
                label: None,
                title: Some("defect: it \"broke\" (closed)".into()),
                class: Some("closed"),
            },
            Some("404") => missing(None, "no such ticket"),
            Some(list) if list.contains([',', '-']) => found(format!("/query?id={list}")),
            _ => found(format!("/ticket/{rest}")),
        })
    },
};

/// A kind whose targets all exist.
macro_rules! simple {
    ($name:ident, $prefix:literal, $path:literal) => {
        static $name: LinkKind = LinkKind {
            prefixes: &[$prefix],
            doc: "",
            example: "",
            targets: |_, rest| vec![LinkTarget::new($prefix, rest.to_owned())],
            resolve: |_, rests| each(rests, |rest| found(format!(concat!($path, "{}"), rest.replace(' ', "%20")))),
        };
    };
}
simple!(COMMENT, "comment", "/comment/");
simple!(MILESTONE, "milestone", "/milestone/");
simple!(QUERY, "query", "/query");
simple!(SOURCE, "source", "/browser/");
simple!(LOG, "log", "/log/");
simple!(DIFF, "diff", "/diff/");
simple!(ATTACHMENT, "attachment", "/attachment/");
simple!(RAW_ATTACHMENT, "raw-attachment", "/raw-attachment/");
simple!(SEARCH, "search", "/search?q=");

static REPORT: LinkKind = LinkKind {
    prefixes: &["report"],
    doc: "",
    example: "",
    targets: |_, rest| vec![LinkTarget::new("report", rest.to_owned())],
    resolve: |_, rests| each(rests, |rest| if rest == "3" { found("/report/3".into()) } else { Resolved::Plain }),
};

static CHANGESET: LinkKind = LinkKind {
    prefixes: &["changeset"],
    doc: "",
    example: "",
    targets: |_, rest| vec![LinkTarget::new("changeset", rest.to_owned())],
    resolve: |_, rests| {
        each(
            rests,
            |rest| if rest.starts_with("1a2b3c4") { found(format!("/changeset/{rest}")) } else { Resolved::Plain },
        )
    },
};

static USER: LinkKind = LinkKind {
    prefixes: &["user"],
    doc: "",
    example: "",
    targets: |_, rest| vec![LinkTarget::new("user", rest.to_owned())],
    resolve: |_, rests| {
        each(rests, |rest| match rest {
            "kim" | "jo.doe" => Resolved::Found {
                href: format!("/query?owner={rest}"),
                label: Some(format!("{rest} <K>")),
                title: None,
                class: None,
            },
            _ => Resolved::Plain,
        })
    },
};

static TITLE_INDEX: Macro = Macro {
    name: "TitleIndex",
    doc: "",
    example: "",
    block: true,
    targets: no_targets,
    run: |_, arguments| Ok(shown("ul", arguments)),
};

static BADGE: Macro = Macro {
    name: "Badge",
    doc: "",
    example: "",
    block: false,
    targets: no_targets,
    run: |_, arguments| Ok(shown("b", arguments)),
};

static FAIL: Macro = Macro {
    name: "Fail",
    doc: "",
    example: "",
    block: false,
    targets: no_targets,
    run: |_, _| Err(Error::invalid("page", "there is no page <Nowhere>")),
};

static INCLUDE: Macro = Macro {
    name: "Include",
    doc: "",
    example: "",
    block: true,
    targets: |_, arguments| {
        let page = arguments.positional.first();
        page.map(|name| LinkTarget::new("page", name.to_lowercase())).into_iter().collect()
    },
    run: |context, arguments| {
        let text = match arguments.positional.first().map(String::as_str) {
            Some("Loop") => "deeper\n\n[[Include(Loop)]]\n",
            _ => "## Part\n\n*included* #12",
        };
        resolve_nested((context.compiled)(text, Flavour::Page)?.as_ref(), context, context.here)
    },
};

fn shown(tag: &str, arguments: &Arguments) -> Html {
    let escaped = Html::escaped(&format!("{:?} {:?} {:?}", arguments.positional, arguments.named, arguments.body));
    Html::trusted(format!("<{tag}>{}</{tag}>", escaped.as_str()))
}

pub static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let link_kinds: Vec<&'static LinkKind> = vec![
        &WIKI, &TICKET, &COMMENT, &MILESTONE, &QUERY, &SOURCE, &LOG, &DIFF, &ATTACHMENT, &RAW_ATTACHMENT, &SEARCH,
        &REPORT, &CHANGESET, &USER,
    ];
    Vocabulary::new(Components::default(), link_kinds, vec![&TITLE_INDEX, &BADGE, &FAIL, &INCLUDE])
});

struct Sister;

impl Elsewhere for Sister {
    fn members(&self, _group: &str) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    fn references(&self, project: &str, requests: &[&str]) -> Result<Option<Vec<Resolved>>> {
        let answer = |request: &&str| match *request {
            "ticket:404" | "ticket:0" => Resolved::Plain,
            _ => found(format!("/site/other-project/{request}")),
        };
        Ok((project == "other-project").then(|| requests.iter().map(answer).collect()))
    }
}

pub fn options() -> Options {
    Options {
        settings: TextSettings { camel_case: false, image_hosts: vec!["img.example.org".into()] },
        ..Options::default()
    }
}

pub fn compiled(text: &str, flavour: Flavour, options: &Options) -> Compiled {
    compile(text, flavour, &VOCABULARY, options).expect("the text is short enough")
}

/// The page of a text, as an anonymous reader of the page `Guide/Start` sees it.
pub fn page_of(text: &str, flavour: Flavour, options: &Options) -> String {
    resolved(&compiled(text, flavour, options), options)
}

pub fn resolved(compiled: &Compiled, options: &Options) -> String {
    resolved_with_ids(compiled, options, "")
}

pub fn resolved_with_ids(compiled: &Compiled, options: &Options, prefix: &str) -> String {
    let db = Connection::open_in_memory().expect("SQLite opens in memory");
    let viewer = Viewer {
        principal: Arc::new(Principal::anonymous()),
        person: None,
        permissions: BTreeSet::new(),
        classes: Vec::new(),
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    };
    let entry = |prefix: &str, address: &str, title: &str| InterMapEntry {
        prefix: prefix.into(),
        address: address.into(),
        title: title.into(),
    };
    let intermap = InterMap {
        entries: vec![
            entry("MeatBall", "https://meatball.example/wiki?", "MeatBall \"wiki\""),
            entry("RFC", "https://rfc.example/rfc$1.txt", ""),
            entry("Evil", "javascript:alert(1)//", ""),
        ],
    };
    let here = Here { resource: Resource::new("page", 7), name: "Guide/Start".into() };
    let again = |text: &str, flavour| Ok(Arc::new(compile(text, flavour, &VOCABULARY, options)?));
    let context = Context {
        db: &db,
        viewer: &viewer,
        vocabulary: &VOCABULARY,
        settings: &options.settings,
        intermap: &intermap,
        elsewhere: Some(&Sister),
        compiled: &again,
        here: Some(&here),
        root: "/site/demo",
        outline: &compiled.outline,
        depth: 0,
        macros_run: &Cell::new(0),
    };
    resolve_with_ids(compiled, &context, prefix).expect("the made-up kinds never fail").into_string()
}
