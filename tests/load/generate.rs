//! Makes a project with everything in it, through the same functions that forms and commands use.
//!
//! Each change is a commit of its own, as in life. So that they need not wait for a disk, the folder is made in memory where
//! there is a file system for that, and then moved to its place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Clock;

use trackway::app::COMPONENTS;
use trackway::auth::{self, accounts, permissions};
use trackway::base::event::Via;
use trackway::base::project::{Act, Project};
use trackway::base::site::Site;
use trackway::base::time::Instant;
use trackway::base::viewer::{Credential, Viewer};
use trackway::ticket::edit as tickets;
use trackway::ticket::options_edit;
use trackway::ticket::plan::{ActionRequest, Request};
use trackway::wiki::edit::Save;
use trackway::wiki::name::PageName;
use trackway::{milestone, search, wiki};

use crate::repository;
use crate::size::{self, COMMENTS, COMPONENTS as PARTS, DONE_MILESTONES, OPEN_MILESTONES, PEOPLE, Size, VERSIONS};
use crate::texts::{self, Random};

/// Everything happens within three years that end here: 20 November 2026, 12:00 UTC.
pub const END: i64 = 1_795_176_000;
const YEARS: i64 = 3 * 365 * 86_400;
const IN_MEMORY: &str = "/dev/shm";
/// The folder of the site, and the repository beside it.
pub const DATA: &str = "data";
pub const REPOSITORY: &str = "repository.git";

/// One thing that somebody does.
#[derive(Debug, Clone, Copy)]
enum Deed {
    File(u64),
    Comment(u64, u64),
    SavePage(u64, u64),
}

pub fn run(size: Size, folder: &Path) {
    assert!(!folder.exists(), "{} is there already", folder.display());
    let begun = Clock::now();
    let memory =
        Path::new(IN_MEMORY).is_dir().then(|| PathBuf::from(format!("{IN_MEMORY}/load-{}", std::process::id())));
    let building = memory.clone().unwrap_or_else(|| folder.to_owned());
    std::fs::create_dir_all(&building).unwrap();
    repository::make(&size, &building.join(REPOSITORY));
    say(begun, "repository");
    fill(&size, &building.join(DATA), begun);
    if memory.is_some() {
        std::fs::create_dir_all(folder).unwrap();
        let moved = std::process::Command::new("cp").arg("-a").arg(building.join(".")).arg(folder).status().unwrap();
        assert!(moved.success());
        std::fs::remove_dir_all(&building).unwrap();
    }
    say(begun, "done");
}

fn say(begun: Clock, what: &str) {
    eprintln!("{:7.1} s  {what}", begun.elapsed().as_secs_f64());
}

fn fill(size: &Size, data: &Path, begun: Clock) {
    let site = Site::create(data, COMPONENTS).unwrap();
    let defined = COMPONENTS.permissions();
    let row = site
        .create_project("main", "A project of some size", None, Via::Command, |project| {
            project.db().write(|db| permissions::grant_defaults(db, &defined, true))
        })
        .unwrap();
    let project = site.project(&row).unwrap();
    // Otherwise each change would wake the process that runs them.
    assert!(project.hold_followers().unwrap());
    let operator = auth::operator(&site, None).unwrap();
    let operator = permissions::enter(&project, &row, &operator).unwrap().unwrap();
    let people: Vec<Arc<Viewer>> = PEOPLE
        .iter()
        .map(|(login, name)| {
            let email = format!("{login}@example.org");
            let new = accounts::NewAccount {
                login,
                display_name: name,
                email: &email,
                password: None,
                admin: *login == "amara",
            };
            let account = site.write(None, Via::Command, |db, record| accounts::create(db, record, &new)).unwrap();
            let principal = auth::principal(&site, &account, Credential::Session).unwrap();
            permissions::enter(&project, &row, &principal.into()).unwrap().unwrap()
        })
        .collect();
    let world = World { size, site: &site, project: &project, operator, people };
    world.choices();
    world.manual();
    let deeds = deeds(size);
    let count = deeds.len();
    let mut versions = HashMap::new();
    for (at, (seconds, deed)) in deeds.into_iter().enumerate() {
        world.act(Instant(seconds * 1_000_000), deed, &mut versions);
        if at % (count / 10) == count / 10 - 1 {
            say(begun, &format!("{} of {count} changes", at + 1));
        }
    }
    search::rebuild(&project, &world.operator).unwrap();
    assert!(project.catch_up().unwrap());
    say(begun, "search index");
}

