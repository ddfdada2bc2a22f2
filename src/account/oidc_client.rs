//! Talks to the place that vouches for people (OpenID Connect): finds its addresses and keys, sends a browser there, and
//! takes what it says of somebody, checked.
//!
//! The issuer is an administrator's choice; where its document leads is not. So every address must be https unless the issuer
//! is this machine, no redirect is followed, an issuer elsewhere leads to no service of this machine, and answers have limits
//! of time and size (trackers.md e2, class 7).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::oidc_settings::{CLIENT_ID, CLIENT_SECRET, SCOPES};
use crate::auth::outside::OIDC_ISSUER;
use crate::base::error::{Error, Result};

/// All of one conversation with the issuer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer; sets of keys are the largest.
const LARGEST: u64 = 512 * 1024;

/// So long it is believed what an issuer has said of itself: its addresses, and its keys as long as they fit.
const KEPT_FOR: Duration = Duration::from_secs(600);

/// What the issuer has said of itself; there is one.
static FOUND: Mutex<Option<Found>> = Mutex::new(None);

#[derive(Clone)]
struct Found {
    issuer: String,
    at: Instant,
    said: CoreProviderMetadata,
}

/// Claims beside the standard ones: groups are among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct MoreClaims {
    #[serde(flatten)]
    all: HashMap<String, Value>,
}

impl AdditionalClaims for MoreClaims {}

type Fields = IdTokenFields<
    MoreClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Known = Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Where and as whom this site asks.
pub(super) struct Provider {
    issuer: String,
    client_id: String,
    client_secret: String,
    scopes: Vec<String>,
}

/// A browser that was sent there: what has to come back with it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// Where it was sent to.
    pub href: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// What the issuer says of somebody.
#[derive(Debug, Clone)]
pub(super) struct Vouched {
    pub issuer: String,
    pub subject: String,
    /// Empty unless the issuer says that it is theirs for certain.
    pub email: String,
    pub full_name: String,
    pub login: String,
    more: HashMap<String, Value>,
}

impl Vouched {
    /// The values of a claim that holds words.
    pub(super) fn words(&self, claim: &str) -> Vec<String> {
        match self.more.get(claim) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(value)) => vec![value.clone()],
            _ => Vec::new(),
        }
    }
}

