//! Whoever has shown the secret of a token, of whatever kind.

use crate::base::time::Instant;
use crate::base::viewer::Principal;

/// Uses are written down at most this often (DESIGN 10).
const USED_EVERY_SECONDS: i64 = 300;

pub struct Bearer {
    pub principal: Principal,
    /// The row of the token in the table of its kind.
    pub(super) token: i64,
    pub(super) last_used_at: Option<Instant>,
}

impl Bearer {
    /// Whether it is time to write down that it was used.
    pub fn is_due(&self) -> bool {
        self.last_used_at.is_none_or(|at| at.plus_seconds(USED_EVERY_SECONDS) < Instant::now())
    }
}
