//! The real server in a process of its own, and requests over the wire.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::command;

pub struct Server {
    child: Child,
    said: Arc<Mutex<String>>,
}

/// What came over the wire.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Server {
    /// Starts `trackway serve` on a folder and waits until it answers.
    pub fn start(data: &Path, address: SocketAddr) -> Self {
        Self::start_with(data, address, &["--no-repo"])
    }

    /// The same with other options.
    pub fn start_with(data: &Path, address: SocketAddr, options: &[&str]) -> Self {
        let mut program = command::trackway(data);
        program.args(["serve", "--listen", &address.to_string()]).args(options).current_dir(data.parent().unwrap());
        Self::begin(program, address)
    }

    /// Waits until what a command has begun answers at that address.
    pub fn begin(mut program: Command, address: SocketAddr) -> Self {
        let program = program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().unwrap(), &said);
        keep(child.stderr.take().unwrap(), &said);
        let mut server = Self { child, said };
        let begun = Instant::now();
        while request(address, "GET", "/-/health", &[], "").is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "the server ended:\n{}", server.said());
            assert!(begun.elapsed() < Duration::from_secs(90), "the server does not answer:\n{}", server.said());
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Ends it as a power cut would: nothing is finished, nothing is closed.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as an operator would, and waits for it.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap();
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(stream: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// An address that nobody listens on at the moment.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// One request on a connection of its own. An error if the answer did not come whole.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read_reply(&answer).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
}

/// The answer in what came over a connection; none if it is not whole.
pub fn read_reply(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let lower = head.to_ascii_lowercase();
    let rest = &answer[end + 4..];
    let body = if lower.contains("transfer-encoding: chunked") {
        joined_chunks(rest)?
    } else {
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
        rest.get(..length)?.to_vec()
    };
    Some(Reply { status, body: String::from_utf8_lossy(&body).into_owned() })
}

fn joined_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}
