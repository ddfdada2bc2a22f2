//! Placeholder until the compiler is here.
use std::path::Path;
pub struct Cache;
impl Cache {
    pub fn open(_path: &Path) -> Self {
        Self
    }
}
