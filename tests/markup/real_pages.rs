//! Real documentation: it compiles, stays within bounds, and says the same in every cache.

use std::path::Path;

use trackway::base::markup::Flavour;

use super::world;
use crate::support::test_data;

fn visit(folder: &Path, pages: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(std::fs::read_to_string(&path).expect("the pages are UTF-8"));
        }
    }
}

#[test]
fn real_pages_compile_within_bounds() {
    let Some(folder) = test_data("markdown") else { return };
    let mut pages = Vec::new();
    visit(&folder, &mut pages);
    assert!(pages.len() > 50);
    let options = world::options();
    for page in pages {
        for flavour in [Flavour::Page, Flavour::Note, Flavour::Line] {
            let compiled = world::compiled(&page, flavour, &options);
            let html = world::resolved(&compiled, &options);
            assert!(html.len() < 20 * page.len() + 1000, "{} bytes from {}", html.len(), page.len());
            assert!(!html.contains("too much markup"));
            let stored = serde_json::to_string(&compiled).expect("compiled texts can be stored");
            assert_eq!(serde_json::from_str::<trackway::base::markup::Compiled>(&stored).expect("and read"), compiled);
        }
    }
}
