//! A place that vouches for people: a real OpenID Connect provider on this machine, with keys of its own. What it says of
//! somebody is what the test tells it, true or forged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use p256::ecdsa::signature::Signer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use trackway::base::time::Instant;
use trackway::web::address;

pub const CLIENT: &str = "trackway";
pub const CLIENT_SECRET: &str = "the secret of the client";

/// How a provider can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    Nonce,
    Audience,
    Issuer,
    Expired,
    Signature,
    /// Says that nothing has to be signed.
    Unsigned,
    /// Sends whoever asks for its document to another address.
    Redirect,
    /// Says that its keys are at an address of another kind.
    ForeignKeys,
}

/// What a provider signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    #[default]
    Rs256,
    Es256,
}

impl Signing {
    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    fn public_key(self) -> Value {
        match self {
            Self::Rs256 => serde_json::to_value(key().as_verification_key()).unwrap(),
            Self::Es256 => {
                let point = curve_key().verifying_key().to_encoded_point(false);
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.name(),
                    "x": encoded(point.x().unwrap()), "y": encoded(point.y().unwrap()),
                })
            }
        }
    }

    fn sign(self, text: &str) -> Vec<u8> {
        match self {
            Self::Rs256 => key().sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, text.as_bytes()).unwrap(),
            Self::Es256 => {
                let signature: p256::ecdsa::Signature = curve_key().sign(text.as_bytes());
                signature.to_bytes().to_vec()
            }
        }
    }
}

struct State {
    fault: Fault,
    signing: Signing,
    /// By code: what is said, and the challenge that has to be met.
    codes: HashMap<String, (Value, String)>,
    count: usize,
}

#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            fault: Fault::None,
            signing: Signing::Rs256,
            codes: HashMap::new(),
            count: 0,
        }));
        let provider = Self { issuer, state };
        let serving = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let provider = serving.clone();
                std::thread::spawn(move || provider.answer(stream));
            }
        });
        provider
    }

    pub fn fault(&self, fault: Fault) {
        self.state.lock().unwrap().fault = fault;
    }

    /// From now on it has other keys.
    pub fn sign_with(&self, signing: Signing) {
        self.state.lock().unwrap().signing = signing;
    }

    /// Lets somebody in who was sent here. Returns the query with which their browser goes back.
    #[track_caller]
    pub fn let_in(&self, sent_to: &str, claims: Value) -> String {
        let (endpoint, query) = sent_to.split_once('?').unwrap();
        assert_eq!(endpoint, format!("{}/authorize", self.issuer));
        let asked: HashMap<String, String> = address::pairs(query).into_iter().collect();
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (CLIENT, "code"));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let now = Instant::now().seconds();
        let mut said = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
        });
        said.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let mut state = self.state.lock().unwrap();
        match state.fault {
            Fault::Nonce => said["nonce"] = json!("another"),
            Fault::Audience => said["aud"] = json!("another"),
            Fault::Issuer => said["iss"] = json!("http://127.0.0.1:1"),
            Fault::Expired => said["exp"] = json!(now - 3600),
            _ => {}
        }
        state.count += 1;
        let code = format!("code-{}", state.count);
        state.codes.insert(code.clone(), (said, asked["code_challenge"].clone()));
        format!("code={code}&state={}", address::segment(&asked["state"]))
    }

    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?);
        let mut first = String::new();
        lines.read_line(&mut first).ok()?;
        let (mut length, mut authorization) = (0, String::new());
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).ok()?;
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "authorization" => authorization = value.trim().to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).ok()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let (status, value) = self.said(&path, &authorization, &String::from_utf8_lossy(&body));
        let text = value.to_string();
        let mut stream = stream;
        let moved = if status == 302 { format!("Location: {}/jwks\r\n", self.issuer) } else { String::new() };
        let head = format!(
            "HTTP/1.1 {status} So\r\nContent-Type: application/json\r\n{moved}Content-Length: {}\r\nConnection: close\r\n\r\n",
            text.len()
        );
        stream.write_all(format!("{head}{text}").as_bytes()).ok()
    }

    fn said(&self, path: &str, authorization: &str, body: &str) -> (u16, Value) {
        let mut state = self.state.lock().unwrap();
        match path {
            "/.well-known/openid-configuration" if state.fault == Fault::Redirect => (302, json!({})),
            "/.well-known/openid-configuration" => {
                let keys = match state.fault {
                    Fault::ForeignKeys => "http://192.0.2.1/jwks".to_owned(),
                    _ => format!("{}/jwks", self.issuer),
                };
                (
                    200,
                    json!({
                        "issuer": self.issuer, "authorization_endpoint": format!("{}/authorize", self.issuer),
                        "token_endpoint": format!("{}/token", self.issuer), "jwks_uri": keys,
                        "response_types_supported": ["code"], "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": [state.signing.name()],
                    }),
                )
            }
            "/jwks" => (200, json!({ "keys": [state.signing.public_key()] })),
            "/token" => {
                let sent: HashMap<String, String> = address::pairs(body).into_iter().collect();
                let known = state.codes.remove(&sent["code"]);
                let Some((said, challenge)) = known else { return (400, json!({ "error": "invalid_grant" })) };
                let verified = encoded(&Sha256::digest(sent["code_verifier"].as_bytes())) == challenge;
                if !verified || !authorization.starts_with("Basic ") {
                    return (400, json!({ "error": "invalid_grant" }));
                }
                let token = signed(&said, state.fault, state.signing);
                (200, json!({ "access_token": "unused", "token_type": "Bearer", "id_token": token }))
            }
            _ => (404, json!({})),
        }
    }
}

