//! `trackway serve`: the site over HTTP, and the one thread that runs the followers.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use rocket::tokio::runtime::Builder;
use tempfile::TempDir;

use super::output::print;
use super::{Shell, upkeep};
use crate::account::mail;
use crate::admin::create::{self, NewProject};
use crate::app::{self, COMPONENTS};
use crate::auth::{accounts, links};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::settings;
use crate::base::site::{self, Site, URL};
use crate::code::{repository, watch};
use crate::demo::{self, Character, Role};
use crate::upkeep::backup::schedule;
use crate::web;
use crate::web::address::{SERVED_AT, SiteAddress};

/// Threads that are left to wait for the network when as many pages are being made as may be.
const THREADS_LEFT: usize = 2;

#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    listen: String,
    /// The address under which readers reach the site; kept for the next start
    #[arg(long)]
    url: Option<String>,
    /// The path below which everything lives, where a proxy hands on only that; kept with the address
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
    /// On an empty folder: everybody may read the first project, everybody signed in may write
    #[arg(long)]
    public: bool,
    /// On an empty folder: connect no git repository
    #[arg(long)]
    no_repo: bool,
    /// Serve a demonstration: a semester of pages, tickets, milestones and commits. It lies in a temporary folder that is
    /// removed at the end; with --data, in that folder, which must be empty and is kept
    #[arg(long, conflicts_with_all = ["public", "no_repo"])]
    demo: bool,
}

pub fn run(shell: &Shell, serve: &Serve) -> Result<()> {
    shell.refuse_as("serve")?;
    let listen = free_port(&serve.listen)?;
    if serve.demo {
        return demonstrate(shell, serve, listen);
    }
    let fresh = !Site::exists(&shell.data);
    let site = if fresh { first_start(shell, serve)? } else { open(shell)? };
    serve_site(site, serve, listen)
}

/// Fills a folder with the demonstration and serves it. One that nobody named is gone at the end.
fn demonstrate(shell: &Shell, serve: &Serve, listen: SocketAddr) -> Result<()> {
    let temporary = match shell.data_given {
        false => Some(tempfile::Builder::new().prefix("trackway-demo-").tempdir()?),
        true => None,
    };
    let folder = temporary.as_ref().map_or(shell.data.as_path(), TempDir::path);
    if temporary.is_none() && std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::conflict(format!(
            "{} is not empty, and a demonstration begins with nothing; one that is there is served without --demo",
            folder.display()
        )));
    }
    let made = demo::make(folder)?;
    let stays = if temporary.is_some() { "removed when the server stops" } else { "kept" };
    print(&format!("Made a demonstration, the project `{}`, in {} ({stays})\n", made.project, folder.display()))?;
    let people: Vec<String> = made.people.iter().filter_map(introduced).collect();
    print(&format!("Sign in as {}; the password of all of them is {}\n", people.join(", "), made.password))?;
    serve_site(made.site, serve, listen)
}

fn introduced(person: &Character) -> Option<String> {
    match person.role {
        Role::Administrator => Some(format!("{} (the administrator)", person.login)),
        Role::Lead => Some(format!("{} (who leads the project)", person.login)),
        Role::Member => Some(person.login.clone()),
        Role::Outside => None,
    }
}

fn serve_site(site: Site, serve: &Serve, listen: SocketAddr) -> Result<()> {
    let site = Arc::new(site);
    if let Some(kind) = site::network_file_system(site.dir()) {
        log::warn!("the data folder lies on a network file system ({kind}), whose locks SQLite can't trust");
    }
    let address = address_of(&site, serve, listen)?;
    announce(&site, &address)?;
    let stopping = Arc::new(AtomicBool::new(false));
    let followers = {
        let (site, stopping) = (Arc::clone(&site), Arc::clone(&stopping));
        std::thread::spawn(move || site.run_followers(&|| stopping.load(Ordering::SeqCst)))
    };
    let watcher = {
        let (site, stopping) = (Arc::clone(&site), Arc::clone(&stopping));
        std::thread::spawn(move || watch::run(&site, &stopping))
    };
    let postman = {
        let (site, stopping) = (Arc::clone(&site), Arc::clone(&stopping));
        std::thread::spawn(move || mail::run(&site, &stopping))
    };
    {
        // Nobody waits for it at the end: a backup that is not whole never gets its name.
        let (site, stopping) = (Arc::clone(&site), Arc::clone(&stopping));
        std::thread::spawn(move || schedule::run(&site, &stopping));
    }
    let rocket = app::rocket(Arc::clone(&site), address, (listen.ip(), listen.port()))?;
    // Pages are made on these threads, see `web::lookout`.
    let threads = web::pages_at_once() + THREADS_LEFT;
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let outcome = runtime.block_on(rocket.launch());
    stopping.store(true, Ordering::SeqCst);
    site.jobs().stop();
    let _ = followers.join();
    let _ = watcher.join();
    let _ = postman.join();
    outcome.map(|_| ()).map_err(|error| {
        let why = format!("{:?}", error.kind());
        Error::told(format!("the server could not start on {listen}"), why)
    })
}

