//! What is counted of requests: how many of which group ended how, and how long they took. For `/-/metrics`, and for the line
//! that the log may have of each request. Nothing of it tells who asked for what.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rocket::Request;
use rocket::fairing::AdHoc;

use super::Web;

/// The target of the log's lines of requests.
pub const REQUESTS: &str = "trackway::request";

/// The ends of the steps in which times are counted, in milliseconds.
const STEPS: [f64; 12] = [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0];

#[derive(Default)]
pub struct Metrics {
    counted: Mutex<BTreeMap<&'static str, Counted>>,
}

#[derive(Default)]
struct Counted {
    by_status: BTreeMap<u16, u64>,
    /// How many took no longer than each step, not counting those of the steps before; the last: longer than all.
    steps: [u64; STEPS.len() + 1],
    seconds: f64,
}

/// What an address is counted under, by the route that answers it: a closed set, so that nobody makes it grow.
const GROUPS: &[&str] = &[
    "account", "admin", "attachment", "browser", "changeset", "diff", "export", "health", "home", "live", "link",
    "log", "login", "logo", "logout", "look.css", "metrics", "milestone", "newticket", "prefs", "projects", "query",
    "raw-attachment", "report", "roadmap", "search", "static", "ticket", "timeline", "watched", "wiki",
    "zip-attachment",
];

fn group_of(request: &Request<'_>, base: &str) -> &'static str {
    let Some(route) = request.route() else { return "none" };
    let path = route.uri.path();
    let path = path.strip_prefix(base).unwrap_or(path);
    let mut parts = path.trim_start_matches('/').split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = if first == "-" || first.starts_with('<') { second } else { first };
    let name = if name.is_empty() { "home" } else { name };
    GROUPS.iter().find(|group| **group == name).copied().unwrap_or("other")
}

impl Metrics {
    fn count(&self, group: &'static str, status: u16, seconds: f64) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = counted.entry(group).or_default();
        *entry.by_status.entry(status).or_default() += 1;
        let step = STEPS.iter().position(|step| seconds * 1000.0 <= *step).unwrap_or(STEPS.len());
        entry.steps[step] += 1;
        entry.seconds += seconds;
    }

    /// In the text format of Prometheus.
    pub fn write(&self, text: &mut String) {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str("# HELP trackway_requests_total Requests by group of routes and status.\n");
        text.push_str("# TYPE trackway_requests_total counter\n");
        for (group, counted) in counted.iter() {
            for (status, count) in &counted.by_status {
                let _ = writeln!(text, "trackway_requests_total{{group=\"{group}\",status=\"{status}\"}} {count}");
            }
        }
        text.push_str("# HELP trackway_request_seconds How long requests took until their answer began.\n");
        text.push_str("# TYPE trackway_request_seconds histogram\n");
        for (group, counted) in counted.iter() {
            let mut sum = 0;
            for (step, count) in STEPS.iter().zip(counted.steps) {
                sum += count;
                let le = step / 1000.0;
                let _ = writeln!(text, "trackway_request_seconds_bucket{{group=\"{group}\",le=\"{le}\"}} {sum}");
            }
            sum += counted.steps[STEPS.len()];
            let _ = writeln!(text, "trackway_request_seconds_bucket{{group=\"{group}\",le=\"+Inf\"}} {sum}");
            let _ = writeln!(text, "trackway_request_seconds_sum{{group=\"{group}\"}} {}", counted.seconds);
            let _ = writeln!(text, "trackway_request_seconds_count{{group=\"{group}\"}} {sum}");
        }
    }
}

/// When a request came in.
struct Begun(Instant);

pub fn begin() -> AdHoc {
    AdHoc::on_request("clock", |request, _| {
        Box::pin(async move {
            request.local_cache(|| Begun(Instant::now()));
        })
    })
}

pub fn end() -> AdHoc {
    AdHoc::on_response("metrics", |request, response| {
        Box::pin(async move {
            let Some(web) = request.rocket().state::<Arc<Web>>() else { return };
            let seconds = request.local_cache(|| Begun(Instant::now())).0.elapsed().as_secs_f64();
            let status = response.status().code;
            web.metrics.count(group_of(request, &web.address.base), status, seconds);
            let from = request.client_ip().map(|address| address.to_string()).unwrap_or_default();
            // Without the query, in which people write what they look for.
            let path = request.uri().path();
            log::info!(target: REQUESTS, "{} {path} {status} {:.1} ms {from}", request.method(), seconds * 1000.0);
        })
    })
}
