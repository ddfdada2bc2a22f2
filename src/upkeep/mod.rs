//! What keeps a site alive, whoever serves it: looking for what cannot be ([`check`]), and copies that can be brought back
//! ([`backup`]) or taken elsewhere ([`transfer`]). It stands above all components, since it asks each of them.

pub mod backup;
pub mod check;
pub mod transfer;
