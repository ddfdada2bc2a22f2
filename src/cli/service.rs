//! `trackway service`: texts with which other programs run the server or stand before it, ready to be saved.

use clap::{Args, ValueEnum};

use super::output::print;
use super::{Shell, address};
use crate::base::error::{Error, Result};
use crate::base::site::Site;
use crate::web::address::SiteAddress;

/// Print a unit of systemd, a Dockerfile, or what a web server before this one needs
#[derive(Debug, Args)]
pub struct Service {
    #[arg(value_enum)]
    kind: Kind,
    /// Where readers reach the site, with the path below which it lies; else what the site says
    #[arg(long)]
    url: Option<String>,
    /// Where the server listens
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    listen: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Systemd,
    Docker,
    Nginx,
    Caddy,
    Apache,
}

pub fn run(shell: &Shell, asked: &Service) -> Result<()> {
    let address = match &asked.url {
        Some(url) => SiteAddress::parse(url)?,
        None if Site::exists(&shell.data) => address(&shell.site()?)?,
        None => SiteAddress::parse("https://tracker.example")?,
    };
    let data = std::path::absolute(&shell.data)?;
    let program = std::env::current_exe()?;
    let host = address.origin.split_once("://").map_or("", |(_, host)| host);
    let mut values = vec![
        ("@DATA@", data.display().to_string()),
        ("@PROGRAM@", program.display().to_string()),
        ("@URL@", format!("{}{}", address.origin, address.base)),
        ("@HOST@", host.to_owned()),
        ("@NAME@", host.split(':').next().unwrap_or_default().to_owned()),
        ("@BASE@", address.base.clone()),
        ("@PATH@", if address.base.is_empty() { "/".to_owned() } else { address.base.clone() }),
        ("@LISTEN@", asked.listen.clone()),
        ("@PORT@", asked.listen.rsplit(':').next().unwrap_or("8000").to_owned()),
        ("@VERSION@", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    // What would begin another line of such a file has no place in it.
    if let Some((_, bad)) = values.iter().find(|(_, value)| value.contains(['\n', '"', '\\', '%'])) {
        return Err(Error::invalid("--data", format!("`{bad}` can't stand in such a file.")));
    }
    let caddy_site = if address.secure { host.to_owned() } else { format!("http://{host}") };
    values.push(("@CADDY@", caddy_site));
    let text = match asked.kind {
        Kind::Systemd => include_str!("service/systemd.txt"),
        Kind::Docker => include_str!("service/docker.txt"),
        Kind::Nginx => include_str!("service/nginx.txt"),
        Kind::Caddy => include_str!("service/caddy.txt"),
        Kind::Apache => include_str!("service/apache.txt"),
    };
    print(&values.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value)))
}
