//! The log: one line per event on standard error, from `warn` on; `TRACKWAY_LOG` sets another level.

use std::io::Write;

use log::{LevelFilter, Log, Metadata, Record};

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What the libraries find noteworthy (every address without a route, say) is no news of ours. Rocket speaks in our
        // name, too, where it tries one route after another: it ends its targets with `::_`.
        metadata.target().starts_with("trackway") && !metadata.target().ends_with("::_")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let time = crate::base::time::Instant::now().iso();
            let _ = writeln!(std::io::stderr(), "{time} {} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

pub fn start() {
    let level = std::env::var("TRACKWAY_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::Warn);
    if log::set_logger(&Lines).is_ok() {
        log::set_max_level(level);
    }
}
