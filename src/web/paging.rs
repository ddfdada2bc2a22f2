//! Lists in pages: all of their state is in the address.

use serde::Serialize;

use super::address;

#[derive(Debug, Clone, Serialize)]
pub struct Paging {
    pub page: usize,
    pub pages: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// 0: nobody has counted them.
    pub total: usize,
}

impl Paging {
    /// `pairs` are those of the query; the page number among them is replaced in the links.
    pub fn new(path: &str, pairs: &[(String, String)], page: usize, size: usize, total: usize) -> Self {
        let pages = total.div_ceil(size.max(1)).max(1);
        let page = page.clamp(1, pages);
        let link = |number: usize| with_value(path, pairs, "page", &number.to_string());
        Self {
            page,
            pages,
            previous: (page > 1).then(|| link(page - 1)),
            next: (page < pages).then(|| link(page + 1)),
            total,
        }
    }

    /// How many rows come before this page.
    pub fn offset(&self, size: usize) -> usize {
        (self.page - 1) * size
    }
}

/// The page asked for; anything odd is the first.
pub fn asked(value: Option<String>) -> usize {
    value.and_then(|value| value.parse().ok()).filter(|page| (1..=1_000_000).contains(page)).unwrap_or(1)
}

/// The address with one value of its query replaced (an empty one is left out).
pub fn with_value(path: &str, pairs: &[(String, String)], name: &str, value: &str) -> String {
    let mut query: Vec<String> = pairs
        .iter()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| format!("{}={}", address::query_value(key), address::query_value(value)))
        .collect();
    if !value.is_empty() {
        query.push(format!("{name}={}", address::query_value(value)));
    }
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}
