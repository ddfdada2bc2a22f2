//! The server in a process of its own, and what the system knows of that process.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;

/// Ticks of the clock in which Linux tells processor time.
const TICKS: f64 = 100.0;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// The program on a folder, without what the surroundings say.
pub fn trackway(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackway"));
    command.env_remove("TRACKWAY_DEV").env_remove("TRACKWAY_LOG").env("TRACKWAY_DATA", data).stdin(Stdio::null());
    command
}

/// Runs a command of the program to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    trackway(data).args(arguments).output().unwrap()
}

impl Server {
    /// Starts it and asks for that page until it is there. Also returns how long that took.
    pub fn start(data: &Path, page: &str) -> (Self, Duration) {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let begun = Instant::now();
        let child = trackway(data)
            .args(["serve", "--no-repo", "--listen", &address.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, address };
        while begun.elapsed() < Duration::from_secs(60) {
            if Client::connect(address, "")
                .and_then(|mut client| client.get(page))
                .is_ok_and(|reply| reply.status == 200)
            {
                return (server, begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the server does not answer");
    }

    /// Waits until nothing is done behind the pages: the index and the histories have caught up.
    pub fn wait_until_idle(&self) {
        for _ in 0..600 {
            let before = self.cpu();
            std::thread::sleep(Duration::from_millis(500));
            if self.cpu() - before < 0.02 {
                return;
            }
        }
    }

    /// Processor time of all its threads so far, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = self.proc("stat");
        // The name of the program, in brackets, could hold blanks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum();
        ticks / TICKS
    }

    /// Memory of its own, in MB (10^6 bytes): what is not a page of a file.
    pub fn own_memory(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
