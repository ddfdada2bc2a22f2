//! A mail server that takes what comes, or refuses it, and keeps what it was told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

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
        Self::listen(|stream, sender, answer| converse(stream, sender, answer).unwrap_or_default())
    }

    /// One that speaks nothing but TLS, for which the authority in [`AUTHORITY`] vouches as `localhost`.
    pub fn start_encrypted() -> Self {
        let parts = |pem: &'static str| CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(parts(SERVER), key).unwrap());
        Self::listen(move |stream, sender, answer| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            converse(StreamOwned::new(connection, stream), sender, answer).unwrap_or_default()
        })
    }

    fn listen(talk: impl Fn(TcpStream, &Sender<Delivered>, &Mutex<&'static str>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, mails) = mpsc::channel();
        let answer = Arc::new(Mutex::new("250 fine"));
        let (told, talk) = (Arc::clone(&answer), Arc::new(talk));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, told, talk) = (sender.clone(), Arc::clone(&told), Arc::clone(&talk));
                std::thread::spawn(move || talk(stream, &sender, &told));
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
fn converse(stream: impl Read + Write, sender: &Sender<Delivered>, answer: &Mutex<&'static str>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    say(&mut lines, "220 mail.test ready")?;
    let mut to = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return Some(());
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "MAIL" | "NOOP" | "RSET" => say(&mut lines, "250 fine")?,
            "RCPT" => {
                let told = *answer.lock().unwrap();
                to.push(line.trim().to_owned());
                say(&mut lines, told)?;
            }
            "DATA" => {
                say(&mut lines, "354 go on")?;
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
                say(&mut lines, "250 taken")?;
            }
            "QUIT" => return say(&mut lines, "221 bye"),
            _ => say(&mut lines, "502 not here")?,
        }
    }
}

fn say(stream: &mut BufReader<impl Read + Write>, line: &str) -> Option<()> {
    let stream = stream.get_mut();
    stream.write_all(format!("{line}\r\n").as_bytes()).and_then(|()| stream.flush()).ok()
}

/// Made for these tests, like the two below; it vouches for nothing else.
pub const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBiTCCAS+gAwIBAgIUBBZPfRqCx3NN+q8DMLYCcJndlPUwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMjAxMDYxNTM0WhgPMjEy
NjExMDcwNjE1MzRaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAETeImVA5taNQMIXz5MqaeSPSBVPtu25RYsKibajaM
KkLvOSk0CJAxhxcXIiqCCVzYDgp4tAnY3AWdeWuorxLUGKNTMFEwHQYDVR0OBBYE
FJUlNn1aDCQ/3r3ZWOcIV8iGnRqFMB8GA1UdIwQYMBaAFJUlNn1aDCQ/3r3ZWOcI
V8iGnRqFMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJ5GssKO
sFUmMiSzTqKfuT6nLuoCRZtltJmBrrw69JEdAiBC3T1Ylzuk1aXdAYCZNAlkKPS+
vMqeBtDk3P+IqAccXw==
-----END CERTIFICATE-----
";

const SERVER: &str = "-----BEGIN CERTIFICATE-----
MIIBqTCCAU+gAwIBAgIUVx4SynRefTNfU5SJu4Ky21OFzwMwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMjAxMDYxNTM0WhgPMjEy
NjExMDcwNjE1MzRaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABKsHGAnD2i9MUYy1LBNMxz4ZWTtF9HEkzTVLpvXV+G1+RoYj
P4VjHokrKeNNJ4DILP1C6QbXgFk8I5LBe+O8vW6jeDB2MBQGA1UdEQQNMAuCCWxv
Y2FsaG9zdDAJBgNVHRMEAjAAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQW
BBQKn+/Xb5EahKl3p7n8I786QlyVwDAfBgNVHSMEGDAWgBSVJTZ9WgwkP9692Vjn
CFfIhp0ahTAKBggqhkjOPQQDAgNIADBFAiAhSTmNInkXi4KfHMuc7dA/WuSnN1xS
fUsxXjhW3uf91QIhANN0wdx2hU7lEJ/W5OmPX1doT7VylbP8v6qeA0lsHcEo
-----END CERTIFICATE-----
";

const SERVER_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgD1cK1Wo9zad7Wm9l
3NGDjLjJJ7TDPrD2zmlPTjsvr8+hRANCAASrBxgJw9ovTFGMtSwTTMc+GVk7RfRx
JM01S6b11fhtfkaGIz+FYx6JKynjTSeAyCz9QukG14BZPCOSwXvjvL1u
-----END PRIVATE KEY-----
";
