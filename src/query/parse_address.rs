//! The address form of a query (row Q02): `status=new&status=assigned&or&owner=!kim&order=priority`, already taken apart
//! into pairs. A `|` in a value is a letter like any other (row Q03).

use super::read::Reading;
use super::tree::Query;
use crate::base::error::Result;
use crate::ticket::fields::Fields;
use crate::web::address;

/// Reads pairs in their order, such as `web::address::pairs` gives. The names of the filter form of row Q25 are not for
/// here: its page turns them into plain pairs first.
pub fn from_pairs(fields: &Fields, pairs: &[(String, String)]) -> Result<Query> {
    Reading::fits(pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum())?;
    let mut reading = Reading::of(fields);
    for (name, value) in pairs {
        if !reading.pair(name, value) {
            break;
        }
    }
    reading.done()
}

/// Reads a raw query string, with or without its question mark.
pub fn from_address(fields: &Fields, raw: &str) -> Result<Query> {
    Reading::fits(raw.len())?;
    from_pairs(fields, &address::pairs(raw.strip_prefix('?').unwrap_or(raw)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_form_comes_back_as_it_was_written() {
        for address in [
            "",
            "status=new&status=assigned",
            "status=!closed&or&owner=kim",
            "summary=!~door%20open&keywords=^a&keywords=$z",
            "owner=$USER&cc=~$USER&reporter=$$USER",
            "summary=\\!x&summary=\\\\!x&summary=C:\\x&summary=$\\USER",
            "summary=a|b%26c&milestone=",
            "id=!1-25&time=2026-01-01..&changetime=..yesterday",
            "order=priority&desc=1&order=id&group=milestone&groupdesc=1&col=id&col=owner&row=description&max=0&page=2",
        ] {
            let query = from_address(&Fields::BUILT_IN, address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(query.to_address(), address);
        }
    }

    #[test]
    fn an_odd_spelling_has_a_canonical_one() {
        for (odd, canonical) in [
            ("?created=2026&modified=!today", "time=2026&changetime=!today"),
            ("status=new&owner=kim&status=assigned", "status=new&status=assigned&owner=kim"),
            ("or&or=&status=new&or", "status=new"),
            ("desc=1&order=time", "order=time&desc=1"),
            ("verbose=1&rows=description&format=csv&order=id&desc=0", "order=id&row=description"),
            ("status!=closed", "status=!closed"),
        ] {
            let query = from_address(&Fields::BUILT_IN, odd).unwrap_or_else(|error| panic!("{odd}: {error}"));
            assert_eq!(query.to_address(), canonical, "{odd}");
        }
    }
}
