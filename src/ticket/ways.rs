//! The ways between the views of the same tickets: list, board and chart of a query or a milestone; roadmap, calendar and charts of a project.

use serde::Serialize;

use super::TICKET_VIEW;
use super::asked::exactly;
use crate::base::component::Components;
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::web::address::query_value;

/// The entry of a row of tabs: the `Way` of `query/_ways.html`.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    pub label: &'static str,
    pub href: String,
    pub current: bool,
}

/// The views of a query, which is given in its address form; `root` is what stands before addresses of the project.
pub fn of_query(root: &str, address: &str, current: &str) -> Vec<Way> {
    let and = if address.is_empty() { "" } else { "&" };
    let all = if address.is_empty() { "order=priority" } else { address };
    vec![
        Way { label: "List", href: format!("{root}/query?{all}"), current: current == "List" },
        Way { label: "Board", href: format!("{root}/board?{all}"), current: current == "Board" },
        Way { label: "Chart", href: format!("{root}/chart?chart=opened{and}{address}"), current: current == "Chart" },
    ]
}

/// The views of one milestone, which is `month` due (`2026-11`; none: it has no date).
pub fn of_milestone(root: &str, name: &str, month: Option<&str>) -> Vec<Way> {
    let asks = format!("milestone={}", query_value(&exactly(name)));
    let month = month.map(|month| format!("month={month}&")).unwrap_or_default();
    [
        ("List", format!("query?{asks}")),
        ("Board", format!("board?{asks}")),
        ("Charts", format!("chart?chart=burndown&{asks}")),
        ("Calendar", format!("calendar?{month}{asks}")),
    ]
    .map(|(label, path)| Way { label, href: format!("{root}/{path}"), current: false })
    .into()
}

/// The views of what is planned, as far as this viewer may see them.
pub fn of_plan(components: Components, viewer: &Viewer, root: &str, current: &str) -> Vec<Way> {
    let mut places = components.iter().flat_map(|component| component.places());
    let roadmap = places.any(|place| place.path == "/roadmap" && place.any_of.iter().any(|right| viewer.may(*right)));
    let tickets = viewer.may(TICKET_VIEW);
    [
        ("Roadmap", "/roadmap", roadmap),
        ("Calendar", "/calendar", tickets || viewer.may(MILESTONE_VIEW)),
        ("Charts", "/chart", tickets),
    ]
    .into_iter()
    .filter(|(_, _, shown)| *shown)
    .map(|(label, path, _)| Way { label, href: format!("{root}{path}"), current: current == label })
    .collect()
}
