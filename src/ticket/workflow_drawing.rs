//! A workflow as a picture and as a table: for the page on which it is written, and for texts (row W22).

use std::fmt::Write as _;

use super::workflow::graph::{self, Graph, Line, Node, NodeKind};
use super::workflow::{Action, Category, Workflow};
use crate::base::markup::Html;

const ARROW: f64 = 8.0;
const LINE: f64 = 15.0;

/// The picture in a frame of its own that scrolls; nothing if it would be too large.
pub fn picture(workflow: &Workflow, label: &str) -> Html {
    let mut html = Html::default();
    let Some(graph) = graph::layout(workflow) else { return html };
    html.tag("<div class=\"flow-wrap\" tabindex=\"0\" role=\"region\"").attribute("aria-label", label).tag(">");
    html.tag("<svg class=\"flow\" role=\"img\" focusable=\"false\"")
        .attribute("viewBox", &format!("0 0 {:.0} {:.0}", graph.width.ceil(), graph.height.ceil()))
        .attribute("width", &format!("{:.0}", graph.width.ceil()))
        .attribute("height", &format!("{:.0}", graph.height.ceil()))
        .tag("><title>")
        .text(label)
        .tag("</title><desc>")
        .text(&in_words(workflow))
        .tag("</desc>");
    draw(&mut html, &graph);
    html.tag("</svg></div>");
    html
}

/// Every action in a row.
pub fn table(workflow: &Workflow) -> Html {
    let mut html = Html::default();
    html.tag("<div class=\"table-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Actions\"><table class=\"list\">")
        .tag("<thead><tr><th scope=\"col\">Action</th><th scope=\"col\">From</th><th scope=\"col\">To</th>")
        .tag("<th scope=\"col\">Who</th></tr></thead><tbody>");
    for action in workflow.actions() {
        html.tag("<tr><td>").text(&action.label);
        if action.label != action.name {
            html.tag(" <span class=\"muted\">").text(&action.name).tag("</span>");
        }
        html.tag("</td><td>").text(&from(action)).tag("</td><td>");
        html.text(action.to.as_deref().unwrap_or("the same")).tag("</td><td>").text(&who(action)).tag("</td></tr>");
    }
    html.tag("</tbody></table></div>");
    html
}

fn from(action: &Action) -> String {
    let mut from = action.from.clone();
    if action.creates {
        from.insert(0, "a new ticket".to_owned());
    }
    if action.is_reset() && from.is_empty() {
        from.push("a state not defined any more".to_owned());
    }
    if from.is_empty() { "every state".to_owned() } else { from.join(", ") }
}

/// Who may do it, and what it asks of the ticket.
fn who(action: &Action) -> String {
    let mut who = match action.permissions.as_slice() {
        [] => "everybody".to_owned(),
        any => any.join(" or "),
    };
    let mut more = |condition: &str| {
        let _ = write!(who, "; {condition}");
    };
    if !action.if_owner.is_empty() {
        let owners: Vec<&str> = action.if_owner.iter().map(|ownership| ownership.name()).collect();
        more(&format!("if the owner is {}", owners.join(" or ")));
    }
    if !action.require.is_empty() {
        more(&format!("with {}", action.require.join(", ")));
    }
    if action.require_closed_dependencies {
        more("once all it depends on is closed");
    }
    who
}

fn in_words(workflow: &Workflow) -> String {
    let mut sentences = Vec::new();
    for state in workflow.states() {
        let away = workflow.actions().iter().filter(|action| action.from.contains(&state.name));
        let ways: Vec<String> =
            away.filter_map(|action| action.to.as_ref().map(|to| format!("{} to {to}", action.label))).collect();
        let ways = if ways.is_empty() { String::new() } else { format!(": {}", ways.join(", ")) };
        sentences.push(format!("{} ({}){ways}.", state.name, state.category.name()));
    }
    sentences.join(" ")
}

fn draw(html: &mut Html, graph: &Graph) {
    for line in &graph.lines {
        curve(html, line);
    }
    for node in &graph.nodes {
        shape(html, node);
    }
    for line in &graph.lines {
        let (x, y) = line.label_at;
        words(html, "flow-label", x, y - 5.0, &line.label);
    }
}