/// What happens, in the order in which it happens.
fn deeds(size: &Size) -> Vec<(i64, Deed)> {
    let random = &mut Random::new(&[20]);
    let mut moments: Vec<i64> = (0..size.tickets).map(|_| END - random.below(YEARS as u64) as i64).collect();
    moments.sort_unstable();
    let mut deeds = Vec::new();
    for (at, filed) in moments.into_iter().enumerate() {
        let ticket = at as u64 + 1;
        deeds.push((filed, Deed::File(ticket)));
        let mut when = filed;
        for number in 1..=COMMENTS {
            // Minutes or weeks later, yet before the end.
            let longest = ((END - when) as u64 / 2).min(20 * 86_400);
            when += 1 + (longest as f64 * random.fraction().powi(4)) as i64;
            deeds.push((when, Deed::Comment(ticket, number)));
        }
    }
    for page in 0..size.pages {
        let mut when = END - YEARS + random.below(YEARS as u64 / 2) as i64;
        for version in 1..=1 + random.below(3) {
            deeds.push((when, Deed::SavePage(page, version)));
            when += 1 + random.below((END - when) as u64) as i64;
        }
    }
    deeds.sort_by_key(|(when, deed)| match deed {
        Deed::File(ticket) | Deed::Comment(ticket, _) => (*when, *ticket),
        Deed::SavePage(page, _) => (*when, *page),
    });
    deeds
}

struct World<'a> {
    size: &'a Size,
    site: &'a Site,
    project: &'a Project,
    operator: Arc<Viewer>,
    people: Vec<Arc<Viewer>>,
}