impl Provider {
    /// As it is set up; none where nobody vouches for anybody.
    pub(super) fn of(db: &Connection) -> Result<Option<Self>> {
        let issuer = OIDC_ISSUER.text(db)?;
        if issuer.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            issuer,
            client_id: CLIENT_ID.text(db)?,
            client_secret: CLIENT_SECRET.text(db)?,
            scopes: SCOPES.text(db)?.split_whitespace().map(str::to_owned).collect(),
        }))
    }

    /// Prepares to send a browser there; `back` is where it comes back to.
    pub(super) fn send(&self, back: &str) -> Result<Sent> {
        let client = self.client(back, self.found()?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut wish = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &self.scopes {
            wish = wish.add_scope(Scope::new(scope.clone()));
        }
        let (href, state, nonce) = wish.url();
        Ok(Sent {
            href: href.to_string(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    /// Takes the code that a browser has brought back.
    pub(super) fn take(&self, back: &str, code: &str, sent: &Sent) -> Result<Vouched> {
        let client = self.client(back, self.found()?)?;
        let http = self.http();
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| failed("it names no place to ask for tokens", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(sent.verifier.clone()))
            .request(&|request| http.call(request))
            .map_err(|error| failed("it did not take the code", &error))?;
        let token = answer.id_token().ok_or_else(|| failed("it said nothing of who that is", &"no ID token"))?;
        let nonce = Nonce::new(sent.nonce.clone());
        let newer;
        let claims = match token.claims(&client.id_token_verifier(), &nonce) {
            Ok(claims) => claims,
            // It may have other keys by now than those that were kept.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                newer = self.client(back, self.found_anew()?)?;
                let verified = token.claims(&newer.id_token_verifier(), &nonce);
                verified.map_err(|error| failed("what it said can't be believed", &error))?
            }
            Err(error) => return Err(failed("what it said can't be believed", &error)),
        };
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        let name = claims.name().and_then(|names| names.get(None));
        Ok(Vouched {
            issuer: self.issuer.clone(),
            subject: claims.subject().to_string(),
            email: email.map(|email| email.to_string()).unwrap_or_default(),
            full_name: name.map(|name| name.to_string()).unwrap_or_default(),
            login: claims.preferred_username().map(|name| name.to_string()).unwrap_or_default(),
            more: claims.additional_claims().all.clone(),
        })
    }

    /// What it says of itself, as it was said a short while ago.
    fn found(&self) -> Result<CoreProviderMetadata> {
        let kept = FOUND.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept.filter(|found| found.issuer == self.issuer && found.at.elapsed() < KEPT_FOR) {
            Some(found) => Ok(found.said),
            None => self.found_anew(),
        }
    }

    fn found_anew(&self) -> Result<CoreProviderMetadata> {
        let issuer =
            IssuerUrl::new(self.issuer.clone()).map_err(|error| failed("its address can't be read", &error))?;
        let http = self.http();
        let said = CoreProviderMetadata::discover(&issuer, &|request| http.call(request))
            .map_err(|error| failed("it can't be reached", &error))?;
        let found = Found { issuer: self.issuer.clone(), at: Instant::now(), said: said.clone() };
        *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(said)
    }

    fn client(&self, back: &str, found: CoreProviderMetadata) -> Result<Known> {
        let back = RedirectUrl::new(back.to_owned())
            .map_err(|error| failed("the address of this site can't be read", &error))?;
        let secret = (!self.client_secret.is_empty()).then(|| ClientSecret::new(self.client_secret.clone()));
        Ok(Client::from_provider_metadata(found, ClientId::new(self.client_id.clone()), secret).set_redirect_uri(back))
    }

    fn http(&self) -> Http {
        let here = self.issuer.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_this_machine));
        let config = Config::builder()
            .https_only(!here)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .build();
        let resolver = Elsewhere { here, ordinary: DefaultResolver::default() };
        Http { agent: ureq::Agent::with_parts(config, DefaultConnector::default(), resolver) }
    }
}

/// For the reader one sentence, for the log what went wrong.
fn failed(why: &str, error: &dyn std::fmt::Display) -> Error {
    Error::told(
        "The place that vouches for you could not be asked. Please try again; if it stays so, tell an administrator.",
        format!("OpenID Connect: {why}: {error}"),
    )
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

struct Http {
    agent: ureq::Agent,
}

impl Http {
    fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, ureq::Error> {
        let (head, mut body) = self.agent.run(request)?.into_parts();
        let bytes = body.with_config().limit(LARGEST).read_to_vec()?;
        Ok(HttpResponse::from_parts(head, bytes))
    }
}

/// Finds hosts; one elsewhere is never this machine, nor what only this machine's network knows by a link address.
#[derive(Debug)]
struct Elsewhere {
    /// The issuer is this machine.
    here: bool,
    ordinary: DefaultResolver,
}

impl Resolver for Elsewhere {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.ordinary.resolve(uri, config, timeout)?;
        // All of them: one that is tried second is reached as well.
        if found.iter().all(|address| self.may_reach(address)) { Ok(found) } else { Err(ureq::Error::HostNotFound) }
    }
}

impl Elsewhere {
    fn may_reach(&self, address: &SocketAddr) -> bool {
        let ip = match address.ip() {
            IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4),
            ip => ip,
        };
        let links = match ip {
            IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        };
        let nowhere = ip.is_unspecified() || ip.is_multicast() || links;
        !nowhere && ip.is_loopback() == self.here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_elsewhere_leads_to_nothing_on_this_machine() {
        let reached = |here: bool, address: &str| {
            let resolver = Elsewhere { here, ordinary: DefaultResolver::default() };
            resolver.may_reach(&SocketAddr::new(address.parse().expect("an address"), 443))
        };
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "fe80::1", "224.0.0.1"] {
            assert!(!reached(false, address), "{address}");
        }
        assert!(reached(false, "192.0.2.7") && reached(false, "10.0.0.7") && reached(true, "127.0.0.1"));
        assert!(!reached(true, "192.0.2.7"));
    }
}
