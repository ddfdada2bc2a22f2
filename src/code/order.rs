//! In which order folders and lists of repositories stand (rows V04, V05): by what, and which way round.

use std::cmp::Ordering;

use serde::Serialize;

use crate::base::text::fold;
use crate::base::time::Instant;
use crate::web::Visit;
use crate::web::paging::with_value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Name,
    Size,
    Date,
    Author,
}

impl By {
    const ALL: [Self; 4] = [Self::Name, Self::Size, Self::Date, Self::Author];

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Date => "date",
            Self::Author => "author",
        }
    }

    /// The largest and the newest are asked for more often than the smallest and the oldest.
    fn begins_with_the_last(self) -> bool {
        matches!(self, Self::Size | Self::Date)
    }
}

/// What an address asks for. `order=date&desc=1`; a page with two lists has a word before the names of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    pub descends: bool,
}

/// Names of the two values in an address.
pub type Names = (&'static str, &'static str);
pub const OF_FOLDER: Names = ("order", "desc");
pub const OF_REPOSITORIES: Names = ("repositories_order", "repositories_desc");

/// The head of a column as a link to the list in its order.
#[derive(Debug, Serialize)]
pub struct ColumnHead {
    href: String,
    /// As `aria-sort` has it; empty: the list is in another order.
    sorted: &'static str,
}

/// The heads of all columns that can be asked for.
#[derive(Debug, Serialize)]
pub struct Heads {
    name: ColumnHead,
    size: ColumnHead,
    date: ColumnHead,
    author: ColumnHead,
}

/// What a list can be put in order by.
pub struct Sorted<'a> {
    pub name: &'a str,
    pub size: Option<u64>,
    pub date: Option<Instant>,
    pub author: &'a str,
}

impl Heads {
    /// The list stands in none of these orders.
    pub fn unsorted(mut self) -> Self {
        for head in [&mut self.name, &mut self.size, &mut self.date, &mut self.author] {
            head.sorted = "";
        }
        self
    }
}

impl Order {
    /// Whatever is no order is that of names.
    pub fn asked(visit: &Visit, names: Names) -> Self {
        let value = visit.value(names.0).unwrap_or_default();
        let by = By::ALL.into_iter().find(|by| by.name() == value).unwrap_or(By::Name);
        Self { by, descends: visit.value(names.1).is_some_and(|value| !matches!(value.as_str(), "" | "0")) }
    }

    /// What is not known stands last, either way round.
    pub fn compare(self, one: &Sorted<'_>, other: &Sorted<'_>) -> Ordering {
        fn known<T: Ord>(one: Option<T>, other: Option<T>, descends: bool) -> Ordering {
            match (one, other) {
                (Some(one), Some(other)) if descends => other.cmp(&one),
                (Some(one), Some(other)) => one.cmp(&other),
                (one, other) => other.is_some().cmp(&one.is_some()),
            }
        }
        let named = |text: &str| Some(fold(text)).filter(|text| !text.is_empty());
        let order = match self.by {
            By::Name => known(named(one.name), named(other.name), self.descends),
            By::Size => known(one.size, other.size, self.descends),
            By::Date => known(one.date, other.date, self.descends),
            By::Author => known(named(one.author), named(other.author), self.descends),
        };
        order.then_with(|| one.name.cmp(other.name))
    }

    /// `pairs` are those of the query; pages are counted from the first again.
    pub fn heads(self, path: &str, pairs: &[(String, String)], names: Names) -> Heads {
        let kept: Vec<(String, String)> =
            pairs.iter().filter(|(name, _)| !["page", names.1].contains(&name.as_str())).cloned().collect();
        let head = |by: By| {
            let is_it = by == self.by;
            let descends = if is_it { !self.descends } else { by.begins_with_the_last() };
            let mut kept = kept.clone();
            if descends {
                kept.push((names.1.to_owned(), "1".to_owned()));
            }
            // By name, forwards, is how a folder stands anyway.
            let value = if by == By::Name && !descends && names == OF_FOLDER { "" } else { by.name() };
            ColumnHead {
                href: with_value(path, &kept, names.0, value),
                sorted: match (is_it, self.descends) {
                    (false, _) => "",
                    (true, false) => "ascending",
                    (true, true) => "descending",
                },
            }
        };
        Heads { name: head(By::Name), size: head(By::Size), date: head(By::Date), author: head(By::Author) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order(order: Order) -> Vec<&'static str> {
        let one = |name: &'static str, size, date: Option<i64>, author| Sorted {
            name,
            size,
            date: date.map(Instant),
            author,
        };
        let mut all = [
            one("b", Some(10), Some(2), "Kim"),
            one("A", None, Some(3), "ada"),
            one("c", Some(7), None, ""),
            one("d", Some(7), Some(1), "Bo"),
        ];
        all.sort_by(|one, other| order.compare(one, other));
        all.map(|one| one.name).to_vec()
    }

    #[test]
    fn lists_stand_in_the_order_asked_for_and_what_is_not_known_stands_last() {
        let order = |by, descends| Order { by, descends };
        assert_eq!(in_order(order(By::Name, false)), ["A", "b", "c", "d"]);
        assert_eq!(in_order(order(By::Name, true)), ["d", "c", "b", "A"]);
        assert_eq!(in_order(order(By::Size, false)), ["c", "d", "b", "A"]);
        assert_eq!(in_order(order(By::Size, true)), ["b", "c", "d", "A"]);
        assert_eq!(in_order(order(By::Date, true)), ["A", "b", "d", "c"]);
        assert_eq!(in_order(order(By::Author, false)), ["A", "d", "b", "c"]);
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let pairs = [("rev", "v1"), ("order", "date"), ("desc", "1"), ("page", "2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let heads = Order { by: By::Date, descends: true }.heads("/b", &pairs, OF_FOLDER);
        assert_eq!((heads.date.href.as_str(), heads.date.sorted), ("/b?rev=v1&order=date", "descending"));
        assert_eq!((heads.name.href.as_str(), heads.name.sorted), ("/b?rev=v1", ""));
        assert_eq!(heads.size.href, "/b?rev=v1&desc=1&order=size");
    }
}
