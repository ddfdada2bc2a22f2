//! A mail server that takes what comes, or refuses it, and keeps what it was told.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One mail as it came: to whom by the envelope, and the lines of the message.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub to: Vec<String>,
    pub message: String,
}

impl Delivered {
    /// The address of the one-time link in it, below the site's.
    #[track_caller]
    pub fn link(&self) -> String {
        let text = self.text();
        let at = text.find("/-/link/").unwrap_or_else(|| panic!("no link in\n{text}"));
        text[at..].split_whitespace().next().unwrap().to_owned()
    }

    /// The body with its lines joined again where the transport broke them.
    pub fn text(&self) -> String {
        self.message.replace("=\r\n", "").replace("=3D", "=")
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.message.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let begin = format!("{name}: ");
        head.split("\r\n").find_map(|line| line.strip_prefix(&begin).map(str::to_owned))
    }
}

pub struct MailServer {
    pub address: SocketAddr,
    mails: Receiver<Delivered>,
    /// What it answers to a receiver; `250` takes the mail.
    answer: Arc<Mutex<&'static str>>,
}

impl MailServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, mails) = mpsc::channel();
        let answer = Arc::new(Mutex::new("250 fine"));
        let told = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, told) = (sender.clone(), Arc::clone(&told));
                std::thread::spawn(move || converse(stream, &sender, &told));
            }
        });
        Self { address, mails, answer }
    }

    /// From now on it answers that to every receiver.
    pub fn answer(&self, line: &'static str) {
        *self.answer.lock().unwrap() = line;
    }

    /// The next mail; fails if none comes.
    #[track_caller]
    pub fn next(&self) -> Delivered {
        self.mails.recv_timeout(Duration::from_secs(20)).expect("no mail has come")
    }

    /// Mails that have come and were not looked at.
    pub fn rest(&self) -> Vec<Delivered> {
        self.mails.try_iter().collect()
    }
}

/// One connection. An error ends it, as a sender that goes away does.
fn converse(stream: TcpStream, sender: &Sender<Delivered>, answer: &Mutex<&'static str>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    let mut say = |line: &str| stream.write_all(format!("{line}\r\n").as_bytes()).ok();
    say("220 mail.test ready")?;
    let mut to = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return Some(());
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "MAIL" | "NOOP" | "RSET" => say("250 fine")?,
            "RCPT" => {
                let told = *answer.lock().unwrap();
                to.push(line.trim().to_owned());
                say(told)?;
            }
            "DATA" => {
                say("354 go on")?;
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    lines.read_line(&mut line).ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    message.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                sender.send(Delivered { to: std::mem::take(&mut to), message }).ok()?;
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("502 not here")?,
        }
    }
}