impl World<'_> {
    fn somebody(&self, random: &mut Random) -> &Viewer {
        // Few write much, many write little.
        let share = random.fraction().powi(2);
        &self.people[(share * self.people.len() as f64) as usize]
    }

    /// Milestones, components and versions.
    fn choices(&self) {
        let by = Act::new(&self.operator, Via::Import).at(Instant((END - YEARS) * 1_000_000));
        for number in 0..DONE_MILESTONES + OPEN_MILESTONES {
            let name = size::milestone(number);
            let done = number < DONE_MILESTONES;
            let due =
                if done { format!("2025-{:02}-15", 2 * number + 1) } else { format!("2027-{:02}-01", number - 4) };
            let wish = milestone::edit::Wish {
                name: Some(&name),
                due: Some(&due),
                completed: done.then_some(due.as_str()),
                description: Some(&texts::milestone_description(number)),
                ..milestone::edit::Wish::default()
            };
            milestone::edit::create(self.site, self.project, by, &wish).unwrap();
        }
        for (at, name) in PARTS.into_iter().enumerate() {
            let wish = options_edit::Wish { name: Some(name), owner: Some(PEOPLE[at].0), ..Default::default() };
            options_edit::create(self.site, self.project, by, "component", &wish).unwrap();
        }
        for name in VERSIONS {
            let wish = options_edit::Wish { name: Some(name), ..Default::default() };
            options_edit::create(self.site, self.project, by, "version", &wish).unwrap();
        }
    }

    /// The pages that every project begins with, and a long one.
    fn manual(&self) {
        let by = Act::new(&self.operator, Via::Import).at(Instant((END - YEARS) * 1_000_000));
        wiki::defaults::fill(self.site, self.project, by).unwrap();
        let (name, text) = (PageName::parse(texts::LONG_PAGE, "page").unwrap(), texts::long_page(self.size));
        let save = Save { name: &name, text: &text, comment: "", base: Some(0), strict: true };
        wiki::edit::save(self.site, self.project, by, &save).unwrap();
    }

    fn act(&self, at: Instant, deed: Deed, versions: &mut HashMap<u64, i64>) {
        match deed {
            Deed::File(ticket) => self.file(at, ticket),
            Deed::Comment(ticket, number) => self.comment(at, ticket, number),
            Deed::SavePage(page, version) => {
                let base = versions.entry(page).or_default();
                self.save_page(at, page, version, *base);
                *base += 1;
            }
        }
    }

    fn file(&self, at: Instant, ticket: u64) {
        let random = &mut Random::new(&[21, ticket]);
        let chosen = [
            ("summary", texts::summary(ticket)),
            ("description", texts::description(self.size, ticket)),
            ("type", random.pick(&["defect", "defect", "enhancement", "task"]).to_owned()),
            (
                "priority",
                random.pick(&["blocker", "critical", "major", "major", "major", "minor", "trivial"]).to_owned(),
            ),
            ("component", random.pick(&PARTS).to_owned()),
            ("version", random.pick(&VERSIONS).to_owned()),
            ("keywords", texts::keywords(ticket)),
            ("milestone", if random.percent(60) { self.open_milestone(random) } else { String::new() }),
            ("cc", if random.percent(20) { PEOPLE[random.below(20) as usize].0.to_owned() } else { String::new() }),
        ];
        let request = Request {
            set: chosen.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..Request::default()
        };
        let by = Act::new(self.somebody(random), Via::Import).at(at);
        let id = tickets::create(self.site, self.project, by, &request).unwrap();
        assert_eq!(id as u64, ticket);
    }

    fn open_milestone(&self, random: &mut Random) -> String {
        size::milestone(DONE_MILESTONES + random.below(OPEN_MILESTONES))
    }

    /// The first comment finds somebody for the ticket, the last one mostly closes it.
    fn comment(&self, at: Instant, ticket: u64, number: u64) {
        let random = &mut Random::new(&[22, ticket, number]);
        let mut request = Request { comment: texts::comment(self.size, ticket, number), ..Request::default() };
        match number {
            1 => {
                let owner = Some(PEOPLE[random.below(20) as usize].0.to_owned());
                request.action = Some(ActionRequest { name: "reassign".to_owned(), owner, ..ActionRequest::default() });
            }
            2 if random.percent(30) => {
                request.set.push(("priority".to_owned(), random.pick(&["critical", "major", "minor"]).to_owned()));
                request.set.push(("milestone".to_owned(), self.open_milestone(random)));
            }
            COMMENTS if random.percent(75) => {
                let resolution =
                    random.pick(&["fixed", "fixed", "fixed", "invalid", "wontfix", "duplicate"]).to_owned();
                request.action = Some(ActionRequest {
                    name: "resolve".to_owned(),
                    resolution: Some(resolution),
                    ..ActionRequest::default()
                });
            }
            _ => {}
        }
        let by = Act::new(self.somebody(random), Via::Import).at(at);
        tickets::change(self.site, self.project, by, ticket as i64, &request).unwrap();
    }

    fn save_page(&self, at: Instant, page: u64, version: u64, base: i64) {
        let random = &mut Random::new(&[23, page, version]);
        let name = PageName::parse(&texts::page_name(page), "page").unwrap();
        let (text, comment) = (texts::page(self.size, page, version), texts::page_comment(page, version));
        let save = Save { name: &name, text: &text, comment: &comment, base: Some(base), strict: true };
        let by = Act::new(self.somebody(random), Via::Import).at(at);
        wiki::edit::save(self.site, self.project, by, &save).unwrap();
    }
}
