//! How large the three projects are.

/// How much of everything a project has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub name: &'static str,
    pub tickets: u64,
    pub pages: u64,
    pub commits: u64,
}

/// Comments of each ticket.
pub const COMMENTS: u64 = 5;
/// Links of each page.
pub const LINKS: usize = 20;

pub const SIZES: [Size; 3] = [
    Size { name: "S", tickets: 1_000, pages: 200, commits: 500 },
    Size { name: "M", tickets: 20_000, pages: 2_000, commits: 10_000 },
    Size { name: "L", tickets: 100_000, pages: 10_000, commits: 10_000 },
];

pub fn named(name: &str) -> Option<Size> {
    SIZES.into_iter().find(|size| size.name == name)
}

/// Milestones that are still open; as many as the roadmap of the bound has.
pub const OPEN_MILESTONES: u64 = 10;
/// Milestones that are done.
pub const DONE_MILESTONES: u64 = 5;
pub const COMPONENTS: [&str; 12] = [
    "server", "client", "editor", "storage", "search", "import", "export", "network", "printing", "manual", "build",
    "translation",
];
pub const VERSIONS: [&str; 6] = ["0.7", "0.8", "0.9", "1.0", "1.1", "1.2"];

/// Who works on the project: login and name.
pub const PEOPLE: [(&str, &str); 20] = [
    ("amara", "Amara Okafor"),
    ("bjorn", "Björn Lindqvist"),
    ("chen", "Chen Wei"),
    ("dora", "Dora Almeida"),
    ("emil", "Emil Novák"),
    ("fatima", "Fatima Zahra"),
    ("goran", "Goran Petrović"),
    ("hana", "Hana Suzuki"),
    ("ivo", "Ivo Marini"),
    ("jonas", "Jonas Weber"),
    ("kim", "Kim Park"),
    ("lena", "Lena Fischer"),
    ("mateo", "Mateo García"),
    ("nadia", "Nadia Rahman"),
    ("oskar", "Oskar Berg"),
    ("priya", "Priya Nair"),
    ("quentin", "Quentin Leroy"),
    ("rosa", "Rosa Silva"),
    ("samir", "Samir Haddad"),
    ("tove", "Tove Hansen"),
];

pub fn milestone(number: u64) -> String {
    if number < DONE_MILESTONES { format!("0.{}", 5 + number) } else { format!("1.{}", number - DONE_MILESTONES) }
}
