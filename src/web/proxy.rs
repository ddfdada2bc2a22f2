//! A proxy hands on what others ask: it says for whom, and may have looked at who that is. It is believed from listed
//! addresses only; from anywhere else its headers are nothing (trackers.md e2, class 19).

use std::net::{IpAddr, SocketAddr};

use rocket::http::HeaderMap;
use rusqlite::Connection;

use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::settings::{Scope, Setting, Values};

pub const PROXY_PEERS: Setting = Setting {
    name: "proxy.peers",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "Addresses and networks, with blanks between them, of proxies that say in `X-Forwarded-For` for whom they ask, and maybe \
          who that is: `127.0.0.1 10.0.0.0/8`. From anywhere else what they say is not listened to.",
};

pub const PROXY_USER_HEADER: Setting = Setting {
    name: "proxy.user_header",
    scope: Scope::Site,
    values: Values::Text,
    default: "",
    doc: "The header in which such a proxy says the login name; its name begins with `X-` or `Remote-`, as in `X-Remote-User`. The \
          proxy has to remove it from what comes to it. Empty: none is listened to.",
};

/// Whom a proxy may name, is looked for in headers that begin so; browsers send none of them by themselves.
const BEGINNINGS: [&str; 2] = ["x-", "remote-"];
const LONGEST: usize = 200;

/// Proxies that may stand one behind the other.
const LONGEST_CHAIN: usize = 32;

/// The proxies that are listed.
#[derive(Debug, Clone, Default)]
pub struct Peers(Vec<Network>);

impl Peers {
    pub(super) fn of(db: &Connection) -> Result<Self> {
        Ok(Self(PROXY_PEERS.text(db)?.split_whitespace().filter_map(Network::parse).collect()))
    }

    /// One of the networks that are listed which holds more than any site has proxies.
    pub fn widest(listed: &str) -> Option<&str> {
        listed.split_whitespace().find(|text| {
            Network::parse(text).is_some_and(|network| network.bits < if network.address.is_ipv4() { 8 } else { 32 })
        })
    }

    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// For whom a neighbour asks: the nearest address that is none of a listed proxy. What stands before that one in the
    /// header may be made up by whoever has it.
    pub(super) fn asker(&self, neighbour: IpAddr, headers: &HeaderMap<'_>) -> IpAddr {
        let mut nearest = neighbour.to_canonical();
        let handed_on: Vec<&str> = headers.get("X-Forwarded-For").flat_map(|line| line.split(',')).collect();
        for text in handed_on.into_iter().rev().take(LONGEST_CHAIN) {
            if !self.hold(nearest) {
                break;
            }
            let Some(address) = address_in(text.trim()) else { break };
            nearest = address;
        }
        nearest
    }

    /// Whether a neighbour hands something on without being listed.
    pub(super) fn miss(&self, neighbour: IpAddr, headers: &HeaderMap<'_>) -> bool {
        headers.contains("X-Forwarded-For") && !self.hold(neighbour.to_canonical())
    }
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address_in(text: &str) -> Option<IpAddr> {
    let alone = text.parse::<IpAddr>().ok();
    alone
        .or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
        .map(|address| address.to_canonical())
}

/// What the neighbour on the wire has said beside the request.
#[derive(Debug, Clone)]
pub struct Neighbour {
    address: Option<IpAddr>,
    said: Vec<(String, String)>,
}

impl Neighbour {
    pub(super) fn of(address: Option<IpAddr>, headers: &HeaderMap<'_>) -> Self {
        let said = headers
            .iter()
            .filter(|header| header.value().len() <= LONGEST)
            .map(|header| (header.name().as_str().to_ascii_lowercase(), header.value().to_owned()))
            .filter(|(name, _)| BEGINNINGS.iter().any(|begin| name.starts_with(begin)))
            .collect();
        Self { address: address.map(|address| address.to_canonical()), said }
    }

    /// Whether nothing was said that could be a name.
    pub(super) fn is_silent(&self) -> bool {
        self.said.is_empty()
    }

    /// The login name that a listed proxy gives. Said twice it is nothing: the second one may be anybody's.
    pub(super) fn names(&self, db: &Connection) -> Result<Option<String>> {
        let Some(address) = self.address.filter(|_| !self.said.is_empty()) else { return Ok(None) };
        let listed = kept(db, "", || Listed::of(db))?;
        if listed.header.is_empty() || !listed.peers.hold(address) {
            return Ok(None);
        }
        let mut named = self.said.iter().filter(|(name, _)| *name == listed.header).map(|(_, value)| value.trim());
        Ok(named.next().filter(|name| !name.is_empty() && named.next().is_none()).map(str::to_owned))
    }
}

/// The proxies that are listened to.
struct Listed {
    peers: Peers,
    header: String,
}

impl Listed {
    fn of(db: &Connection) -> Result<Self> {
        let header = PROXY_USER_HEADER.text(db)?.trim().to_ascii_lowercase();
        Ok(Self { peers: Peers::of(db)?, header })
    }
}

#[derive(Debug, Clone, Copy)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// `10.0.0.0/8`, or an address alone. None for what is neither.
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse::<IpAddr>().ok()?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
    }

    fn holds(self, address: IpAddr) -> bool {
        let same = |ours: u128, theirs: u128, width: u32| self.bits == 0 || (ours ^ theirs) >> (width - self.bits) == 0;
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same(ours.to_bits().into(), theirs.to_bits().into(), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_the_nearest_address_that_is_no_listed_proxy() {
        let peers = Peers(["127.0.0.1", "10.0.0.0/8"].into_iter().filter_map(Network::parse).collect());
        for (neighbour, lines, asker) in [
            ("127.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("::ffff:127.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1", &["203.0.113.9, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
        ] {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| headers.add_raw("X-Forwarded-For", *line));
            let neighbour = neighbour.parse().expect("an address");
            assert_eq!(peers.asker(neighbour, &headers).to_string(), asker, "{neighbour} {lines:?}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
        ] {
            let network = Network::parse(network).expect("a network");
            assert!(network.holds(inside.parse().expect("an address")), "{inside}");
            assert!(!network.holds(outside.parse().expect("an address")), "{outside}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0", "name", "10.0.0.0/x"] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
    }
}