fn free_port(listen: &str) -> Result<SocketAddr> {
    let parsed =
        listen.parse::<SocketAddr>().or_else(|_| listen.replace("localhost", "127.0.0.1").parse()).map_err(|_| {
            Error::invalid("--listen", format!("`{listen}` is no address with a port, such as 127.0.0.1:8000."))
        })?;
    let bound = TcpListener::bind(parsed)
        .map_err(|error| Error::invalid("--listen", format!("{parsed} can't be listened on: {error}.")))?;
    Ok(bound.local_addr()?)
}

/// An older folder is upgraded first, if nobody else is using it.
fn open(shell: &Shell) -> Result<Site> {
    if site::outdated(&shell.data)? {
        let upgraded = site::upgrade(&shell.data)?;
        for copy in upgraded.copies {
            print(&format!("Upgraded; the state before is in {}\n", copy.display()))?;
        }
        // The other projects are served all the same.
        for failure in upgraded.failed {
            log::error!("not upgraded: {failure}");
        }
    }
    let site = shell.site()?;
    upkeep::refresh_manuals(&site);
    Ok(site)
}

/// An empty folder becomes a site with one project, filled with the manual and tied to the repository around.
fn first_start(shell: &Shell, serve: &Serve) -> Result<Site> {
    let site = Site::create(&shell.data, COMPONENTS)?;
    let around = if serve.no_repo { None } else { repository::discover(&std::env::current_dir()?) };
    let title = around.as_deref().map(repository::name_of).unwrap_or_else(|| "Main".to_owned());
    let new = NewProject {
        name: "main",
        title: &title,
        public: serve.public,
        repository: around.as_deref(),
        ..NewProject::default()
    };
    create::project(&site, None, Via::Command, &new)?;
    print(&format!("Made a new site in {}\n", shell.data.display()))?;
    if let Some(directory) = around {
        print(&format!("Connected the repository {}\n", directory.display()))?;
    }
    Ok(site)
}

/// `--url` and `--base-path` are kept; without them what was kept, else where we listen.
fn address_of(site: &Site, serve: &Serve, listen: SocketAddr) -> Result<SiteAddress> {
    let kept = site.read(|db| settings::get(db, URL.name))?;
    if serve.url.is_none() && serve.base_path.is_none() {
        return match kept {
            Some(url) => SiteAddress::parse(&url),
            None => {
                let url = format!("http://{listen}");
                site.db().write(|db| settings::set(db, SERVED_AT, &url))?;
                SiteAddress::parse(&url)
            }
        };
    }
    let url = serve.url.clone().or(kept).unwrap_or_else(|| format!("http://{listen}"));
    let mut address = SiteAddress::parse(&url)?;
    if let Some(path) = &serve.base_path {
        address = SiteAddress::parse(&format!("{}/{}", address.origin, path.trim_matches('/')))?;
    }
    let whole = format!("{}{}", address.origin, address.base);
    site.db().write(|db| URL.save(db, &whole))?;
    Ok(address)
}

fn announce(site: &Site, address: &SiteAddress) -> Result<()> {
    print(&format!("Trackway is at {}/\n", address.absolute(&address.base)))?;
    if !site.read(accounts::has_administrator)? {
        let token = site.write(None, Via::System, |db, record| links::create(db, record, None))?;
        print(&format!(
            "Choose the administrator's name and password here (works once):\n  {}\n",
            address.absolute(&format!("{}/-/link/{token}", address.base))
        ))?;
    }
    Ok(())
}
