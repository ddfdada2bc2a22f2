//! The program's own text, for what is to be found nowhere in it.

use std::path::Path;

/// A file of ours.
pub struct Source {
    /// From the folder of the package.
    pub path: String,
    /// Without its tests and its comments.
    pub text: String,
}

pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![root.join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let text = lines.flat_map(|line| [line, "\n"]).collect();
                let path = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 100, "only {} files", found.len());
    found
}
