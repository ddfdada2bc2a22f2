//! The declared answers. A new route brings its rule here: what each viewer gets at an address of something that exists,
//! is missing, or is hidden.
//!
//! The statuses stand in the order anonymous, stranger (signed in, no rights), member of `demo`, insider (a member who may
//! see what lies below `Secret`), administrator. `mod.rs` tells what is in the house.

pub struct Rule {
    /// As Rocket shows the route: method and address with its parameters.
    pub route: &'static str,
    pub doors: &'static [Door],
}

pub struct Door {
    pub address: &'static str,
    pub send: Send,
    pub answers: [u16; 5],
}

/// What a POST brings along, beside its token.
#[derive(Clone, Copy)]
pub enum Send {
    Nothing,
    Form(&'static [(&'static str, &'static str)]),
    /// Fields, the name of a file and its bytes.
    File(&'static [(&'static str, &'static str)], &'static str, &'static [u8]),
}

impl Rule {
    pub fn is_get(&self) -> bool {
        self.route.starts_with("GET ")
    }
}

const fn get(address: &'static str, answers: [u16; 5]) -> Door {
    Door { address, send: Send::Nothing, answers }
}

const fn file(address: &'static str, name: &'static str, answers: [u16; 5]) -> Door {
    Door { address, send: Send::File(&[("description", "")], name, b"Bytes."), answers }
}

const fn form(address: &'static str, fields: &'static [(&'static str, &'static str)], answers: [u16; 5]) -> Door {
    Door { address, send: Send::Form(fields), answers }
}

/// Members and administrators.
const MEMBERS: [u16; 5] = [404, 404, 200, 200, 200];
const ALL: [u16; 5] = [200; 5];
const NOBODY: [u16; 5] = [404; 5];
/// What lies below `Secret`.
const INSIDERS: [u16; 5] = [404, 404, 404, 200, 200];
/// Only the administrator of the site.
const ADMINS: [u16; 5] = [404, 404, 404, 404, 200];

pub const RULES: &[Rule] = &[
    // The site.
    Rule { route: "GET /", doors: &[get("/", [200, 200, 303, 303, 200])] },
    Rule {
        route: "GET /-/projects",
        doors: &[get("/-/projects", ALL), get("/-/projects?format=json", ALL), get("/-/projects?page=99", ALL)],
    },
    Rule { route: "GET /-/health", doors: &[get("/-/health", ALL)] },
    Rule { route: "GET /-/admin", doors: &[get("/-/admin", ADMINS), get("/-/admin?format=json", ADMINS)] },
    Rule {
        route: "GET /-/admin/projects",
        doors: &[get("/-/admin/projects", ADMINS), get("/-/admin/projects?format=json", ADMINS)],
    },
    Rule {
        route: "GET /-/admin/projects/<name>",
        doors: &[
            get("/-/admin/projects/demo", ADMINS),
            get("/-/admin/projects/demo?format=json", ADMINS),
            get("/-/admin/projects/nowhere", NOBODY),
        ],
    },
    Rule {
        route: "POST /-/admin/projects/<name>/<deed>",
        doors: &[
            form("/-/admin/projects/demo/rename", &[("name", "No Name")], [404, 404, 404, 404, 422]),
            form("/-/admin/projects/demo/remove", &[("name", "other")], [404, 404, 404, 404, 422]),
            form("/-/admin/projects/demo/archive", &[], [404, 404, 404, 404, 303]),
            form("/-/admin/projects/demo/open", &[], NOBODY),
            form("/-/admin/projects/demo/nothing", &[], NOBODY),
            form("/-/admin/projects/nowhere/archive", &[], NOBODY),
        ],
    },
    Rule { route: "GET /-/admin/projects/roster", doors: &[get("/-/admin/projects/roster", ADMINS)] },
    Rule {
        route: "POST /-/admin/projects/roster",
        doors: &[
            form("/-/admin/projects/roster", &[("roster", "nonsense")], [404, 404, 404, 404, 422]),
            form("/-/admin/projects/roster", &[("roster", "project,login\nfirst,newcomer\n")], ADMINS),
        ],
    },
    Rule { route: "GET /-/admin/projects/new", doors: &[get("/-/admin/projects/new", ADMINS)] },
    Rule {
        route: "POST /-/admin/projects/new",
        doors: &[
            form("/-/admin/projects/new", &[("name", "No Name")], [404, 404, 404, 404, 422]),
            form("/-/admin/projects/new", &[("name", "new"), ("template", "nothing")], [404, 404, 404, 404, 422]),
        ],
    },
    Rule {
        route: "GET /-/admin/accounts",
        doors: &[get("/-/admin/accounts", ADMINS), get("/-/admin/accounts?show=waiting&format=json", ADMINS)],
    },
    Rule {
        route: "POST /-/admin/accounts",
        doors: &[
            form("/-/admin/accounts", &[("user", "newcomer")], ADMINS),
            form("/-/admin/accounts", &[("user", "member")], [404, 404, 404, 404, 422]),
        ],
    },
    Rule {
        route: "GET /-/admin/accounts/<login>",
        doors: &[get("/-/admin/accounts/member", ADMINS), get("/-/admin/accounts/nobody", NOBODY)],
    },
    Rule {
        route: "POST /-/admin/accounts/<login>/<deed>",
        doors: &[
            form("/-/admin/accounts/stranger/enable", &[], [404, 404, 404, 404, 303]),
            form("/-/admin/accounts/stranger/nothing", &[], NOBODY),
            form("/-/admin/accounts/nobody/enable", &[], NOBODY),
        ],
    },
    Rule {
        route: "GET /-/admin/outbox",
        doors: &[get("/-/admin/outbox", ADMINS), get("/-/admin/outbox?format=json", ADMINS)],
    },
    Rule {
        route: "POST /-/admin/outbox/<id>/retry",
        doors: &[form("/-/admin/outbox/1/retry", &[], NOBODY), form("/-/admin/outbox/x/retry", &[], NOBODY)],
    },
    Rule { route: "POST /-/admin/outbox/<id>/drop", doors: &[form("/-/admin/outbox/1/drop", &[], NOBODY)] },
    Rule { route: "POST /-/admin/outbox/<id>/link", doors: &[form("/-/admin/outbox/1/link", &[], NOBODY)] },
    Rule {
        route: "GET /-/admin/audit",
        doors: &[
            get("/-/admin/audit", ADMINS),
            get("/-/admin/audit?format=json", ADMINS),
            get("/-/admin/audit?format=csv&kind=session", ADMINS),
            get("/-/admin/audit?since=nonsense", ADMINS),
            get("/-/admin/audit?since=nonsense&format=json", [404, 404, 404, 404, 422]),
        ],
    },
    Rule {
        route: "GET /-/admin/groups",
        doors: &[get("/-/admin/groups", ADMINS), get("/-/admin/groups?format=json", ADMINS)],
    },
    Rule {
        route: "POST /-/admin/groups",
        doors: &[
            form("/-/admin/groups", &[("act", "create"), ("name", "A b")], [404, 404, 404, 404, 422]),
            form(
                "/-/admin/groups",
                &[("act", "drop"), ("name", "nobody"), ("members", "member")],
                [404, 404, 404, 404, 422],
            ),
        ],
    },
    Rule {
        route: "GET /<project>/admin/permissions",
        doors: &[
            get("/demo/admin/permissions", ADMINS),
            get("/demo/admin/permissions?format=json", ADMINS),
            get("/demo/admin/permissions?format=csv", ADMINS),
            get("/hidden/admin/permissions", ADMINS),
            get("/nowhere/admin/permissions", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/permissions",
        doors: &[
            form(
                "/demo/admin/permissions",
                &[("act", "grant"), ("subject", "nobody"), ("permission", "WIKI_VIEW")],
                [404, 404, 404, 404, 422],
            ),
            form(
                "/hidden/admin/permissions",
                &[("act", "grant"), ("subject", "anonymous"), ("permission", "WIKI_EAT")],
                [404, 404, 404, 404, 422],
            ),
        ],
    },
    Rule {
        route: "GET /<project>/admin/permissions/why",
        doors: &[
            get("/demo/admin/permissions/why", ADMINS),
            get("/demo/admin/permissions/why?who=member&what=wiki:WikiStart", ADMINS),
            get("/demo/admin/permissions/why?what=wiki:Secret/Plan", ADMINS),
            get("/hidden/admin/permissions/why?who=member", ADMINS),
        ],
    },
    Rule {
        route: "GET /<project>/admin/audit",
        doors: &[
            get("/demo/admin/audit", ADMINS),
            get("/demo/admin/audit?format=json", ADMINS),
            get("/demo/admin/audit?format=csv&who=member", ADMINS),
            get("/hidden/admin/audit", ADMINS),
            get("/nowhere/admin/audit", NOBODY),
        ],
    },
    Rule {
        route: "GET /-/admin/safety",
        doors: &[get("/-/admin/safety", ADMINS), get("/-/admin/safety?format=json", ADMINS)],
    },
    Rule {
        route: "GET /-/admin/sweep",
        doors: &[
            get("/-/admin/sweep", ADMINS),
            get("/-/admin/sweep?who=member", ADMINS),
            get("/-/admin/sweep?who=nobody-at-all", [404, 404, 404, 404, 422]),
            get("/-/admin/sweep?who=member&format=json", ADMINS),
        ],
    },
    Rule {
        route: "POST /-/admin/sweep",
        doors: &[
            form("/-/admin/sweep", &[("who", "member")], [404, 404, 404, 404, 422]),
            form("/-/admin/sweep", &[("who", "stranger"), ("confirm", "1")], [404, 404, 404, 404, 303]),
        ],
    },
    // Programs on the same machine and those with the token are in tests/operation.rs.
    Rule { route: "GET /-/metrics", doors: &[get("/-/metrics", ADMINS)] },
    Rule {
        route: "GET /-/admin/settings",
        doors: &[get("/-/admin/settings", ADMINS), get("/-/admin/settings?format=json", ADMINS)],
    },
    Rule {
        route: "POST /-/admin/settings",
        doors: &[
            form("/-/admin/settings", &[("title", "House")], [404, 404, 404, 404, 303]),
            form("/-/admin/settings", &[("backup.keep", "many")], [404, 404, 404, 404, 422]),
            form("/-/admin/settings", &[("reset", "nonsense")], [404, 404, 404, 404, 422]),
        ],
    },
    Rule {
        route: "GET /<project>/admin/settings",
        doors: &[
            get("/demo/admin/settings", ADMINS),
            get("/demo/admin/settings?format=json", ADMINS),
            get("/hidden/admin/settings", ADMINS),
            get("/nowhere/admin/settings", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/settings",
        doors: &[
            form("/demo/admin/settings", &[("camel_case", "true")], [404, 404, 404, 404, 303]),
            form("/demo/admin/settings", &[("camel_case", "perhaps")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/settings", &[("camel_case", "true")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/look",
        doors: &[
            get("/demo/admin/look", ADMINS),
            get("/demo/admin/look?format=json", ADMINS),
            get("/hidden/admin/look", ADMINS),
            get("/nowhere/admin/look", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/look",
        doors: &[
            form("/demo/admin/look", &[("footer", "Ours")], [404, 404, 404, 404, 303]),
            form("/demo/admin/look", &[("accent", "red")], [404, 404, 404, 404, 422]),
            form("/hidden/admin/look", &[("footer", "Ours")], [404, 404, 404, 404, 303]),
            form("/nowhere/admin/look", &[("footer", "Ours")], NOBODY),
        ],
    },
    // Nobody has chosen a colour or a logo in the house: tests/look.rs.
    Rule {
        route: "GET /<project>/look.css",
        doors: &[get("/demo/look.css", NOBODY), get("/hidden/look.css", NOBODY), get("/nowhere/look.css", NOBODY)],
    },
    Rule {
        route: "GET /<project>/logo",
        doors: &[get("/demo/logo", NOBODY), get("/hidden/logo", NOBODY), get("/nowhere/logo", NOBODY)],
    },
    Rule {
        // With something to listen to the answer has no end: tests/live.rs.
        route: "GET /-/live",
        doors: &[get("/-/live", [204; 5]), get("/-/live?projects=,", [204; 5])],
    },
    Rule { route: "GET /robots.txt", doors: &[get("/robots.txt", ALL)] },
    Rule { route: "GET /favicon.ico", doors: &[get("/favicon.ico", [301; 5])] },
    Rule {
        route: "GET /-/static/<version>/<file>",
        doors: &[
            get("/-/static/any/trackway.css", ALL),
            get("/-/static/any/nothing.css", NOBODY),
            get("/-/static/any/..%2f..%2fCargo.toml", NOBODY),
        ],
    },
    Rule {
        route: "GET /-/search",
        doors: &[
            get("/-/search", ALL),
            get("/-/search?q=words", ALL),
            get("/-/search?q=plan&format=json", ALL),
            get("/-/search?q=%22secret+plan%22&format=json", ALL),
        ],
    },
    Rule {
        route: "GET /-/search/suggest",
        doors: &[get("/-/search/suggest?q=pl", ALL), get("/-/search/suggest?q=sec&format=opensearch", ALL)],
    },
    // People.
    Rule {
        route: "GET /-/login",
        doors: &[
            get("/-/login", [200, 303, 303, 303, 303]),
            get("/-/login?next=//evil.example", [200, 303, 303, 303, 303]),
        ],
    },
    Rule {
        route: "POST /-/login",
        doors: &[
            form("/-/login", &[], [422; 5]),
            form("/-/login", &[("user", "nobody"), ("password", "no password of theirs")], [422; 5]),
            form("/-/login", &[("user", "member"), ("password", "no password of theirs")], [422; 5]),
        ],
    },
    Rule {
        route: "POST /-/login/second",
        doors: &[form("/-/login/second", &[("proof", "1.2.password.4"), ("code", "123456")], [422; 5])],
    },
    Rule {
        route: "GET /-/login/oidc",
        doors: &[get("/-/login/oidc", NOBODY), get("/-/login/oidc?next=//evil", NOBODY)],
    },
    Rule { route: "GET /-/login/oidc/back", doors: &[get("/-/login/oidc/back?code=1&state=2", NOBODY)] },
    Rule { route: "GET /-/register", doors: &[get("/-/register", NOBODY)] },
    Rule { route: "POST /-/register", doors: &[form("/-/register", &[("email", "new@example.org")], NOBODY)] },
    Rule { route: "GET /-/forgot", doors: &[get("/-/forgot", ALL)] },
    Rule {
        route: "POST /-/forgot",
        doors: &[
            form("/-/forgot", &[("who", "member")], ALL),
            form("/-/forgot", &[("who", "nobody")], ALL),
            form("/-/forgot", &[], [422; 5]),
        ],
    },
    Rule { route: "POST /-/logout", doors: &[form("/-/logout", &[], [303; 5])] },
    Rule { route: "GET /-/link/<token>", doors: &[get("/-/link/made-up", NOBODY), get("/-/link/%00", NOBODY)] },
    Rule {
        route: "POST /-/link/<token>",
        doors: &[form("/-/link/made-up", &[("password", "a password of theirs")], NOBODY)],
    },
    Rule {
        route: "GET /-/account/second-factor",
        doors: &[get("/-/account/second-factor", [303, 200, 200, 200, 200])],
    },
    Rule {
        route: "POST /-/account/second-factor",
        doors: &[form("/-/account/second-factor", &[("code", "no code")], [403, 422, 422, 422, 422])],
    },
    Rule {
        route: "POST /-/account/second-factor/codes",
        doors: &[form("/-/account/second-factor/codes", &[], [403, 409, 409, 409, 409])],
    },
    Rule {
        route: "POST /-/account/second-factor/off",
        doors: &[form("/-/account/second-factor/off", &[], [403, 409, 409, 409, 409])],
    },
    Rule {
        route: "POST /-/account/confirmation",
        doors: &[form("/-/account/confirmation", &[], [403, 409, 409, 409, 409])],
    },
    Rule {
        route: "POST /-/account/sessions/<id>/end",
        doors: &[form("/-/account/sessions/0123456789abcdef/end", &[], [403, 404, 404, 404, 404])],
    },
    Rule { route: "GET /-/account", doors: &[get("/-/account", [303, 200, 200, 200, 200])] },
    Rule {
        route: "POST /-/account",
        doors: &[
            form("/-/account", &[("full_name", "A Name"), ("email", ""), ("time_zone", "")], [403, 303, 303, 303, 303]),
            form("/-/account", &[("full_name", "A Name"), ("time_zone", "No/Where")], [403, 422, 422, 422, 422]),
        ],
    },
    Rule {
        route: "POST /-/account/password",
        doors: &[form("/-/account/password", &[("password", "short")], [403, 422, 422, 422, 422])],
    },
    Rule { route: "POST /-/account/sessions", doors: &[form("/-/account/sessions", &[], [403, 303, 303, 303, 303])] },
    Rule {
        route: "POST /-/account/tokens",
        doors: &[
            form("/-/account/tokens", &[("label", "My\nreader")], [403, 422, 422, 422, 422]),
            form("/-/account/tokens", &[], [403, 200, 200, 200, 200]),
        ],
    },
    Rule {
        route: "POST /-/account/tokens/<id>/revoke",
        doors: &[
            form("/-/account/tokens/1/revoke", &[], [403, 404, 404, 404, 404]),
            form("/-/account/tokens/x/revoke", &[], [403, 404, 404, 404, 404]),
        ],
    },
    // The code.
    Rule {
        route: "GET /-/account/api-tokens",
        doors: &[
            get("/-/account/api-tokens", [303, 200, 200, 200, 200]),
            get("/-/account/api-tokens?format=json", [303, 200, 200, 200, 200]),
        ],
    },
    Rule {
        route: "POST /-/account/api-tokens",
        doors: &[
            form("/-/account/api-tokens", &[("label", "")], [403, 422, 422, 422, 422]),
            form("/-/account/api-tokens", &[("label", "A robot")], [403, 200, 200, 200, 200]),
        ],
    },
    Rule {
        route: "POST /-/account/api-tokens/<id>/revoke",
        doors: &[
            form("/-/account/api-tokens/99/revoke", &[], [403, 404, 404, 404, 404]),
            form("/-/account/api-tokens/x/revoke", &[], [403, 404, 404, 404, 404]),
        ],
    },
    Rule {
        route: "GET /<project>/browser/<_..>",
        doors: &[
            get("/demo/browser", MEMBERS),
            get("/demo/browser?format=json", MEMBERS),
            get("/demo/browser?rev=main", MEMBERS),
            get("/demo/browser?rev=nowhere", NOBODY),
            get("/demo/browser/src", MEMBERS),
            get("/demo/browser/src/", [301; 5]),
            get("/demo/browser/README.md", MEMBERS),
            get("/demo/browser/README.md?as=source", MEMBERS),
            get("/demo/browser/src/main.rs?marks=1", MEMBERS),
            get("/demo/browser/src/main.rs?format=raw", MEMBERS),
            get("/demo/browser/src/main.rs?format=txt", MEMBERS),
            get("/demo/browser?order=date&desc=1", MEMBERS),
            get("/demo/browser?format=zip", MEMBERS),
            get("/demo/browser/src?format=zip&rev=main", MEMBERS),
            get("/demo/browser/src/main.rs?annotate=blame", MEMBERS),
            get("/demo/browser/src/main.rs?annotate=blame&format=json", MEMBERS),
            get("/demo/browser/none?annotate=blame", NOBODY),
            get("/demo/browser/none?format=zip", NOBODY),
            get("/demo/browser/none", NOBODY),
            get("/demo/browser/%ff", NOBODY),
            get("/demo/browser/..%2f..%2fetc", NOBODY),
            get("/hidden/browser", ADMINS),
            get("/hidden/browser/src", NOBODY),
            get("/nowhere/browser", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/log/<_..>",
        doors: &[
            get("/demo/log", MEMBERS),
            get("/demo/log?format=json", MEMBERS),
            get("/demo/log?format=atom", MEMBERS),
            get("/demo/log?format=changelog", MEMBERS),
            get("/demo/log?verbose=on", MEMBERS),
            get("/demo/log?revs=main..main", MEMBERS),
            get("/demo/log?revs=nowhere..main", NOBODY),
            get("/demo/log/src?stop_rev=main&format=json", MEMBERS),
            get("/demo/log?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/log?page=9", MEMBERS),
            get("/demo/log/src/main.rs", MEMBERS),
            get("/demo/log/src?mode=path_history&format=json", MEMBERS),
            get("/demo/log/none", NOBODY),
            get("/demo/log?from=nowhere", NOBODY),
            get("/hidden/log", ADMINS),
            get("/nowhere/log", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/export/<_..>",
        doors: &[
            get("/demo/export/main/src/main.rs", MEMBERS),
            get("/demo/export/HEAD/README.md", MEMBERS),
            get("/demo/export/main/src", NOBODY),
            get("/demo/export/main/none", NOBODY),
            get("/demo/export/nowhere/README.md", NOBODY),
            get("/demo/export", NOBODY),
            get("/hidden/export/main/README.md", NOBODY),
            get("/nowhere/export/main/README.md", NOBODY),
        ],
    },
    // The wiki.
    Rule {
        route: "GET /<project>",
        doors: &[
            get("/demo", [404, 404, 303, 303, 303]),
            get("/hidden", [404, 404, 404, 404, 303]),
            get("/nowhere", NOBODY),
            get("/%ff", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki",
        doors: &[
            get("/demo/wiki", [404, 404, 303, 303, 303]),
            get("/demo/wiki?format=atom", MEMBERS),
            get("/demo/wiki?format=rss", MEMBERS),
            get("/hidden/wiki", [404, 404, 404, 404, 303]),
            get("/hidden/wiki?format=atom", ADMINS),
            get("/nowhere/wiki", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki?action=index",
        doors: &[
            get("/demo/wiki?action=index", MEMBERS),
            get("/demo/wiki?action=index&format=json", MEMBERS),
            get("/hidden/wiki?action=index", ADMINS),
            get("/nowhere/wiki?action=index", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki-tree",
        doors: &[
            get("/demo/wiki-tree", MEMBERS),
            get("/demo/wiki-tree?around=1", MEMBERS),
            get("/demo/wiki-tree?fragment=1", MEMBERS),
            get("/demo/wiki-tree?format=json", MEMBERS),
            get("/demo/wiki-tree?after=plan", MEMBERS),
            get("/hidden/wiki-tree", ADMINS),
            get("/nowhere/wiki-tree", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki-tree/<_..>",
        doors: &[
            get("/demo/wiki-tree/Plan", MEMBERS),
            get("/demo/wiki-tree/Plan?around=1", MEMBERS),
            get("/demo/wiki-tree/Nowhere", NOBODY),
            get("/demo/wiki-tree/Nowhere?format=json", NOBODY),
            get("/demo/wiki-tree/Secret", INSIDERS),
            get("/demo/wiki-tree/Secret?fragment=1", INSIDERS),
            get("/demo/wiki-tree/Secret?format=json", INSIDERS),
            get("/demo/wiki-tree/Secret/Plan", INSIDERS),
            get("/demo/wiki-tree/Secret/Plan?around=1", MEMBERS),
            get("/demo/wiki-tree/%ff", NOBODY),
            get("/hidden/wiki-tree/Plan", ADMINS),
            get("/nowhere/wiki-tree/Plan", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki-report",
        doors: &[
            get("/demo/wiki-report", MEMBERS),
            get("/hidden/wiki-report", ADMINS),
            get("/nowhere/wiki-report", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki-report/<name>",
        doors: &[
            get("/demo/wiki-report/wanted", MEMBERS),
            get("/demo/wiki-report/wanted?format=json", MEMBERS),
            get("/demo/wiki-report/wanted?format=csv", MEMBERS),
            get("/demo/wiki-report/wanted?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/wiki-report/orphaned", MEMBERS),
            get("/demo/wiki-report/dead-links?format=json", MEMBERS),
            get("/demo/wiki-report/oldest?page=9", MEMBERS),
            get("/demo/wiki-report/redirects?format=csv", MEMBERS),
            get("/demo/wiki-report/nonsense", NOBODY),
            get("/hidden/wiki-report/wanted", ADMINS),
            get("/nowhere/wiki-report/wanted", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/tags",
        doors: &[
            get("/demo/tags", MEMBERS),
            get("/demo/tags?format=json", MEMBERS),
            get("/hidden/tags", ADMINS),
            get("/nowhere/tags", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/tags/<_..>",
        doors: &[
            get("/demo/tags/open", MEMBERS),
            get("/demo/tags/Open?format=json", MEMBERS),
            get("/demo/tags/hush", INSIDERS),
            get("/demo/tags/nothing", NOBODY),
            get("/demo/tags/%ff", NOBODY),
            get("/hidden/tags/open", NOBODY),
            get("/nowhere/tags/open", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/p/<id>",
        doors: &[
            get("/demo/p/2", [404, 404, 301, 301, 301]),
            get("/demo/p/4", NOBODY),
            get("/demo/p/5", [404, 404, 404, 301, 301]),
            get("/demo/p/999", NOBODY),
            get("/demo/p/x", NOBODY),
            get("/hidden/p/1", [404, 404, 404, 404, 301]),
            get("/nowhere/p/1", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki?<name>",
        doors: &[
            get("/demo/wiki?name=New", [404, 404, 303, 303, 303]),
            get("/demo/wiki?name=Secret/New", [404, 404, 303, 303, 303]),
            get("/demo/wiki?name=a//b", [404, 404, 422, 422, 422]),
            get("/hidden/wiki?name=New", [404, 404, 404, 404, 303]),
            get("/nowhere/wiki?name=New", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki?action=trash",
        doors: &[
            get("/demo/wiki?action=trash", MEMBERS),
            get("/demo/wiki?action=trash&page=7", MEMBERS),
            get("/hidden/wiki?action=trash", ADMINS),
            get("/nowhere/wiki?action=trash", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>",
        doors: &[
            get("/demo/wiki/Plan", MEMBERS),
            get("/demo/wiki/Plan?version=1", MEMBERS),
            get("/demo/wiki/Plan?version=99", NOBODY),
            get("/demo/wiki/Plan?version=x", [404, 404, 422, 422, 422]),
            get("/demo/wiki/Plan?format=txt", MEMBERS),
            get("/demo/wiki/Plan?format=json", MEMBERS),
            get("/demo/wiki/Plan?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/wiki/plan", [404, 404, 301, 301, 301]),
            // The slash is taken away before anything is looked up.
            get("/demo/wiki/Plan/", [301; 5]),
            get("/demo/wiki/WikiStart", MEMBERS),
            get("/demo/wiki/Lists", MEMBERS),
            get("/demo/wiki/Former", [404, 404, 301, 301, 301]),
            get("/demo/wiki/Nowhere", NOBODY),
            get("/demo/wiki/Nowhere?format=txt", NOBODY),
            get("/demo/wiki/Nowhere?format=json", NOBODY),
            get("/demo/wiki/Gone", NOBODY),
            get("/demo/wiki/Elsewhere", NOBODY),
            get("/demo/wiki/Secret/Plan", INSIDERS),
            get("/demo/wiki/secret/plan", [404, 404, 404, 301, 301]),
            get("/demo/wiki/Secret/Plan?version=1", INSIDERS),
            get("/demo/wiki/Secret/Plan?format=txt", INSIDERS),
            get("/demo/wiki/Secret/Plan?format=json", INSIDERS),
            get("/demo/wiki/Secret/Nowhere", NOBODY),
            get("/demo/wiki/Secret/Gone", NOBODY),
            get("/demo/wiki/Secret", NOBODY),
            get("/demo/wiki/..%2fPlan", NOBODY),
            get("/demo/wiki/%ff", NOBODY),
            get("/hidden/wiki/Plan", ADMINS),
            get("/hidden/wiki/Plan?format=txt", ADMINS),
            get("/hidden/wiki/Plan?format=json", ADMINS),
            get("/nowhere/wiki/Plan", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=edit",
        doors: &[
            get("/demo/wiki/Plan?action=edit", MEMBERS),
            get("/demo/wiki/Plan?action=edit&version=1", MEMBERS),
            get("/demo/wiki/Plan?action=edit&version=99", NOBODY),
            get("/demo/wiki/Plan?action=edit&section=nowhere", MEMBERS),
            get("/demo/wiki/Plan?action=edit&undo=2", MEMBERS),
            get("/demo/wiki/Plan?action=edit&undo=99", NOBODY),
            get("/demo/wiki/Nowhere?action=edit", MEMBERS),
            get("/demo/wiki/Secret/Plan?action=edit", INSIDERS),
            get("/demo/wiki/Secret/Nowhere?action=edit", INSIDERS),
            get("/hidden/wiki/Plan?action=edit", ADMINS),
            get("/nowhere/wiki/Plan?action=edit", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=print",
        doors: &[
            get("/demo/wiki/Plan?action=print", MEMBERS),
            get("/demo/wiki/Plan?action=print&children=1", MEMBERS),
            get("/demo/wiki/Nowhere?action=print", NOBODY),
            get("/demo/wiki/Secret?action=print&children=1", NOBODY),
            get("/demo/wiki/Secret/Plan?action=print", INSIDERS),
            get("/hidden/wiki/Plan?action=print", ADMINS),
            get("/nowhere/wiki/Plan?action=print", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=access",
        doors: &[
            get("/demo/wiki/Plan?action=access", [404, 404, 403, 403, 200]),
            get("/demo/wiki/Nowhere?action=access", NOBODY),
            get("/demo/wiki/Secret/Plan?action=access", [404, 404, 404, 403, 200]),
            get("/hidden/wiki/Plan?action=access", ADMINS),
            get("/nowhere/wiki/Plan?action=access", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=history",
        doors: &[
            get("/demo/wiki/Plan?action=history", MEMBERS),
            get("/demo/wiki/Plan?action=history&format=atom", MEMBERS),
            get("/demo/wiki/Plan?action=history&format=json", MEMBERS),
            get("/demo/wiki/Plan?action=history&format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/wiki/Nowhere?action=history", NOBODY),
            get("/demo/wiki/Gone?action=history", NOBODY),
            get("/demo/wiki/Secret/Plan?action=history", INSIDERS),
            get("/demo/wiki/Secret/Plan?action=history&format=atom", INSIDERS),
            get("/demo/wiki/Secret/Plan?action=history&format=json", INSIDERS),
            get("/hidden/wiki/Plan?action=history", ADMINS),
            get("/nowhere/wiki/Plan?action=history", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=diff",
        doors: &[
            get("/demo/wiki/Plan?action=diff", MEMBERS),
            get("/demo/wiki/Plan?action=diff&old_version=1&version=2&style=side", MEMBERS),
            get("/demo/wiki/Plan?action=diff&old_version=1&version=2&style=inline&context=-1&blanks=1", MEMBERS),
            get("/demo/wiki/Plan?action=diff&old_version=1&version=2&format=txt", MEMBERS),
            get("/demo/wiki/Plan?action=diff&old_version=x", [404, 404, 422, 422, 422]),
            get("/demo/wiki/Plan?action=diff&version=99", NOBODY),
            get("/demo/wiki/Nowhere?action=diff", NOBODY),
            get("/demo/wiki/Secret/Plan?action=diff", INSIDERS),
            get("/hidden/wiki/Plan?action=diff", ADMINS),
            get("/nowhere/wiki/Plan?action=diff", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki?action=macros",
        doors: &[
            get("/demo/wiki?action=macros", MEMBERS),
            get("/hidden/wiki?action=macros", ADMINS),
            get("/nowhere/wiki?action=macros", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=annotate",
        doors: &[
            get("/demo/wiki/Plan?action=annotate", MEMBERS),
            get("/demo/wiki/Plan?action=annotate&version=1&format=json", MEMBERS),
            get("/demo/wiki/Plan?action=annotate&version=99", NOBODY),
            get("/demo/wiki/Nowhere?action=annotate", NOBODY),
            get("/demo/wiki/Secret/Plan?action=annotate", INSIDERS),
            get("/hidden/wiki/Plan?action=annotate", ADMINS),
            get("/nowhere/wiki/Plan?action=annotate", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=comment",
        doors: &[
            get("/demo/wiki/Plan?action=comment&version=1", [404, 404, 403, 403, 200]),
            get("/demo/wiki/Plan?action=comment&version=99", [404, 404, 403, 403, 404]),
            get("/demo/wiki/Nowhere?action=comment&version=1", NOBODY),
            get("/demo/wiki/Secret/Plan?action=comment&version=1", [404, 404, 404, 403, 200]),
            get("/hidden/wiki/Plan?action=comment&version=1", ADMINS),
            get("/nowhere/wiki/Plan?action=comment&version=1", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=remove",
        doors: &[
            get("/demo/wiki/Plan?action=remove", MEMBERS),
            get("/demo/wiki/Plan?action=remove&version=1", [404, 404, 403, 403, 200]),
            get("/demo/wiki/Nowhere?action=remove", NOBODY),
            get("/demo/wiki/Secret/Plan?action=remove", INSIDERS),
            get("/hidden/wiki/Plan?action=remove", ADMINS),
            get("/nowhere/wiki/Plan?action=remove", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=rename",
        doors: &[
            get("/demo/wiki/Plan?action=rename", MEMBERS),
            get("/demo/wiki/Nowhere?action=rename", NOBODY),
            get("/demo/wiki/Secret/Plan?action=rename", INSIDERS),
            get("/hidden/wiki/Plan?action=rename", ADMINS),
            get("/nowhere/wiki/Plan?action=rename", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=delete",
        doors: &[
            get("/demo/wiki/Plan?action=delete", MEMBERS),
            get("/demo/wiki/Nowhere?action=delete", NOBODY),
            get("/demo/wiki/Secret/Plan?action=delete", INSIDERS),
            get("/hidden/wiki/Plan?action=delete", ADMINS),
            get("/nowhere/wiki/Plan?action=delete", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/wiki/<_..>?action=backlinks",
        doors: &[
            get("/demo/wiki/Plan?action=backlinks", MEMBERS),
            get("/demo/wiki/Plan?action=backlinks&format=json", MEMBERS),
            get("/demo/wiki/Elsewhere?action=backlinks", MEMBERS),
            get("/demo/wiki/Nowhere?action=backlinks", MEMBERS),
            get("/demo/wiki/Secret/Plan?action=backlinks", MEMBERS),
            get("/demo/wiki/Secret/Plan?action=backlinks&format=json", MEMBERS),
            get("/hidden/wiki/Plan?action=backlinks", ADMINS),
            get("/nowhere/wiki/Plan?action=backlinks", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=editing",
        doors: &[
            form("/demo/wiki/Plan?action=editing", &[], MEMBERS),
            form("/demo/wiki/New?action=editing", &[("gone", "1")], MEMBERS),
            form("/demo/wiki/Secret/Plan?action=editing", &[], INSIDERS),
            form("/hidden/wiki/Plan?action=editing", &[], ADMINS),
            form("/nowhere/wiki/Plan?action=editing", &[], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=preview",
        doors: &[
            form("/demo/wiki/Plan?action=preview", PREVIEW, MEMBERS),
            form("/demo/wiki/Nowhere?action=preview", PREVIEW, MEMBERS),
            form("/demo/wiki/Secret/Plan?action=preview", PREVIEW, INSIDERS),
            form("/demo/wiki/Secret/Nowhere?action=preview", PREVIEW, INSIDERS),
            form("/hidden/wiki/Plan?action=preview", PREVIEW, ADMINS),
            form("/nowhere/wiki/Plan?action=preview", PREVIEW, NOBODY),
        ],
    },
    // What is said about pages. The second discussion is about a page below `Secret`.
    Rule {
        route: "GET /<project>/wiki/<_..>?action=discussion",
        doors: &[
            get("/demo/wiki/Plan?action=discussion", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&thread=1", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&message=1", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&replyto=1", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&thread=2", NOBODY),
            get("/demo/wiki/Plan?action=discussion&message=9", NOBODY),
            get("/demo/wiki/Plan?action=discussion&quote=first&heading=x", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&page=7", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&format=json", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&format=atom", MEMBERS),
            get("/demo/wiki/Plan?action=discussion&format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/wiki/Nowhere?action=discussion", NOBODY),
            get("/demo/wiki/Gone?action=discussion", NOBODY),
            get("/demo/wiki/Secret/Plan?action=discussion", INSIDERS),
            get("/demo/wiki/Secret/Plan?action=discussion&thread=2", INSIDERS),
            get("/demo/wiki/Secret/Plan?action=discussion&format=json", INSIDERS),
            get("/demo/wiki/Secret/Plan?action=discussion&format=atom", INSIDERS),
            get("/hidden/wiki/Plan?action=discussion", ADMINS),
            get("/nowhere/wiki/Plan?action=discussion", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=access",
        doors: &[
            form("/demo/wiki/Plan?action=access", &[("readers", "above")], [404, 404, 403, 403, 200]),
            form("/demo/wiki/Plan?action=access", &[("visible_from", "soon")], [404, 404, 403, 403, 422]),
            form("/demo/wiki/Nowhere?action=access", &[("readers", "above")], NOBODY),
            form("/demo/wiki/Secret/Plan?action=access", &[("readers", "above")], [404, 404, 404, 403, 200]),
            form("/hidden/wiki/Plan?action=access", &[("readers", "above")], ADMINS),
            form("/nowhere/wiki/Plan?action=access", &[("readers", "above")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=discussion",
        doors: &[
            form("/demo/wiki/Plan?action=discussion", &[("comment", "A word.")], [404, 404, 303, 303, 303]),
            form("/demo/wiki/Plan?action=discussion", &[("comment", "")], [404, 404, 422, 422, 422]),
            form("/demo/wiki/Plan?action=discussion", &[("preview", "1")], MEMBERS),
            form("/demo/wiki/Nowhere?action=discussion", &[("comment", "A word.")], NOBODY),
            form("/demo/wiki/Secret/Plan?action=discussion", &[("comment", "A word.")], [404, 404, 404, 303, 303]),
            form("/hidden/wiki/Plan?action=discussion", &[("comment", "A word.")], [404, 404, 404, 404, 303]),
            form("/nowhere/wiki/Plan?action=discussion", &[("comment", "A word.")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=discussion-preview",
        doors: &[
            form("/demo/wiki/Plan?action=discussion-preview", PREVIEW, MEMBERS),
            form("/demo/wiki/Nowhere?action=discussion-preview", PREVIEW, NOBODY),
            form("/demo/wiki/Secret/Plan?action=discussion-preview", PREVIEW, INSIDERS),
            form("/hidden/wiki/Plan?action=discussion-preview", PREVIEW, ADMINS),
        ],
    },
    Rule {
        route: "GET /<project>/discussion/<thread>",
        doors: &[
            get("/demo/discussion/1", [404, 404, 303, 303, 303]),
            get("/demo/discussion/1?format=json", [404, 404, 303, 303, 303]),
            get("/demo/discussion/01", NOBODY),
            get("/demo/discussion/2", [404, 404, 404, 303, 303]),
            get("/demo/discussion/9", NOBODY),
            get("/hidden/discussion/1", NOBODY),
            get("/nowhere/discussion/1", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/discussion/<thread>",
        doors: &[
            form("/demo/discussion/1", &[("comment", "A word."), ("replyto", "1")], [404, 404, 303, 303, 303]),
            form("/demo/discussion/1", &[("comment", "A word."), ("state", "resolved")], [404, 404, 303, 303, 303]),
            form("/demo/discussion/1", &[("comment", "A word."), ("replyto", "9")], [404, 404, 422, 422, 422]),
            form("/demo/discussion/2", &[("comment", "A word.")], [404, 404, 404, 303, 303]),
            form("/demo/discussion/2", &[("comment", "")], [404, 404, 404, 422, 422]),
            form("/demo/discussion/9", &[("comment", "A word.")], NOBODY),
            form("/hidden/discussion/1", &[("comment", "A word.")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/discussion/<thread>/state",
        doors: &[
            form("/demo/discussion/1/state", &[("state", "resolved")], [404, 404, 303, 303, 303]),
            form("/demo/discussion/1/state", &[("state", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/discussion/2/state", &[("state", "resolved")], [404, 404, 404, 303, 303]),
            form("/demo/discussion/2/state", &[("state", "nonsense")], [404, 404, 404, 422, 422]),
            form("/demo/discussion/9/state", &[("state", "resolved")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/discussion/<thread>/<number>",
        doors: &[
            get("/demo/discussion/1/1", [404, 404, 303, 303, 303]),
            get("/demo/discussion/1/2", NOBODY),
            get("/demo/discussion/2/1", [404, 404, 404, 303, 303]),
            get("/demo/discussion/9/1", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/discussion/<thread>/<number>/edit",
        doors: &[
            get("/demo/discussion/1/1/edit", [404, 404, 403, 403, 200]),
            get("/demo/discussion/1/2/edit", NOBODY),
            get("/demo/discussion/2/1/edit", [404, 404, 404, 200, 200]),
            get("/demo/discussion/9/1/edit", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/discussion/<thread>/<number>/edit",
        doors: &[
            form("/demo/discussion/1/1/edit", MESSAGE, [404, 404, 403, 403, 303]),
            form("/demo/discussion/1/1/edit", &[("comment", "x")], [404, 404, 403, 403, 422]),
            form("/demo/discussion/2/1/edit", MESSAGE, [404, 404, 404, 303, 303]),
            form("/demo/discussion/2/1/edit", STALE_MESSAGE, [404, 404, 404, 409, 409]),
            form("/demo/discussion/9/1/edit", MESSAGE, NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/discussion/<thread>/<number>/history",
        doors: &[
            get("/demo/discussion/1/1/history", MEMBERS),
            get("/demo/discussion/1/9/history", NOBODY),
            get("/demo/discussion/2/1/history", INSIDERS),
            get("/demo/discussion/9/1/history", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/discussion/<thread>/<number>/removed",
        doors: &[
            form("/demo/discussion/1/1/removed", &[("removed", "1")], [404, 404, 403, 403, 303]),
            form("/demo/discussion/1/1/removed", &[("removed", "x")], [404, 404, 422, 422, 422]),
            form("/demo/discussion/2/1/removed", &[("removed", "1")], [404, 404, 404, 303, 303]),
            form("/demo/discussion/2/1/removed", &[("removed", "x")], [404, 404, 404, 422, 422]),
            form("/demo/discussion/9/1/removed", &[("removed", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/watched",
        doors: &[
            get("/demo/watched", MEMBERS),
            get("/demo/watched?format=json", MEMBERS),
            get("/demo/watched?format=atom", MEMBERS),
            get("/demo/watched?format=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/watched", ADMINS),
            get("/nowhere/watched", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/watched",
        doors: &[
            form("/demo/watched", &[("watch", "page"), ("page_name", "Plan")], [404, 404, 303, 303, 303]),
            form("/demo/watched", &[("watch", "all")], [404, 404, 303, 303, 303]),
            form("/demo/watched", &[("watch", "tree"), ("page_name", "Secret/Plan")], [404, 404, 404, 303, 303]),
            form("/demo/watched", &[("unwatch", "page"), ("page_name", "Nowhere")], NOBODY),
            form("/demo/watched", &[("watch", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/watched", &[("looked", "1")], [404, 404, 303, 303, 303]),
            form("/hidden/watched", &[("watch", "all")], [404, 404, 404, 404, 303]),
        ],
    },
    // Suggested edits. The first one is by the insider, to `Plan`; the second one to a page below `Secret`.
    Rule {
        route: "GET /<project>/wiki/<_..>?action=suggest",
        doors: &[
            get("/demo/wiki/Plan?action=suggest", MEMBERS),
            get("/demo/wiki/Nowhere?action=suggest", NOBODY),
            get("/demo/wiki/Secret/Plan?action=suggest", INSIDERS),
            get("/hidden/wiki/Plan?action=suggest", ADMINS),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=suggest",
        doors: &[
            form("/demo/wiki/Plan?action=suggest", SUGGESTION, [404, 404, 303, 303, 303]),
            form("/demo/wiki/Plan?action=suggest", &[("text", "")], [404, 404, 422, 422, 422]),
            form("/demo/wiki/Nowhere?action=suggest", SUGGESTION, NOBODY),
            form("/demo/wiki/Secret/Plan?action=suggest", SUGGESTION, [404, 404, 404, 303, 303]),
            form("/hidden/wiki/Plan?action=suggest", SUGGESTION, [404, 404, 404, 404, 303]),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>?action=suggest-preview",
        doors: &[
            form("/demo/wiki/Plan?action=suggest-preview", PREVIEW, MEMBERS),
            form("/demo/wiki/Nowhere?action=suggest-preview", PREVIEW, NOBODY),
            form("/demo/wiki/Secret/Plan?action=suggest-preview", PREVIEW, INSIDERS),
        ],
    },
    Rule {
        route: "GET /<project>/discussions",
        doors: &[
            get("/demo/discussions", MEMBERS),
            get("/demo/discussions?format=json", MEMBERS),
            get("/demo/discussions?page=9", MEMBERS),
            get("/hidden/discussions", ADMINS),
            get("/nowhere/discussions", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/suggestions",
        doors: &[
            get("/demo/suggestions", MEMBERS),
            get("/demo/suggestions?format=json", MEMBERS),
            get("/demo/suggestions?by=me", MEMBERS),
            get("/demo/suggestions?page_name=Plan", MEMBERS),
            get("/demo/suggestions?page_name=Secret/Plan", INSIDERS),
            get("/demo/suggestions?page_name=a//b", NOBODY),
            get("/hidden/suggestions", ADMINS),
            get("/nowhere/suggestions", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/suggestion/<id>",
        doors: &[
            get("/demo/suggestion/1", MEMBERS),
            get("/demo/suggestion/1?format=json", MEMBERS),
            get("/demo/suggestion/2", INSIDERS),
            get("/demo/suggestion/2?format=json", INSIDERS),
            get("/demo/suggestion/9", NOBODY),
            get("/demo/suggestion/x", NOBODY),
            get("/hidden/suggestion/1", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/suggestion/<id>/take",
        doors: &[
            form("/demo/suggestion/1/take", TAKE, [404, 404, 303, 303, 303]),
            form("/demo/suggestion/1/take", STALE_TAKE, [404, 404, 409, 409, 409]),
            form("/demo/suggestion/1/take", &[("version", "2"), ("edits", "0")], [404, 404, 422, 422, 422]),
            form("/demo/suggestion/2/take", STALE_TAKE, [404, 404, 404, 409, 409]),
            form("/demo/suggestion/9/take", TAKE, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/suggestion/<id>/decline",
        doors: &[
            form("/demo/suggestion/1/decline", &[("reason", "No.")], [404, 404, 303, 303, 303]),
            form("/demo/suggestion/1/decline", &[("reason", "")], [404, 404, 422, 422, 422]),
            form("/demo/suggestion/2/decline", &[("reason", "No.")], [404, 404, 404, 303, 303]),
            form("/demo/suggestion/9/decline", &[("reason", "No.")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/suggestion/<id>/withdraw",
        doors: &[
            form("/demo/suggestion/1/withdraw", &[], [404, 404, 403, 303, 403]),
            form("/demo/suggestion/2/withdraw", &[], [404, 404, 404, 303, 403]),
            form("/demo/suggestion/9/withdraw", &[], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/suggestion/<id>/answer",
        doors: &[
            form("/demo/suggestion/1/answer", &[("comment", "A word.")], [404, 404, 303, 303, 303]),
            form("/demo/suggestion/1/answer", &[("comment", "")], [404, 404, 422, 422, 422]),
            form("/demo/suggestion/1/answer", &[("preview", "1"), ("comment", "A word.")], MEMBERS),
            form("/demo/suggestion/2/answer", &[("comment", "A word.")], [404, 404, 404, 303, 303]),
            form("/demo/suggestion/9/answer", &[("comment", "A word.")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/suggestion/<id>/edit",
        doors: &[
            get("/demo/suggestion/1/edit", [404, 404, 403, 200, 403]),
            get("/demo/suggestion/2/edit", [404, 404, 404, 200, 403]),
            get("/demo/suggestion/9/edit", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/suggestion/<id>/edit",
        doors: &[
            form("/demo/suggestion/1/edit", IMPROVED, [404, 404, 403, 303, 403]),
            form("/demo/suggestion/1/edit", &[("text", "")], [404, 404, 403, 422, 403]),
            form("/demo/suggestion/2/edit", IMPROVED, [404, 404, 404, 303, 403]),
            form("/demo/suggestion/9/edit", IMPROVED, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki/<_..>",
        doors: &[
            form("/demo/wiki/Plan", EDIT, [404, 404, 303, 303, 303]),
            form("/demo/wiki/New", NEW, [404, 404, 303, 303, 303]),
            form("/demo/wiki/Plan", &[("text", "Without a version."), ("save", "1")], [404, 404, 422, 422, 422]),
            form("/demo/wiki/Plan", CLASH, [404, 404, 409, 409, 409]),
            form("/demo/wiki/Plan", &[("action", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/wiki/Secret/Plan", NEW, [404, 404, 404, 409, 409]),
            form("/demo/wiki/Secret/New", NEW, [404, 404, 404, 303, 303]),
            form("/demo/wiki/Plan", RENAME, [404, 404, 303, 303, 303]),
            form("/demo/wiki/Plan", RENAME_TO_TAKEN, [404, 404, 422, 422, 422]),
            form("/demo/wiki/Plan", RENAME_TO_SECRET, [404, 404, 422, 422, 422]),
            form("/demo/wiki/Plan", RENAME_INTO_SECRET, [404, 404, 422, 303, 303]),
            form("/demo/wiki/Nowhere", RENAME, NOBODY),
            form("/demo/wiki/Secret/Plan", RENAME_SECRET, [404, 404, 404, 303, 303]),
            form("/demo/wiki/Plan", COMMENT_VERSION, [404, 404, 403, 403, 303]),
            form("/demo/wiki/Plan", REMOVE, [404, 404, 403, 403, 303]),
            form("/demo/wiki/Nowhere", REMOVE, NOBODY),
            form("/demo/wiki/Plan", DELETE, [404, 404, 303, 303, 303]),
            form("/demo/wiki/Nowhere", DELETE, NOBODY),
            form("/demo/wiki/Secret/Plan", DELETE_SECRET, [404, 404, 404, 303, 303]),
            form("/hidden/wiki/Plan", DELETE_SECRET, [404, 404, 404, 404, 303]),
            form("/hidden/wiki/New", NEW, [404, 404, 404, 404, 303]),
            form("/nowhere/wiki/New", NEW, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki?action=restore&<id>",
        doors: &[
            // Page 4 was deleted; page 6 too, but it is hidden.
            form("/demo/wiki?action=restore&id=4", &[], [404, 404, 303, 303, 303]),
            form("/demo/wiki?action=restore&id=6", &[], [404, 404, 404, 303, 303]),
            form("/demo/wiki?action=restore&id=2", &[], NOBODY),
            form("/demo/wiki?action=restore&id=999", &[], NOBODY),
            // No id at all: this is then the form of the start page.
            form("/demo/wiki?action=restore&id=x", &[], [404, 404, 422, 422, 422]),
            form("/nowhere/wiki?action=restore&id=4", &[], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/wiki?action=undo-move&<id>",
        doors: &[
            form("/demo/wiki?action=undo-move&id=1", &[], [404, 404, 303, 303, 303]),
            form("/demo/wiki?action=undo-move&id=999", &[], NOBODY),
            form("/demo/wiki?action=undo-move&id=x", &[], [404, 404, 422, 422, 422]),
            form("/hidden/wiki?action=undo-move&id=1", &[], NOBODY),
            form("/nowhere/wiki?action=undo-move&id=1", &[], NOBODY),
        ],
    },
    // Tickets. The second one is hidden like what lies below `Secret`.
    Rule {
        route: "GET /<project>/ticket",
        doors: &[
            get("/demo/ticket", [404, 404, 303, 303, 303]),
            get("/hidden/ticket", [404, 404, 404, 404, 303]),
            get("/nowhere/ticket", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/ticket/<number>",
        doors: &[
            get("/demo/ticket/1", MEMBERS),
            get("/demo/ticket/1?version=0", MEMBERS),
            get("/demo/ticket/1?version=99", NOBODY),
            get("/demo/ticket/1?version=x", [404, 404, 422, 422, 422]),
            get("/demo/ticket/1?replyto=1", MEMBERS),
            get("/demo/ticket/1?list=query:status%3Dnew&at=0", MEMBERS),
            get("/demo/ticket/1?cnum_hist=1&cversion=0", MEMBERS),
            get("/demo/ticket/1?format=json", MEMBERS),
            get("/demo/ticket/1?format=json&version=0", MEMBERS),
            get("/demo/ticket/1?format=csv", MEMBERS),
            get("/demo/ticket/1?format=tab", MEMBERS),
            get("/demo/ticket/1?format=atom", MEMBERS),
            get("/demo/ticket/1?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/ticket/1?action=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/ticket/1/", [301; 5]),
            get("/demo/ticket/01", NOBODY),
            get("/demo/ticket/999", NOBODY),
            get("/demo/ticket/99999999999", NOBODY),
            get("/demo/ticket/x", NOBODY),
            get("/demo/ticket/%ff", NOBODY),
            get("/demo/ticket/2", INSIDERS),
            get("/demo/ticket/2?version=0", INSIDERS),
            get("/demo/ticket/2?version=x", [404, 404, 404, 422, 422]),
            get("/demo/ticket/2?format=json", INSIDERS),
            get("/demo/ticket/2?format=csv", INSIDERS),
            get("/demo/ticket/2?format=atom", INSIDERS),
            get("/demo/ticket/2?format=nonsense", [404, 404, 404, 422, 422]),
            get("/demo/ticket/3", INSIDERS),
            get("/demo/ticket/3?version=0", INSIDERS),
            get("/demo/ticket/3?format=json", INSIDERS),
            get("/demo/ticket/3?format=tab", INSIDERS),
            get("/demo/ticket/3?format=atom", INSIDERS),
            get("/demo/ticket/1?replyto=note:1", MEMBERS),
            get("/demo/ticket/1?order=newest", MEMBERS),
            get("/demo/ticket/1?list=query:component%3DSecret&at=0", MEMBERS),
            get("/demo/ticket/4", MEMBERS),
            get("/demo/ticket/4?version=0", MEMBERS),
            get("/demo/ticket/4?version=1", MEMBERS),
            get("/demo/ticket/4?format=json", MEMBERS),
            get("/demo/ticket/4?format=json&version=0", MEMBERS),
            get("/demo/ticket/4?format=csv", MEMBERS),
            get("/demo/ticket/4?format=tab&version=0", MEMBERS),
            get("/demo/ticket/4?format=atom", MEMBERS),
            get("/hidden/ticket/1", NOBODY),
            get("/nowhere/ticket/1", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>",
        doors: &[
            form("/demo/ticket/1", COMMENT, [404, 404, 303, 303, 303]),
            form("/demo/ticket/1", &[("comment", "Without a version.")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/1", RESOLVE, [404, 404, 303, 303, 303]),
            form("/demo/ticket/1", REOPEN, [404, 404, 422, 422, 422]),
            form("/demo/ticket/1", PREVIEW_COMMENT, MEMBERS),
            form("/demo/ticket/1?action=preview", PREVIEW_COMMENT, MEMBERS),
            form("/demo/ticket/1?action=nonsense", COMMENT, [404, 404, 422, 422, 422]),
            form("/demo/ticket/2", COMMENT, [404, 404, 404, 303, 303]),
            form("/demo/ticket/2", &[("comment", "Without a version.")], [404, 404, 404, 422, 422]),
            form("/demo/ticket/3", COMMENT, [404, 404, 404, 303, 303]),
            form("/demo/ticket/1", NOTE, [404, 404, 403, 303, 303]),
            form("/demo/ticket/1", REPLY_TO_NOTE, [404, 404, 403, 303, 303]),
            form("/demo/ticket/1", INTO_SECRET, [404, 404, 422, 303, 303]),
            form("/demo/ticket/1?action=preview", NOTE, MEMBERS),
            form(
                "/demo/ticket/4",
                &[("action", "resolve"), ("view_time", "1"), ("submit", "1")],
                [404, 404, 303, 422, 422],
            ),
            form("/demo/ticket/4", RELATE_TO_HIDDEN, [404, 404, 422, 303, 303]),
            form("/demo/ticket/4", RELATE, [404, 404, 303, 303, 303]),
            form("/demo/ticket/4", RELATE_AS_THEN, [404, 404, 303, 303, 303]),
            form("/demo/ticket/4?action=preview", RELATE, MEMBERS),
            form("/demo/ticket/4?action=preview", RELATE_TO_HIDDEN, MEMBERS),
            form("/demo/ticket/2?action=preview", PREVIEW_COMMENT, INSIDERS),
            form("/demo/ticket/999", COMMENT, NOBODY),
            form("/demo/ticket/x", COMMENT, NOBODY),
            form("/hidden/ticket/1", COMMENT, NOBODY),
            form("/nowhere/ticket/1", COMMENT, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/relation",
        doors: &[
            form("/demo/ticket/1/relation", &[("relation", "depends_on"), ("ticket", "2")], [404, 404, 422, 303, 303]),
            form("/demo/ticket/1/relation", &[("relation", "blocks"), ("ticket", "2")], [404, 404, 422, 303, 303]),
            form("/demo/ticket/1/relation", &[("relation", "depends_on"), ("ticket", "1")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/1/relation", &[], [404, 404, 422, 422, 422]),
            form("/demo/ticket/4/relation", &[("relation", "depends_on"), ("ticket", "2")], [404, 404, 422, 303, 303]),
            form("/demo/ticket/4/relation", &[("relation", "refers_to"), ("ticket", "3")], [404, 404, 422, 303, 303]),
            form("/demo/ticket/4/relation", &[("relation", "parent"), ("ticket", "1")], [404, 404, 303, 303, 303]),
            form(
                "/demo/ticket/4/relation",
                &[("relation", "depends_on"), ("ticket", "2, 999"), ("remove", "1")],
                [404, 404, 303, 303, 303],
            ),
            form("/demo/ticket/2/relation", &[("relation", "depends_on"), ("ticket", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/relation", &[("relation", "depends_on"), ("ticket", "1")], NOBODY),
            form("/hidden/ticket/1/relation", &[("relation", "depends_on"), ("ticket", "1")], NOBODY),
            form("/nowhere/ticket/1/relation", &[("relation", "depends_on"), ("ticket", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/ticket/<number>/merge",
        doors: &[
            get("/demo/ticket/1/merge", MEMBERS),
            get("/demo/ticket/1/merge?into=2", [404, 404, 422, 200, 200]),
            get("/demo/ticket/1/merge?into=999", [404, 404, 422, 422, 422]),
            get("/demo/ticket/2/merge", INSIDERS),
            get("/demo/ticket/999/merge", NOBODY),
            get("/hidden/ticket/1/merge", NOBODY),
            get("/nowhere/ticket/1/merge", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/merge",
        doors: &[
            form("/demo/ticket/1/merge", &[("into", "2")], [404, 404, 422, 303, 303]),
            form("/demo/ticket/1/merge", &[("into", "999")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/merge", &[("into", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/merge", &[("into", "1")], NOBODY),
            form("/hidden/ticket/1/merge", &[("into", "1")], NOBODY),
            form("/nowhere/ticket/1/merge", &[("into", "1")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/unmerge",
        doors: &[
            form("/demo/ticket/1/unmerge", &[], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/unmerge", &[], [404, 404, 404, 422, 422]),
            form("/demo/ticket/999/unmerge", &[], NOBODY),
            form("/hidden/ticket/1/unmerge", &[], NOBODY),
            form("/nowhere/ticket/1/unmerge", &[], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/closing",
        doors: &[
            get("/demo/admin/ticket/closing", ADMINS),
            get("/demo/admin/ticket/closing?format=json", ADMINS),
            get("/hidden/admin/ticket/closing", ADMINS),
            get("/nowhere/admin/ticket/closing", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/closing",
        doors: &[
            form(
                "/demo/admin/ticket/closing",
                &[("close_with_open_dependencies", "refuse")],
                [404, 404, 404, 404, 303],
            ),
            form("/demo/admin/ticket/closing", &[], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/closing", &[("close_with_open_dependencies", "refuse")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/newticket",
        doors: &[
            get("/demo/newticket", MEMBERS),
            get("/demo/newticket?summary=New&description=See+%232&component=nonsense&action=nonsense", MEMBERS),
            get("/demo/newticket?component=Secret", MEMBERS),
            get("/demo/newticket?template=nonsense", MEMBERS),
            get("/demo/newticket?clone=1", MEMBERS),
            get("/demo/newticket?clone=1&comment=1", MEMBERS),
            get("/demo/newticket?clone=1&comment=2", NOBODY),
            get("/demo/newticket?like=1", MEMBERS),
            get("/demo/newticket?clone=4", MEMBERS),
            get("/demo/newticket?like=4", MEMBERS),
            get("/demo/newticket?clone=2", INSIDERS),
            get("/demo/newticket?clone=2&comment=1", INSIDERS),
            get("/demo/newticket?like=2", INSIDERS),
            get("/demo/newticket?clone=999", NOBODY),
            get("/hidden/newticket", ADMINS),
            get("/nowhere/newticket", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/newticket/similar",
        doors: &[
            get("/demo/newticket/similar?summary=See+the+plan", MEMBERS),
            get("/demo/newticket/similar?summary=The+secret+matter+with+words+to+be+found", MEMBERS),
            get("/demo/newticket/similar?summary=The+secret+matter+with+words&format=json", MEMBERS),
            get("/demo/newticket/similar", MEMBERS),
            get("/hidden/newticket/similar?summary=See+the+plan", ADMINS),
            get("/nowhere/newticket/similar?summary=See+the+plan", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/ticket/<number>/reply/<id>",
        doors: &[
            get("/demo/ticket/1/reply/1", NOBODY),
            get("/demo/ticket/2/reply/1", NOBODY),
            get("/nowhere/ticket/1/reply/1", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/task",
        doors: &[
            form("/demo/ticket/1/task", &[("task", "description-0-done")], [404, 404, 409, 409, 409]),
            form("/demo/ticket/1/task", &[("task", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/1/task", &[("task", "comment-2-0-done")], NOBODY),
            form("/demo/ticket/2/task", &[("task", "description-0-done")], [404, 404, 404, 409, 409]),
            form("/demo/ticket/2/task", &[("task", "comment-1-0-done")], [404, 404, 404, 409, 409]),
            form("/demo/ticket/999/task", &[("task", "description-0-done")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/seen",
        doors: &[
            form("/demo/ticket/1/seen", &[("change", "1")], [404, 404, 303, 303, 303]),
            form("/demo/ticket/1/seen", &[], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/seen", &[("change", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/seen", &[("change", "1")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/look",
        doors: &[
            form("/demo/ticket/1/look", &[("order", "threaded"), ("show", "all")], [404, 404, 303, 303, 303]),
            form("/demo/ticket/1/look", &[("order", "nonsense"), ("show", "all")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/look", &[("order", "newest"), ("show", "all")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/look", &[("order", "newest"), ("show", "all")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/replies",
        doors: &[
            get("/demo/admin/ticket/replies", ADMINS),
            get("/demo/admin/ticket/replies?format=json", ADMINS),
            get("/hidden/admin/ticket/replies", ADMINS),
            get("/nowhere/admin/ticket/replies", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/replies",
        doors: &[
            form(
                "/demo/admin/ticket/replies",
                &[("act", "add"), ("name", "Thanks"), ("text", "Thank you.")],
                [404, 404, 404, 404, 303],
            ),
            form("/demo/admin/ticket/replies", &[("act", "add"), ("name", "Thanks")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/replies", &[("act", "retire"), ("id", "9")], NOBODY),
            form("/demo/admin/ticket/replies", &[("act", "nonsense")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/replies", &[("act", "add")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/templates",
        doors: &[
            get("/demo/admin/ticket/templates", ADMINS),
            get("/demo/admin/ticket/templates?format=json", ADMINS),
            get("/hidden/admin/ticket/templates", ADMINS),
            get("/nowhere/admin/ticket/templates", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/templates",
        doors: &[
            form(
                "/demo/admin/ticket/templates",
                &[("act", "add"), ("name", "Fault"), ("text", "## Steps\n")],
                [404, 404, 404, 404, 303],
            ),
            form("/demo/admin/ticket/templates", &[("act", "add"), ("name", "")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/templates", &[("act", "change"), ("id", "9")], NOBODY),
            form("/nowhere/admin/ticket/templates", &[("act", "add")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/newticket",
        doors: &[
            form("/demo/newticket", FILE, [404, 404, 303, 303, 303]),
            form("/demo/newticket", &[("field_summary", " ")], [404, 404, 422, 422, 422]),
            form("/demo/newticket", FILE_IN_SECRET, [404, 404, 422, 303, 303]),
            form("/demo/newticket", PREVIEW_FILE, MEMBERS),
            form("/demo/newticket?action=preview", PREVIEW_FILE, MEMBERS),
            form("/hidden/newticket", FILE, [404, 404, 404, 404, 303]),
            form("/nowhere/newticket", FILE, NOBODY),
        ],
    },
    // Attachments.
    Rule {
        route: "GET /<project>/attachment/<_..>",
        doors: &[
            get("/demo/attachment/wiki/Plan/", MEMBERS),
            get("/demo/attachment/wiki/Plan/?format=json", MEMBERS),
            get("/demo/attachment/wiki/Plan", [404, 404, 301, 301, 301]),
            get("/demo/attachment/wiki/Plan/note.txt", MEMBERS),
            get("/demo/attachment/wiki/Plan/note.txt?format=json", MEMBERS),
            get("/demo/attachment/milestone/M1/", MEMBERS),
            get("/demo/attachment/milestone/M1/note.txt", MEMBERS),
            get("/demo/attachment/milestone/Nowhere/", NOBODY),
            get("/demo/attachment/wiki/Plan/nothing.txt", NOBODY),
            get("/demo/attachment/ticket/1/", MEMBERS),
            get("/demo/attachment/ticket/2/", INSIDERS),
            get("/demo/attachment/ticket/2/note.txt", INSIDERS),
            get("/demo/attachment/ticket/3/", INSIDERS),
            get("/demo/attachment/ticket/3/note.txt", INSIDERS),
            get("/demo/attachment/ticket/999/", NOBODY),
            get("/demo/attachment/wiki/Nowhere/", NOBODY),
            get("/demo/attachment/wiki/Nowhere/note.txt", NOBODY),
            get("/demo/attachment/nonsense/Plan/note.txt", NOBODY),
            get("/demo/attachment/wiki/Secret/Plan/", INSIDERS),
            get("/demo/attachment/wiki/Secret/Plan/?format=json", INSIDERS),
            get("/demo/attachment/wiki/Secret/Plan", [404, 404, 404, 301, 301]),
            get("/demo/attachment/wiki/Secret/Plan/note.txt", INSIDERS),
            get("/demo/attachment/wiki/Secret/Plan/note.txt?format=json", INSIDERS),
            get("/hidden/attachment/wiki/Plan/", ADMINS),
            get("/nowhere/attachment/wiki/Plan/", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/attachment/<_..>?action=delete",
        doors: &[
            get("/demo/attachment/wiki/Plan/note.txt?action=delete", MEMBERS),
            get("/demo/attachment/wiki/Plan/nothing.txt?action=delete", NOBODY),
            get("/demo/attachment/wiki/Secret/Plan/note.txt?action=delete", INSIDERS),
            get("/nowhere/attachment/wiki/Plan/note.txt?action=delete", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/raw-attachment/<_..>",
        doors: &[
            get("/demo/raw-attachment/wiki/Plan/note.txt", MEMBERS),
            get("/demo/raw-attachment/wiki/Plan/nothing.txt", NOBODY),
            get("/demo/raw-attachment/wiki/Plan/", NOBODY),
            get("/demo/raw-attachment/wiki/Secret/Plan/note.txt", INSIDERS),
            get("/demo/raw-attachment/ticket/2/note.txt", INSIDERS),
            get("/demo/raw-attachment/ticket/3/note.txt", INSIDERS),
            get("/hidden/raw-attachment/wiki/Plan/note.txt", NOBODY),
            get("/nowhere/raw-attachment/wiki/Plan/note.txt", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/zip-attachment/<_..>",
        doors: &[
            get("/demo/zip-attachment/wiki/Plan/", MEMBERS),
            get("/demo/zip-attachment/wiki/Nowhere/", NOBODY),
            get("/demo/zip-attachment/wiki/Secret/Plan/", INSIDERS),
            get("/demo/zip-attachment/ticket/2/", INSIDERS),
            get("/demo/zip-attachment/ticket/3/", INSIDERS),
            get("/hidden/zip-attachment/wiki/Plan/", ADMINS),
            get("/nowhere/zip-attachment/wiki/Plan/", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/attachment/<_..>",
        doors: &[
            file("/demo/attachment/wiki/Plan/", "new.txt", [404, 404, 303, 303, 303]),
            file("/demo/attachment/wiki/Nowhere/", "new.txt", NOBODY),
            file("/demo/attachment/milestone/M1/", "new.txt", [404, 404, 403, 403, 303]),
            file("/demo/attachment/milestone/Nowhere/", "new.txt", NOBODY),
            file("/demo/attachment/wiki/Secret/Plan/", "new.txt", [404, 404, 404, 303, 303]),
            file("/demo/attachment/ticket/2/", "new.txt", [404, 404, 404, 303, 303]),
            file("/demo/attachment/ticket/3/", "new.txt", [404, 404, 404, 303, 303]),
            form("/demo/attachment/wiki/Plan/", &[("description", "No file.")], [404, 404, 422, 422, 422]),
            form("/demo/attachment/wiki/Secret/Plan/", &[("description", "No file.")], [404, 404, 404, 422, 422]),
            file("/hidden/attachment/wiki/Plan/", "new.txt", [404, 404, 404, 404, 303]),
            file("/nowhere/attachment/wiki/Plan/", "new.txt", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/attachment/<_..>?action=delete",
        doors: &[
            form("/demo/attachment/wiki/Plan/note.txt?action=delete", &[], [404, 404, 303, 303, 303]),
            form("/demo/attachment/wiki/Plan/nothing.txt?action=delete", &[], NOBODY),
            form("/demo/attachment/wiki/Secret/Plan/note.txt?action=delete", &[], [404, 404, 404, 303, 303]),
            form("/nowhere/attachment/wiki/Plan/note.txt?action=delete", &[], NOBODY),
        ],
    },
    // Tickets.
    Rule {
        route: "GET /<project>/ticket/<number>?<action>",
        doors: &[
            get("/demo/ticket/1?action=history", MEMBERS),
            get("/demo/ticket/1?action=history&field=summary", MEMBERS),
            get("/demo/ticket/1?action=history&format=json", MEMBERS),
            get("/demo/ticket/4?action=history", MEMBERS),
            get("/demo/ticket/4?action=history&format=json", MEMBERS),
            get("/demo/ticket/4?action=history&field=depends_on", MEMBERS),
            get("/demo/ticket/4?action=history&field=refers_to&format=json", MEMBERS),
            get("/demo/ticket/4?action=diff&version=1", MEMBERS),
            get("/demo/ticket/4?action=diff&version=1&field=parent", MEMBERS),
            get("/demo/ticket/1?action=history&field=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/ticket/1?action=diff&version=1", MEMBERS),
            get("/demo/ticket/1?action=diff&version=1&format=diff", MEMBERS),
            get("/demo/ticket/1?action=diff&version=2", NOBODY),
            get("/demo/ticket/1?action=comment-edit&cnum=1", [404, 404, 403, 403, 200]),
            get("/demo/ticket/1?action=comment-edit&cnum=2", NOBODY),
            get("/demo/ticket/1?action=comment-history&cnum=1", MEMBERS),
            get("/demo/ticket/1?action=comment-history&cnum=1&format=json", MEMBERS),
            get("/demo/ticket/1?action=comment-diff&cnum=1", MEMBERS),
            get("/demo/ticket/1?action=backlinks", MEMBERS),
            get("/demo/ticket/1?action=backlinks&format=json", MEMBERS),
            get("/demo/ticket/1?action=backlinks&page=99", MEMBERS),
            get("/demo/ticket/2?action=backlinks", INSIDERS),
            get("/demo/ticket/999?action=backlinks", NOBODY),
            get("/demo/ticket/2?action=history", INSIDERS),
            get("/demo/ticket/3?action=history&format=json", INSIDERS),
            get("/demo/ticket/3?action=backlinks", INSIDERS),
            get("/demo/ticket/3?action=diff&version=1", INSIDERS),
            get("/demo/ticket/1?action=note-edit&note=1", INSIDERS),
            get("/demo/ticket/1?action=note-edit&note=9", NOBODY),
            get("/demo/ticket/1?action=note-history&note=2", INSIDERS),
            get("/demo/ticket/1?action=note-history&note=2&format=json", INSIDERS),
            get("/demo/ticket/1?action=note-history&note=9", NOBODY),
            get("/demo/ticket/1?action=note-diff&note=2&version=1", INSIDERS),
            get("/demo/ticket/1?action=note-diff&note=2&version=1&format=txt", INSIDERS),
            get("/demo/ticket/2?action=note-history&note=1", INSIDERS),
            get("/demo/ticket/3?action=note-history&note=1", INSIDERS),
            get("/hidden/ticket/1?action=history", NOBODY),
            get("/nowhere/ticket/1?action=history", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/ticket/<number>/time",
        doors: &[
            get("/demo/ticket/1/time", MEMBERS),
            get("/demo/ticket/1/time?format=json", MEMBERS),
            get("/demo/ticket/1/time?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/ticket/1/time?correct=1", MEMBERS),
            get("/demo/ticket/1/time?correct=99", NOBODY),
            get("/demo/ticket/1/time?correct=2", NOBODY),
            get("/demo/ticket/2/time", INSIDERS),
            get("/demo/ticket/2/time?format=json", INSIDERS),
            get("/demo/ticket/999/time", NOBODY),
            get("/hidden/ticket/1/time", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/time",
        doors: &[
            form("/demo/ticket/1/time", TIME, [404, 404, 303, 303, 303]),
            form("/demo/ticket/1/time", &[("time", "ages")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/1/time", &[("time", "1h"), ("time_person", "insider")], [404, 404, 403, 303, 303]),
            form("/demo/ticket/2/time", TIME, [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/time", TIME, NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/time",
        doors: &[
            get("/demo/time", MEMBERS),
            get("/demo/time?from=&to=&by=person", MEMBERS),
            get("/demo/time?from=&to=&by=ticket", MEMBERS),
            get("/demo/time?from=&to=&by=milestone&format=json", MEMBERS),
            get("/demo/time?from=&to=&by=day&person=admin", MEMBERS),
            get("/demo/time?from=&to=&by=week", MEMBERS),
            get("/demo/time?from=&to=&by=month&milestone=M1", MEMBERS),
            get("/demo/time?from=&to=&by=entry&format=csv", MEMBERS),
            get("/demo/time?by=moon", [404, 404, 422, 422, 422]),
            get("/demo/time?milestone=No", [404, 404, 422, 422, 422]),
            get("/demo/time?format=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/time", ADMINS),
            get("/nowhere/time", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/reminder",
        doors: &[
            form("/demo/ticket/1/reminder", REMIND, [404, 404, 303, 303, 303]),
            form("/demo/ticket/1/reminder", &[("due", "soon")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/reminder", REMIND, [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/reminder", REMIND, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/reminder/<id>",
        doors: &[
            form("/demo/reminder/1", &[("done", "1")], [404, 404, 303, 303, 303]),
            form("/demo/reminder/1", &[("remove", "1"), ("back", "list")], [404, 404, 303, 303, 303]),
            form("/demo/reminder/1", &[], [404, 404, 422, 422, 422]),
            form("/demo/reminder/2", &[("done", "1")], [404, 404, 404, 303, 303]),
            form("/demo/reminder/99", &[("done", "1")], NOBODY),
        ],
    },
    Rule { route: "GET /<project>/home", doors: &[get("/demo/home", MEMBERS), get("/nowhere/home", NOBODY)] },
    Rule {
        route: "GET /<project>/home/arrange",
        doors: &[
            get("/demo/home/arrange", MEMBERS),
            get("/demo/home/arrange?whose=everybody", [404, 404, 403, 403, 200]),
            get("/nowhere/home/arrange", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/home/arrange",
        doors: &[
            form("/demo/home/arrange", &[("add", "1"), ("new_kind", "text")], MEMBERS),
            form("/demo/home/arrange", &[("kind_1", "text"), ("place_1", "1")], [404, 404, 422, 422, 422]),
            form("/demo/home/arrange", &[("reset", "1")], [404, 404, 303, 303, 303]),
            form("/demo/home/arrange?whose=everybody", &[("reset", "1")], [404, 404, 403, 403, 303]),
            form("/nowhere/home/arrange", &[("reset", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /-/home",
        doors: &[
            get("/-/home", [303, 200, 200, 200, 200]),
            get("/-/home?format=json", [303, 200, 200, 200, 200]),
            get("/-/home?group=nobodys", [303, 404, 404, 404, 404]),
        ],
    },
    Rule {
        route: "GET /<project>/reminders",
        doors: &[
            get("/demo/reminders", MEMBERS),
            get("/demo/reminders?state=done", MEMBERS),
            get("/demo/reminders?format=json", MEMBERS),
            get("/nowhere/reminders", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/bookmark",
        doors: &[
            form("/demo/ticket/1/bookmark", &[("on", "1")], [404, 404, 303, 303, 303]),
            form("/demo/ticket/2/bookmark", &[("on", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/bookmark", &[("on", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/bookmarks",
        doors: &[
            get("/demo/bookmarks", MEMBERS),
            get("/demo/bookmarks?format=json", MEMBERS),
            get("/nowhere/bookmarks", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/comment/<comment>",
        doors: &[
            form("/demo/ticket/1/comment/1", &[("edited_comment", "Better.")], [404, 404, 403, 403, 303]),
            form(
                "/demo/ticket/1/comment/1",
                &[("edited_comment", "Better."), ("version", "7")],
                [404, 404, 403, 403, 409],
            ),
            form(
                "/demo/ticket/1/comment/1",
                &[("edited_comment", "Better."), ("preview", "1")],
                [404, 404, 403, 403, 200],
            ),
            form("/demo/ticket/1/comment/1", &[], [404, 404, 403, 403, 422]),
            form("/demo/ticket/1/comment/2", &[("edited_comment", "Better.")], NOBODY),
            form("/demo/ticket/2/comment/1", &[("edited_comment", "Better.")], [404, 404, 404, 403, 303]),
            form("/hidden/ticket/1/comment/1", &[("edited_comment", "Better.")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/comment/<comment>?action=preview",
        doors: &[
            form("/demo/ticket/1/comment/1?action=preview", &[("text", "Better.")], [404, 404, 403, 403, 200]),
            form("/demo/ticket/2/comment/1?action=preview", &[("text", "Better.")], [404, 404, 404, 403, 200]),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/note/<note>",
        doors: &[
            form("/demo/ticket/1/note/1", &[("edited_note", "Better.")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/1/note/1", &[("edited_note", " ")], [404, 404, 404, 422, 422]),
            form("/demo/ticket/1/note/1", &[], [404, 404, 404, 422, 422]),
            form("/demo/ticket/1/note/9", &[("edited_note", "Better.")], NOBODY),
            form("/demo/ticket/2/note/1", &[("edited_note", "Better.")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/3/note/1", &[("edited_note", "Better.")], [404, 404, 404, 303, 303]),
            form("/hidden/ticket/1/note/1", &[("edited_note", "Better.")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/note/<note>?action=preview",
        doors: &[
            form("/demo/ticket/1/note/1?action=preview", &[("text", "Better.")], INSIDERS),
            form("/demo/ticket/1/note/9?action=preview", &[("text", "Better.")], NOBODY),
            form("/demo/ticket/2/note/1?action=preview", &[("text", "Better.")], INSIDERS),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/watch",
        doors: &[
            form("/demo/ticket/1/watch", &[("watch", "1")], [404, 404, 303, 303, 303]),
            form("/demo/ticket/1/watch", &[("watch", "yes")], [404, 404, 422, 422, 422]),
            form("/demo/ticket/2/watch", &[("watch", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/3/watch", &[("watch", "1")], [404, 404, 404, 303, 303]),
            form("/demo/ticket/999/watch", &[("watch", "1")], NOBODY),
            form("/hidden/ticket/1/watch", &[("watch", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/components/<component>",
        doors: &[
            get("/demo/admin/ticket/components/14", ADMINS),
            get("/demo/admin/ticket/components/14?format=json", ADMINS),
            get("/demo/admin/ticket/components/15", ADMINS),
            get("/demo/admin/ticket/components/1", NOBODY),
            get("/demo/admin/ticket/components/999", NOBODY),
            get("/demo/admin/ticket/components/x", NOBODY),
            get("/nowhere/admin/ticket/components/14", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/components/<component>",
        doors: &[
            form("/demo/admin/ticket/components/14", &[("cc", "member")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/components/14", &[("doors", "ajar")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/components/15", &[("doors", "open")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/components/999", &[("cc", "member")], NOBODY),
            form("/nowhere/admin/ticket/components/14", &[("cc", "member")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/ticket/<number>/delete",
        doors: &[
            get("/demo/ticket/1/delete", [404, 404, 403, 403, 200]),
            get("/demo/ticket/2/delete", [404, 404, 404, 403, 200]),
            get("/demo/ticket/3/delete", [404, 404, 404, 403, 200]),
            get("/demo/ticket/999/delete", NOBODY),
            get("/nowhere/ticket/1/delete", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/delete",
        doors: &[
            form("/demo/ticket/1/delete", &[], [404, 404, 403, 403, 303]),
            form("/demo/ticket/2/delete", &[], [404, 404, 404, 403, 303]),
            form("/demo/ticket/999/delete", &[], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/ticket/<number>/undo",
        doors: &[
            form("/demo/ticket/1/undo", &[], [404, 404, 409, 409, 409]),
            form("/demo/ticket/2/undo", &[], [404, 404, 404, 409, 303]),
            form("/demo/ticket/999/undo", &[], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/batchmodify",
        doors: &[
            get("/demo/batchmodify", [404, 404, 403, 403, 200]),
            get("/demo/batchmodify?status=!closed", [404, 404, 403, 403, 200]),
            get("/demo/batchmodify?nonsense=1", [404, 404, 403, 403, 422]),
            get("/demo/batchmodify?done=1.1.1", [404, 404, 403, 403, 200]),
            get("/demo/batchmodify?done=nonsense", [404, 404, 403, 403, 404]),
            get("/nowhere/batchmodify", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/batchmodify",
        doors: &[
            form("/demo/batchmodify", &[("ticket", "1"), ("comment", "All of you")], [404, 404, 403, 403, 303]),
            form(
                "/demo/batchmodify",
                &[("ticket", "1"), ("comment", "x"), ("preview", "1")],
                [404, 404, 403, 403, 200],
            ),
            form("/demo/batchmodify", &[], [404, 404, 403, 403, 422]),
            form("/demo/batchmodify", &[("act", "undo"), ("ticket", "1"), ("number", "1")], [404, 404, 403, 403, 404]),
            form("/nowhere/batchmodify", &[], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/calendar",
        doors: &[
            get("/demo/calendar", MEMBERS),
            get("/demo/calendar?month=2099-12", MEMBERS),
            get("/demo/calendar?month=2099-12&component=Secret", MEMBERS),
            get("/demo/calendar?month=2099-12&format=json", MEMBERS),
            get("/demo/calendar?month=tomorrow", [404, 404, 422, 422, 422]),
            get("/demo/calendar?colour=red", [404, 404, 422, 422, 422]),
            get("/demo/calendar?format=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/calendar", ADMINS),
            get("/nowhere/calendar", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/board",
        doors: &[
            get("/demo/board", MEMBERS),
            get("/demo/board?id=1-9&columns=priority&rows=owner", MEMBERS),
            get("/demo/board?id=1-9&columns=component", MEMBERS),
            get("/demo/board?columns=milestone&rows=reporter&component=Secret", MEMBERS),
            get("/demo/board?columns=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/board", ADMINS),
            get("/nowhere/board", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/board/move",
        doors: &[
            get("/demo/board/move?ticket=1&to=status=closed", MEMBERS),
            get("/demo/board/move?ticket=1&to=nonsense=1", [404, 404, 422, 422, 422]),
            get("/demo/board/move?ticket=2&to=status=closed", INSIDERS),
            get("/demo/board/move?ticket=99&to=status=closed", NOBODY),
            get("/hidden/board/move?ticket=1&to=status=closed", NOBODY),
            get("/nowhere/board/move?ticket=1", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/board/move",
        doors: &[
            form(
                "/demo/board/move?view_time=0",
                &[("ticket", "1"), ("to", "priority=blocker")],
                [404, 404, 303, 303, 303],
            ),
            form("/demo/board/move", &[("ticket", "1"), ("to", "priority=blocker")], [404, 404, 422, 422, 422]),
            form("/demo/board/move?view_time=0", &[("ticket", "1"), ("to", "x=y")], [404, 404, 422, 422, 422]),
            form(
                "/demo/board/move?view_time=0",
                &[("ticket", "2"), ("to", "priority=blocker")],
                [404, 404, 404, 303, 303],
            ),
            form("/demo/board/move?view_time=0", &[("ticket", "99"), ("to", "priority=blocker")], NOBODY),
            form("/nowhere/board/move", &[("ticket", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/chart",
        doors: &[
            get("/demo/chart", MEMBERS),
            get("/demo/chart?chart=burndown&milestone=M1", MEMBERS),
            get("/demo/chart?chart=burnup&milestone=M1&unit=estimate&format=json", MEMBERS),
            get("/demo/chart?chart=burndown&milestone=Nowhere", MEMBERS),
            get("/demo/chart?chart=by&by=component", MEMBERS),
            get("/demo/chart?chart=by&by=component&component=Secret", MEMBERS),
            get("/demo/chart?chart=by&by=reporter&format=csv", MEMBERS),
            get("/demo/chart?chart=time", MEMBERS),
            get("/demo/chart?chart=opened&of=M1", [404, 404, 303, 303, 303]),
            get("/demo/chart?chart=pie", [404, 404, 422, 422, 422]),
            get("/demo/chart?format=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/chart", ADMINS),
            get("/nowhere/chart", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/trash",
        doors: &[
            get("/demo/admin/ticket/trash", ADMINS),
            get("/demo/admin/ticket/trash?format=json", ADMINS),
            get("/hidden/admin/ticket/trash", ADMINS),
            get("/nowhere/admin/ticket/trash", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/trash",
        doors: &[
            form("/demo/admin/ticket/trash", &[("act", "restore"), ("ticket", "1")], NOBODY),
            form("/demo/admin/ticket/trash", &[("act", "purge"), ("ticket", "999")], NOBODY),
            form("/demo/admin/ticket/trash", &[("act", "nonsense"), ("ticket", "1")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/trash", &[("act", "restore"), ("ticket", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/fields",
        doors: &[
            get("/demo/admin/ticket/fields", ADMINS),
            get("/demo/admin/ticket/fields?format=json", ADMINS),
            get("/hidden/admin/ticket/fields", ADMINS),
            get("/nowhere/admin/ticket/fields", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/fields",
        doors: &[
            form("/demo/admin/ticket/fields", &[("act", "save"), ("name", "found_in")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/fields", &[("act", "preview"), ("name", "found_in")], ADMINS),
            form("/demo/admin/ticket/fields", &[("act", "save"), ("name", "summary")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/fields", &[("act", "retire"), ("name", "found_in")], NOBODY),
            form("/demo/admin/ticket/fields", &[("act", "nonsense")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/fields", &[("act", "save")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/workflow",
        doors: &[
            get("/demo/admin/ticket/workflow", ADMINS),
            get("/demo/admin/ticket/workflow?shipped=simple", ADMINS),
            get("/demo/admin/ticket/workflow?shipped=nonsense", NOBODY),
            get("/demo/admin/ticket/workflow?format=json", ADMINS),
            get("/hidden/admin/ticket/workflow", ADMINS),
            get("/nowhere/admin/ticket/workflow", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/workflow",
        doors: &[
            form("/demo/admin/ticket/workflow", &[("definition", "create = <none> -> new")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/workflow", &[("definition", ""), ("preview", "1")], ADMINS),
            form("/demo/admin/ticket/workflow", &[("definition", "")], [404, 404, 404, 404, 422]),
            form(
                "/demo/admin/ticket/workflow",
                &[("definition", "create = <none> -> new"), ("version", "another")],
                [404, 404, 404, 404, 409],
            ),
            form("/nowhere/admin/ticket/workflow", &[("definition", "")], NOBODY),
        ],
    },
    // The administration of a project.
    Rule {
        route: "GET /<project>/admin",
        doors: &[
            get("/demo/admin", ADMINS),
            get("/demo/admin?format=json", ADMINS),
            get("/hidden/admin", ADMINS),
            get("/nowhere/admin", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/<kind>",
        doors: &[
            get("/demo/admin/ticket/components", ADMINS),
            get("/demo/admin/ticket/priorities?format=json", ADMINS),
            get("/demo/admin/ticket/type", [404, 404, 404, 404, 301]),
            get("/demo/admin/ticket/nonsense", NOBODY),
            get("/hidden/admin/ticket/types", ADMINS),
            get("/nowhere/admin/ticket/types", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/<kind>",
        doors: &[
            form("/demo/admin/ticket/types", &[("act", "add"), ("name", "Question")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/types", &[("act", "add"), ("name", "")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/types", &[("act", "retire"), ("id", "999")], NOBODY),
            form("/demo/admin/ticket/types", &[("act", "nonsense")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/nonsense", &[("act", "add"), ("name", "Question")], NOBODY),
            form("/hidden/admin/ticket/types", &[("act", "add"), ("name", "Question")], [404, 404, 404, 404, 303]),
            form("/nowhere/admin/ticket/types", &[("act", "add"), ("name", "Question")], NOBODY),
        ],
    },
    // Repositories.
    Rule {
        route: "GET /<project>/admin/versioncontrol/repository",
        doors: &[
            get("/demo/admin/versioncontrol/repository", ADMINS),
            get("/demo/admin/versioncontrol/repository?format=json", ADMINS),
            get("/hidden/admin/versioncontrol/repository", ADMINS),
            get("/nowhere/admin/versioncontrol/repository", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/versioncontrol/repository",
        doors: &[
            form("/demo/admin/versioncontrol/repository", &[("act", "sync"), ("id", "1")], NOBODY),
            form("/demo/admin/versioncontrol/repository", &[("act", "sync")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/versioncontrol/repository", &[("act", "sync"), ("id", "1")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/repository/<name>/sync",
        doors: &[
            form("/demo/repository/code/sync", &[], NOBODY),
            form("/hidden/repository/code/sync", &[], NOBODY),
            form("/nowhere/repository/code/sync", &[], NOBODY),
        ],
    },
    // The timeline.
    Rule {
        route: "GET /<project>/timeline",
        doors: &[
            get("/demo/timeline", MEMBERS),
            get("/demo/timeline?daysback=0&authors=admin&wiki=on", MEMBERS),
            get("/demo/timeline?page=99", MEMBERS),
            get("/demo/timeline?ticket=on&ticket_details=on", MEMBERS),
            get("/demo/timeline?ticket=on&ticket_details=on&format=json", MEMBERS),
            get("/demo/timeline?ticket=on&ticket_details=on&format=rss", MEMBERS),
            get("/demo/timeline?ticket_details=on&authors=insider", MEMBERS),
            get("/demo/timeline?format=json", MEMBERS),
            get("/demo/timeline?format=atom", MEMBERS),
            get("/demo/timeline?format=rss&wiki=on", MEMBERS),
            get("/demo/timeline?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/timeline?from=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/timeline?from=nonsense&format=json", [404, 404, 422, 422, 422]),
            get("/hidden/timeline", ADMINS),
            get("/hidden/timeline?format=atom", ADMINS),
            get("/nowhere/timeline", NOBODY),
        ],
    },
    // Changesets.
    Rule {
        route: "GET /<project>/changeset/<_..>",
        doors: &[
            get("/demo/changeset", [404, 404, 301, 301, 301]),
            get("/demo/changeset?old=main&new=next", [404, 404, 301, 301, 301]),
            get("/demo/changeset/1234567", NOBODY),
            get("/demo/changeset/main/demo/a%ffb?format=diff", NOBODY),
            get("/demo/changeset/1234567?format=json", NOBODY),
            get("/demo/changeset/main?format=zip", MEMBERS),
            get("/demo/changeset/main?whole=1", MEMBERS),
            get("/demo/changeset/main/doors/src", MEMBERS),
            get("/demo/changeset/1234567?format=zip", NOBODY),
            get("/demo/changeset/%ff", NOBODY),
            get("/hidden/changeset", [404, 404, 404, 404, 301]),
            get("/nowhere/changeset/1234567", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/diff",
        doors: &[
            get("/demo/diff", MEMBERS),
            get("/demo/diff?old=main&new=next", [404, 404, 422, 422, 422]),
            get("/demo/diff?old=main&format=json", MEMBERS),
            get("/demo/diff?format=diff", [404, 404, 422, 422, 422]),
            get("/demo/diff?old=main&new=main", MEMBERS),
            get("/demo/diff?format=paths&path=src/", MEMBERS),
            get("/demo/diff?format=paths&repository=nowhere", NOBODY),
            get("/hidden/diff", ADMINS),
            get("/nowhere/diff", NOBODY),
        ],
    },
    // Reports; the ninth is a list that the insider keeps.
    Rule {
        route: "GET /<project>/report",
        doors: &[
            get("/demo/report", MEMBERS),
            get("/demo/report?sort=title&asc=0", MEMBERS),
            get("/demo/report?format=csv", MEMBERS),
            get("/demo/report?format=tab", MEMBERS),
            get("/demo/report?format=json", MEMBERS),
            get("/demo/report?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/report?sort=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/report", ADMINS),
            get("/nowhere/report", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/report?action=new",
        doors: &[
            get("/demo/report?action=new", MEMBERS),
            get("/demo/report?action=new&query=%3Fstatus%3Dnew", MEMBERS),
            get("/hidden/report?action=new", ADMINS),
            get("/nowhere/report?action=new", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/report",
        doors: &[
            form("/demo/report", &[("title", ""), ("query", "?nothing=1")], [404, 404, 422, 422, 422]),
            form(
                "/demo/report",
                &[("title", "S"), ("query", "select 1"), ("scope", "project")],
                [404, 404, 403, 403, 303],
            ),
            form(
                "/demo/report",
                &[("title", "L"), ("query", "?status=new"), ("scope", "project")],
                [404, 404, 403, 403, 303],
            ),
            form(
                "/demo/report",
                &[("title", "L"), ("query", "?component=Secret"), ("scope", "person")],
                [404, 404, 303, 303, 303],
            ),
            form("/hidden/report", &[("title", "L"), ("query", "?status=new")], [404, 404, 404, 404, 303]),
            form("/nowhere/report", &[("title", "L"), ("query", "?status=new")], NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/report?action=preview",
        doors: &[
            form("/demo/report?action=preview", &[("text", "See {1}, {9} and #2.")], MEMBERS),
            form("/hidden/report?action=preview", &[("text", "A text")], ADMINS),
            form("/nowhere/report?action=preview", &[("text", "A text")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/report/<number>",
        doors: &[
            get("/demo/report/1", MEMBERS),
            get("/demo/report/2?max=1&page=2", MEMBERS),
            get("/demo/report/3", MEMBERS),
            get("/demo/report/4", MEMBERS),
            get("/demo/report/5", MEMBERS),
            get("/demo/report/6?sort=summary&asc=0", MEMBERS),
            get("/demo/report/7?USER=admin", MEMBERS),
            get("/demo/report/8", MEMBERS),
            get("/demo/report/1?format=json", MEMBERS),
            get("/demo/report/1?format=atom", MEMBERS),
            get("/demo/report/1?format=sql", MEMBERS),
            get("/demo/report/1?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/report/1?sort=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/report/9", [404, 404, 404, 303, 404]),
            get("/demo/report/9?format=atom&token=nonsense", [404, 404, 404, 404, 404]),
            get("/demo/report/999", NOBODY),
            get("/demo/report/01", NOBODY),
            get("/demo/report/x", NOBODY),
            get("/hidden/report/1", ADMINS),
            get("/nowhere/report/1", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/report/<number>?action=edit",
        doors: &[
            get("/demo/report/1?action=edit", [404, 404, 403, 403, 200]),
            get("/demo/report/9?action=edit", [404, 404, 404, 200, 404]),
            get("/demo/report/999?action=edit", NOBODY),
            get("/hidden/report/1?action=edit", ADMINS),
            get("/nowhere/report/1?action=edit", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/report/<number>?action=copy",
        doors: &[
            get("/demo/report/1?action=copy", [404, 404, 403, 403, 200]),
            get("/demo/report/9?action=copy", [404, 404, 404, 200, 404]),
            get("/demo/report/999?action=copy", NOBODY),
            get("/hidden/report/1?action=copy", ADMINS),
            get("/nowhere/report/1?action=copy", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/report/<number>?action=delete",
        doors: &[
            get("/demo/report/1?action=delete", [404, 404, 403, 403, 200]),
            get("/demo/report/9?action=delete", [404, 404, 404, 200, 404]),
            get("/demo/report/999?action=delete", NOBODY),
            get("/hidden/report/1?action=delete", ADMINS),
            get("/nowhere/report/1?action=delete", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/report/<number>",
        doors: &[
            form("/demo/report/1", &[("version", "1"), ("title", "")], [404, 404, 403, 403, 422]),
            form("/demo/report/1", &[("version", "7"), ("title", "T")], [404, 404, 403, 403, 409]),
            form("/demo/report/1", &[("version", "1"), ("title", "T")], [404, 404, 403, 403, 303]),
            form("/demo/report/1", &[("action", "delete"), ("version", "1")], [404, 404, 403, 403, 303]),
            form("/demo/report/1", &[("action", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/report/9", &[("version", "1"), ("title", "T")], [404, 404, 404, 303, 404]),
            form("/demo/report/9", &[("action", "delete"), ("version", "1")], [404, 404, 404, 303, 404]),
            form("/demo/report/999", &[("version", "1"), ("title", "T")], NOBODY),
            form("/hidden/report/1", &[("version", "1"), ("title", "T")], [404, 404, 404, 404, 303]),
            form("/nowhere/report/1", &[("version", "1"), ("title", "T")], NOBODY),
        ],
    },
    // Milestones.
    Rule {
        route: "GET /<project>/roadmap",
        doors: &[
            get("/demo/roadmap", MEMBERS),
            get("/demo/roadmap?show=completed&show=noduedate", MEMBERS),
            get("/demo/roadmap?show=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/roadmap?page=99", MEMBERS),
            get("/demo/roadmap?format=json", MEMBERS),
            get("/demo/roadmap?format=atom", MEMBERS),
            get("/demo/roadmap?format=ics&user=admin", MEMBERS),
            get("/demo/roadmap?format=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/roadmap", ADMINS),
            get("/hidden/roadmap?format=ics", ADMINS),
            get("/nowhere/roadmap", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/milestone",
        doors: &[
            get("/demo/milestone", [404, 404, 303, 303, 303]),
            get("/demo/milestone?action=nonsense", [404, 404, 422, 422, 422]),
            get("/hidden/milestone", [404, 404, 404, 404, 303]),
            get("/nowhere/milestone", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/milestone/<_..>",
        doors: &[
            get("/demo/milestone/M1", MEMBERS),
            get("/demo/milestone/M1?by=type", MEMBERS),
            get("/demo/milestone/M1?by=component", MEMBERS),
            get("/demo/milestone/M1?by=owner", MEMBERS),
            get("/demo/milestone/M1?by=reporter", MEMBERS),
            get("/demo/milestone/M1?by=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/milestone/M1?action=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/milestone/M1?format=json", MEMBERS),
            get("/demo/milestone/M1?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/milestone/m1", [404, 404, 301, 301, 301]),
            get("/demo/milestone/Before", [404, 404, 301, 301, 301]),
            get("/demo/milestone/M1/", [301; 5]),
            get("/demo/milestone/Nowhere", [404, 404, 404, 404, 200]),
            get("/demo/milestone/Nowhere?format=json", NOBODY),
            get("/demo/milestone/%ff", NOBODY),
            get("/hidden/milestone/M1", ADMINS),
            get("/nowhere/milestone/M1", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/milestone/<_..>?action=new",
        doors: &[
            get("/demo/milestone?action=new", [404, 404, 403, 403, 200]),
            get("/demo/milestone/Nowhere?action=new", [404, 404, 403, 403, 200]),
            get("/hidden/milestone?action=new", ADMINS),
            get("/nowhere/milestone?action=new", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/milestone/<_..>?action=edit",
        doors: &[
            get("/demo/milestone/M1?action=edit", [404, 404, 403, 403, 200]),
            get("/demo/milestone/Nowhere?action=edit", NOBODY),
            get("/demo/milestone?action=edit", NOBODY),
            get("/hidden/milestone/M1?action=edit", ADMINS),
            get("/nowhere/milestone/M1?action=edit", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/milestone/<_..>?action=delete",
        doors: &[
            get("/demo/milestone/M1?action=delete", [404, 404, 403, 403, 200]),
            get("/demo/milestone/Nowhere?action=delete", NOBODY),
            get("/hidden/milestone/M1?action=delete", ADMINS),
            get("/nowhere/milestone/M1?action=delete", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/milestone/<_..>?action=preview",
        doors: &[
            form("/demo/milestone?action=preview", PREVIEW, [404, 404, 403, 403, 200]),
            form("/demo/milestone/M1?action=preview", PREVIEW, [404, 404, 403, 403, 200]),
            form("/demo/milestone/Nowhere?action=preview", PREVIEW, NOBODY),
            form("/hidden/milestone/M1?action=preview", PREVIEW, ADMINS),
            form("/nowhere/milestone/M1?action=preview", PREVIEW, NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/milestone/<_..>",
        doors: &[
            form("/demo/milestone", &[("name", "M2"), ("save", "1")], [404, 404, 403, 403, 303]),
            form("/demo/milestone", &[("name", "m1"), ("save", "1")], [404, 404, 403, 403, 422]),
            form("/demo/milestone", &[("action", "nonsense")], [404, 404, 422, 422, 422]),
            form("/demo/milestone/M1", &[("name", "M2"), ("save", "1")], [404, 404, 403, 403, 422]),
            form("/demo/milestone/M1", &[("name", "M2"), ("version", "1")], [404, 404, 403, 403, 409]),
            form("/demo/milestone/M1", &[("action", "delete"), ("version", "1")], [404, 404, 403, 403, 409]),
            form("/demo/milestone/Nowhere", &[("action", "delete"), ("version", "1")], NOBODY),
            form("/demo/milestone/Nowhere", &[("name", "M2"), ("version", "1")], NOBODY),
            form("/hidden/milestone", &[("name", "M2"), ("save", "1")], [404, 404, 404, 404, 303]),
            form("/nowhere/milestone", &[("name", "M2"), ("save", "1")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/milestones",
        doors: &[
            get("/demo/admin/ticket/milestones", ADMINS),
            get("/demo/admin/ticket/milestones?format=json", ADMINS),
            get("/hidden/admin/ticket/milestones", ADMINS),
            get("/nowhere/admin/ticket/milestones", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/milestones",
        doors: &[
            form("/demo/admin/ticket/milestones", &[("act", "add"), ("name", "M2")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/milestones", &[("act", "add"), ("name", "m1")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/milestones", &[("act", "default"), ("default", "1")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/milestones", &[("act", "default"), ("default", "9")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/milestones", &[("act", "nonsense")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/milestones", &[("act", "add"), ("name", "M2")], NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/admin/ticket/progress",
        doors: &[
            get("/demo/admin/ticket/progress", ADMINS),
            get("/demo/admin/ticket/progress?format=json", ADMINS),
            get("/nowhere/admin/ticket/progress", NOBODY),
        ],
    },
    Rule {
        route: "POST /<project>/admin/ticket/progress",
        doors: &[
            form("/demo/admin/ticket/progress", &[("act", "usual")], [404, 404, 404, 404, 303]),
            form("/demo/admin/ticket/progress", &[("act", "save")], [404, 404, 404, 404, 422]),
            form("/demo/admin/ticket/progress", &[("act", "nonsense")], [404, 404, 404, 404, 422]),
            form("/nowhere/admin/ticket/progress", &[("act", "usual")], NOBODY),
        ],
    },
    // Queries.
    Rule {
        route: "GET /<project>/query",
        doors: &[
            get("/demo/query", MEMBERS),
            get("/demo/query?status=!closed&or&owner=kim&order=id&group=status&row=description", MEMBERS),
            get("/demo/query?add_filter_0=owner&add_0=1", [404, 404, 303, 303, 303]),
            get("/demo/query?colour=red", [404, 404, 422, 422, 422]),
            get("/demo/query?order=id&page=9", [404, 404, 422, 422, 422]),
            get("/demo/query?component=Secret", MEMBERS),
            get("/demo/query?component=Nowhere", MEMBERS),
            get("/demo/query?component=!Secret&order=component", MEMBERS),
            get("/demo/query?component=~ecre&format=json", MEMBERS),
            get("/demo/query?component=Secret&format=csv", MEMBERS),
            get("/demo/query?group=component&col=id&col=component", MEMBERS),
            get("/demo/query?order=component&format=json", MEMBERS),
            get("/demo/query?order=milestone", MEMBERS),
            get("/demo/query?depends_on=2&parent=3&or&refers_to=2,3&or&duplicate_of=1-9", MEMBERS),
            get("/demo/query?depends_on=!2&depends_on=!", MEMBERS),
            get("/demo/query?depends_on=&parent=&order=id", MEMBERS),
            get("/demo/query?blocks=4&or&children=1-9", MEMBERS),
            get("/demo/query?referred_to_by=2,3&or&duplicates=4", MEMBERS),
            get("/demo/query?col=depends_on&col=parent&col=refers_to&col=blocks&col=referred_to_by&order=id", MEMBERS),
            get("/demo/query?col=depends_on&col=parent&col=refers_to&col=referred_to_by&format=csv", MEMBERS),
            get("/demo/query?col=depends_on&col=children&order=depends_on&desc=1&format=json", MEMBERS),
            get("/demo/query?order=refers_to&order=referred_to_by&format=tab", MEMBERS),
            get("/demo/query?action=edit&component=Secret", MEMBERS),
            get("/demo/query?id=2,3&format=tab", MEMBERS),
            get("/demo/query?reporter=insider&format=atom", MEMBERS),
            get("/demo/query?cc=~member", MEMBERS),
            get("/demo/query?format=json", MEMBERS),
            get("/demo/query?format=csv", MEMBERS),
            get("/demo/query?format=tab", MEMBERS),
            get("/demo/query?format=atom&order=id", MEMBERS),
            get("/demo/query?format=ics&order=id", MEMBERS),
            get("/demo/query?format=rss&time=soonish", [404, 404, 422, 422, 422]),
            get("/demo/query?format=nonsense", [404, 404, 422, 422, 422]),
            get("/demo/query?format=svg&order=id", MEMBERS),
            get("/demo/query?q=is:open%20or%20is:blocked,unowned&order=id", MEMBERS),
            get("/demo/query?q=(is:private%20or%20is:overdue)%20-(was:owner=insider)", MEMBERS),
            get("/demo/query?q=was:component%3DSecret,nothing&order=id", [404, 404, 422, 422, 422]),
            get("/demo/query?component=%3C%3CSecret&order=id", MEMBERS),
            get("/demo/query?component=!%3C%3CSecret&order=id&format=json", MEMBERS),
            get("/demo/query?component=%3E%3D!&or&component=%3E%3DSecret&order=id&format=csv", MEMBERS),
            get("/demo/query?q=changed:component%20or%20changed:depends_on%20or%20changed:refers_to", MEMBERS),
            get("/demo/query?q=was:depends_on%3D1-9%20or%20was:parent%3D1-9%20or%20was:refers_to%3D1-9", MEMBERS),
            get("/demo/query?q=changed:depends_on%3D..&format=json", MEMBERS),
            get("/demo/query?q=text:words%20or%20text:hidden&order=id", MEMBERS),
            get("/demo/query?q=words%20-nothing&format=tab", MEMBERS),
            get("/demo/query?at=now&order=id&col=component&col=depends_on&col=blocks&col=refers_to", MEMBERS),
            get("/demo/query?at=now&group=component&q=depends_on:1-9%20or%20blocks:1-9", MEMBERS),
            get("/demo/query?at=now&order=id&format=json", MEMBERS),
            get("/demo/query?at=2001&order=id&format=csv", MEMBERS),
            get("/demo/query?at=now&col=worked", [404, 404, 422, 422, 422]),
            get("/demo/query?at=now&unread=1&format=json", [404, 404, 422, 422, 422]),
            get("/demo/query?at=soonish", [404, 404, 422, 422, 422]),
            get("/demo/query?q=ownr:me", [404, 404, 422, 422, 422]),
            get("/demo/query?q=(((", [404, 404, 422, 422, 422]),
            get("/hidden/query", ADMINS),
            get("/hidden/query?format=json", ADMINS),
            get("/nowhere/query", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/query/suggest",
        doors: &[
            get("/demo/query/suggest?q=compo", MEMBERS),
            get("/demo/query/suggest?q=component:S", MEMBERS),
            get("/demo/query/suggest?q=-was:component%3Dse", MEMBERS),
            get("/demo/query/suggest?q=owner:&at=6", MEMBERS),
            get("/demo/query/suggest?q=milestone:", MEMBERS),
            get("/demo/query/suggest", MEMBERS),
            get("/hidden/query/suggest?q=st", ADMINS),
            get("/nowhere/query/suggest?q=st", NOBODY),
        ],
    },
    // Search.
    Rule {
        route: "GET /<project>/search",
        doors: &[
            get("/demo/search", MEMBERS),
            get("/demo/search?q=words", MEMBERS),
            get("/demo/search?q=words&format=json", MEMBERS),
            get("/demo/search?q=secret", MEMBERS),
            get("/demo/search?q=remark", MEMBERS),
            get("/demo/search?q=remark&type=note&format=json", MEMBERS),
            get("/demo/search?q=matter&format=json", MEMBERS),
            get("/demo/search?q=component:Secret", MEMBERS),
            get("/demo/search?q=words+component:Doors&format=json", MEMBERS),
            get("/demo/search?q=author:insider&format=json", MEMBERS),
            get("/demo/search?q=%233", [404, 404, 200, 303, 303]),
            get("/demo/search?q=%22secret+plan%22&format=json", MEMBERS),
            get("/demo/search?q=note&type=attachment&format=json", MEMBERS),
            get("/demo/search?q=%22unclosed", MEMBERS),
            get("/hidden/search?q=plan", ADMINS),
            get("/nowhere/search?q=plan", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/search/suggest",
        doors: &[
            get("/demo/search/suggest?q=pl", MEMBERS),
            get("/demo/search/suggest?q=sec", MEMBERS),
            get("/demo/search/suggest?q=note", MEMBERS),
            get("/demo/search/suggest?q=3", MEMBERS),
            get("/demo/search/suggest?q=priv", MEMBERS),
            get("/demo/search/suggest?q=pl&format=opensearch", MEMBERS),
            get("/hidden/search/suggest?q=pl", ADMINS),
            get("/nowhere/search/suggest?q=pl", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/people/suggest",
        doors: &[
            get("/demo/people/suggest", MEMBERS),
            get("/demo/people/suggest?q=me", MEMBERS),
            get("/hidden/people/suggest?q=a", ADMINS),
            get("/nowhere/people/suggest?q=a", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/search/opensearch",
        doors: &[
            get("/demo/search/opensearch", MEMBERS),
            get("/hidden/search/opensearch", ADMINS),
            get("/nowhere/search/opensearch", NOBODY),
        ],
    },
    Rule {
        route: "GET /<project>/search/opensearch.xml",
        doors: &[
            get("/demo/search/opensearch.xml", MEMBERS),
            get("/hidden/search/opensearch.xml", ADMINS),
            get("/nowhere/search/opensearch.xml", NOBODY),
        ],
    },
];

type Fields = &'static [(&'static str, &'static str)];

const MESSAGE: &[(&str, &str)] = &[("comment", "A better word."), ("version", "0"), ("save", "1")];
const STALE_MESSAGE: &[(&str, &str)] = &[("comment", "A better word."), ("version", "7"), ("save", "1")];
const SUGGESTION: &[(&str, &str)] = &[("text", "The better plan."), ("version", "1"), ("save", "1")];
const IMPROVED: &[(&str, &str)] = &[("text", "The best plan."), ("version", "1"), ("edits", "0"), ("save", "1")];
const TAKE: &[(&str, &str)] = &[("version", "2"), ("edits", "0"), ("hunk", "0")];
const STALE_TAKE: &[(&str, &str)] = &[("version", "9"), ("edits", "0"), ("hunk", "0")];
const PREVIEW: Fields =
    &[("text", "See [[Plan]] and [[Secret/Plan]] and [[Include(Secret/Plan)]] and [[TitleIndex]].")];
const EDIT: Fields = &[("action", "edit"), ("text", "The third plan."), ("version", "2"), ("save", "1")];
const NEW: Fields = &[("action", "edit"), ("text", "A new page."), ("version", "0"), ("save", "1")];
const CLASH: Fields = &[("action", "edit"), ("text", "Another plan."), ("version", "1"), ("save", "1")];
const RENAME: Fields = &[("action", "rename"), ("new_name", "Renamed"), ("redirect", "1"), ("version", "2")];
const RENAME_SECRET: Fields = &[("action", "rename"), ("new_name", "Renamed"), ("version", "1")];
const RENAME_TO_TAKEN: Fields = &[("action", "rename"), ("new_name", "WikiStart"), ("version", "2")];
const RENAME_TO_SECRET: Fields = &[("action", "rename"), ("new_name", "Secret/Plan"), ("version", "2")];
const RENAME_INTO_SECRET: Fields = &[("action", "rename"), ("new_name", "Secret/Moved"), ("version", "2")];
const COMMENT: Fields = &[("comment", "Like #2, and unlike #999."), ("view_time", "1"), ("submit", "1")];
const RELATE: Fields =
    &[("field_depends_on", "1"), ("field_parent", "1"), ("field_refers_to", ""), ("view_time", "1"), ("submit", "1")];
const RELATE_TO_HIDDEN: Fields = &[("field_depends_on", "2, 3"), ("view_time", "1"), ("submit", "1")];
const RELATE_AS_THEN: Fields =
    &[("field_depends_on", ""), ("field_parent", ""), ("field_refers_to", "1"), ("view_time", "0"), ("submit", "1")];
const NOTE: Fields =
    &[("comment", "Like #2, note:1 and note:9."), ("internal", "1"), ("view_time", "1"), ("submit", "1")];
const REPLY_TO_NOTE: Fields = &[("comment", "Like that."), ("replyto", "note:1"), ("view_time", "1"), ("submit", "1")];
const INTO_SECRET: Fields = &[("field_component", "Secret"), ("view_time", "1"), ("submit", "1")];
const FILE_IN_SECRET: Fields = &[("field_summary", "Another matter"), ("field_component", "Secret"), ("submit", "1")];
const RESOLVE: Fields = &[("action", "resolve"), ("view_time", "1"), ("submit", "1")];
const REOPEN: Fields = &[("action", "reopen"), ("view_time", "1"), ("submit", "1")];
const PREVIEW_COMMENT: Fields = &[
    ("comment", "Like #2, comment:1:ticket:2 and #999."),
    ("field_priority", "minor"),
    ("view_time", "0"),
    ("preview", "1"),
];
const TIME: Fields = &[("time", "1h"), ("time_day", "2026-01-05")];
const REMIND: Fields = &[("due", "2999-12-24"), ("text", "Ask again")];
const FILE: Fields = &[("field_summary", "Another matter"), ("field_description", "Like #2."), ("submit", "1")];
const PREVIEW_FILE: Fields =
    &[("field_summary", "Another matter"), ("field_description", "Like #2 and #999."), ("preview", "1")];
const COMMENT_VERSION: Fields = &[("action", "comment"), ("version", "1"), ("comment", "Better said.")];
const REMOVE: Fields = &[("action", "remove"), ("first", "1"), ("last", "1"), ("seen", "2")];
const DELETE: Fields = &[("action", "delete"), ("version", "2"), ("comment", "")];
const DELETE_SECRET: Fields = &[("action", "delete"), ("version", "1"), ("comment", "")];