fn curve(html: &mut Html, line: &Line) {
    let (Some(first), Some(last)) = (line.points.first(), line.points.last()) else { return };
    // The line ends where the arrow begins.
    let mut points = line.points.clone();
    let end = if line.back { 0 } else { points.len() - 1 };
    points[end].0 += if line.back { ARROW - 1.0 } else { 1.0 - ARROW };
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if (y0 - y1).abs() < 0.05 {
            let _ = write!(path, "H{x1:.1}");
        } else {
            let middle = f64::midpoint(x0, x1);
            let _ = write!(path, "C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}");
        }
    }
    let (tip, back) = if line.back { (first, ARROW) } else { (last, -ARROW) };
    html.tag(if line.back { "<path class=\"flow-line flow-back\"" } else { "<path class=\"flow-line\"" });
    html.attribute("d", &path).tag("/>");
    arrow(html, *tip, (back, 0.0));
}

/// A filled head with its tip there; the rest lies in the other direction.
fn arrow(html: &mut Html, (x, y): (f64, f64), (dx, dy): (f64, f64)) {
    let (sx, sy) = (-dy / 2.0, dx / 2.0);
    let head = format!("M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}Z", x + dx + sx, y + dy + sy, x + dx - sx, y + dy - sy);
    html.tag("<path class=\"flow-head\"").attribute("d", &head).tag("/>");
}

fn shape(html: &mut Html, node: &Node) {
    let (left, top) = (node.x - node.width / 2.0, node.y - node.height / 2.0);
    let number = |value: f64| format!("{value:.1}");
    let frame = |html: &mut Html, class: &'static str, inset: f64, round: &str| {
        html.tag("<rect")
            .attribute("class", class)
            .attribute("x", &number(left + inset))
            .attribute("y", &number(top + inset))
            .attribute("width", &number(node.width - 2.0 * inset))
            .attribute("height", &number(node.height - 2.0 * inset))
            .attribute("rx", round)
            .tag("/>");
    };
    match node.kind {
        NodeKind::Start => {
            html.tag("<circle class=\"flow-start\"")
                .attribute("cx", &number(node.x))
                .attribute("cy", &number(node.y))
                .attribute("r", "6")
                .tag("/>");
        }
        NodeKind::Any => frame(html, "flow-state flow-any", 0.0, "17"),
        NodeKind::State(Category::Open) => frame(html, "flow-state flow-open", 0.0, "6"),
        NodeKind::State(Category::Waiting) => {
            let (right, bottom, cut) = (left + node.width, top + node.height, 10.0);
            let path = format!(
                "M{:.1} {top:.1}H{:.1}L{right:.1} {:.1}V{:.1}L{:.1} {bottom:.1}H{:.1}L{left:.1} {:.1}V{:.1}Z",
                left + cut,
                right - cut,
                top + cut,
                bottom - cut,
                right - cut,
                left + cut,
                bottom - cut,
                top + cut
            );
            html.tag("<path class=\"flow-state flow-waiting\"").attribute("d", &path).tag("/>");
        }
        NodeKind::State(Category::Closed) => {
            frame(html, "flow-state flow-closed", 0.0, "2");
            frame(html, "flow-inner", 3.5, "1");
        }
    }
    if !node.words.is_empty() {
        words(html, "flow-name", node.x, node.y + 4.5, std::slice::from_ref(&node.words));
    }
    if !node.loops.is_empty() {
        let (from, to) = (node.x - 11.0, node.x + 11.0);
        let path = format!(
            "M{from:.1} {top:.1}C{:.1} {:.1} {:.1} {:.1} {to:.1} {:.1}",
            from - 4.0,
            top - 20.0,
            to + 4.0,
            top - 20.0,
            top - ARROW + 1.0
        );
        html.tag("<path class=\"flow-line\"").attribute("d", &path).tag("/>");
        arrow(html, (to, top), (0.0, -ARROW));
        words(html, "flow-label", node.x, top - 20.0, &node.loops);
    }
}

/// Lines of text around one middle, the last one with its foot at `y`.
fn words(html: &mut Html, class: &'static str, x: f64, y: f64, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        let foot = y - LINE * (lines.len() - 1 - at) as f64;
        html.tag("<text")
            .attribute("class", class)
            .attribute("x", &format!("{x:.1}"))
            .attribute("y", &format!("{foot:.1}"))
            .tag(">")
            .text(line)
            .tag("</text>");
    }
}