fn signed(claims: &Value, fault: Fault, signing: Signing) -> String {
    let algorithm = if fault == Fault::Unsigned { "none" } else { signing.name() };
    let head = json!({ "alg": algorithm, "kid": signing.name(), "typ": "JWT" });
    let text = format!("{}.{}", encoded(head.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
    let mut signature = signing.sign(&text);
    match fault {
        Fault::Signature => signature[0] ^= 1,
        Fault::Unsigned => signature.clear(),
        _ => {}
    }
    format!("{text}.{}", encoded(&signature))
}

/// Base 64 for addresses, without padding.
pub fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

fn key() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(KEY, Some(JsonWebKeyId::new(Signing::Rs256.name().to_owned()))).unwrap()
}

fn curve_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap()
}

/// Made for these tests; it opens nothing.
const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIEogIBAAKCAQEAu7RQMhn7+hh89KeF3ru8NKTiHDa6nO5Xji6Rv9Cu+BZazL/O
OxWASLkX5VXwX6wJ9DI3JD2BBcfq6yrjeLaz/dAgpMxXPbE+VROt14EJdf1Dr03C
h5i468SYXvurvLEbzdMufhyBqMF0vNc9rM/rNEpLxR4Acmz/0Vg3+QKxg1qUn9QJ
9XF4QYjhjgDBZqGtyyDxJYiLNf3ePRg9JOgML4/fpewsiY6dWlORzUb5u9GGZg/x
ZGt1G6sA+Q+5CcQV1cpGRN6mov7Y1w/1+oIhK+NjK0a8dfpTqihiYsS/zlqauXxx
qEl2z0QS/cG1rkJIUmCpTaHiKgBkyYExz+yn4wIDAQABAoIBADVWjL9f8OFlmgRv
ojPjxxxyiioYRzkW5Vxq0VHffAjVWWH7UyApAPYpWqf5nr+hBIcWyeKLc6Fv6MqA
unjv+f+y58PMqTHHrv3ABNNLQKP9nwEuqIudk1az29SJ0YhiD5OSYhDGCvYoWwLa
axUzVBPc1OEjoF7jqGIVnnotEMJROzqAxEZodsjPNvsbSaQ0s1gsFOoFToca34JM
eZES1Du4lfRbVxEcXgPbZ0Ht1QAVEV8oKqIZFJV8oNWMWizEtS8CneasJtdHsSrV
X65PxrT38eCCqDhTecJXwq54rhphMPLXeqMCmkN6uYzBzFBAxBQoaw7lUl6ANr2M
7S7zjLECgYEA6ahHQ4ep7fmQfujyJ50GJ7qsBsTaUuZgxb9LyRdsLymdiqAB72Qh
PjqJSBAqebme8cE0hzzbmk47Ou4tgK4tBfxijM6j9n7Pc6p6GfNHELTVvXDokSOY
Oqnn4s6AnSHwzlGo3gqOJFet7kHE3q7UClXyilzOBu3NfZmsMSzlowsCgYEAzacl
o3ujs1aHGpFXSBlxMNoR5hLYW+ibJiOmUpKSSxjgwT/oPWMvHLnMsS0Wr66zZG6e
tphJZRH1r+F9lhRQ/zhMsz6VOpNp/Xo+z1g37gwm6luUK0DYz45lknoyq2iVk4zB
3VhntmcTwhHJxVU4mVUL8Ng3WXiexKGrwMlJlYkCgYB9iIVRCLAJRM2XAXwoQDqw
WaBWuqg5ZcCUPWRwE39yDz+u3KxtezRJBJYA+352i32TkSOxjMbHLkSwMoqL2ggi
cShZUiPRKOw3zl1vV77UgPNcpi6s25zL18DXn+6FfVis4D6DnNQlPl4Z5Yfpw6/0
JZz7LUUbf+OpGUjj2qU9ZQKBgHwM0xtmPTy0eRKBkVCgaDK7mAhcXb4y9UNwRaeR
WkWKYCixz/kXlxeQy/Qj6odWrkdqorop6jvZNYY+Um7xGlqZL0r/+Sw4N7r6vmB8
KmChW+gKDbp5h07L6mEM7PuQPomeYmKOLSFN1BFAgaFS4q07K9S/18NUixC5JM1J
neVhAoGAXbCNXB4IZU77oGpLNxgppsFubr1urPmNCtg8GWxXBtLRQHZGHFjl++RD
VMYGLFsiCW0Bpt4THoPsn4+S5K0Vc+YQI4xKmyN4T5Df5DMOBWCgksERT18ABW6x
5lcgxrw+RQHojCIvN5TJaXMOmN1d3b0/S4iIQkekG/0zsm97DT0=
-----END RSA PRIVATE KEY-----";
