//! The templates: compiled at start with what of them never changes drawn already, and asked for pages and documents.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rust_embed::RustEmbed;
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, TeraResult};

use super::inline::Drawings;
use super::page::{context_of, file_size};
use super::{address, assets, controls};
use crate::base::error::{Error, Result};
use crate::base::markup::Html;

#[derive(RustEmbed)]
#[folder = "templates"]
struct Embedded;

/// Bytes of a page as most are; it grows if that is not enough.
const USUAL_SIZE: usize = 32 * 1024;

/// All templates, compiled at start. `TRACKWAY_DEV=1` reads them from `templates/` for each page instead.
pub struct Templates {
    tera: Tera,
    base: String,
    dev: bool,
    /// Those that were asked for.
    icons: RwLock<HashMap<String, Html>>,
}

impl Templates {
    pub fn load(base: &str) -> Result<Self> {
        let dev = std::env::var_os("TRACKWAY_DEV").is_some_and(|value| value == "1") && Path::new("templates").is_dir();
        let tera = compile(base, if dev { from_disk(Path::new("templates"))? } else { embedded() })?;
        Ok(Self { tera, base: base.to_owned(), dev, icons: RwLock::default() })
    }

    pub(super) fn render(&self, name: &str, context: &Context) -> Result<Vec<u8>> {
        let mut document = Vec::with_capacity(USUAL_SIZE);
        let done = if self.dev {
            compile(&self.base, from_disk(Path::new("templates"))?)?.render_to(name, context, &mut document)
        } else {
            self.tera.render_to(name, context, &mut document)
        };
        done.map_err(|error| Error::internal(format!("template {name}: {error}")))?;
        Ok(document)
    }

    /// `ui.icon` for rows that are drawn without a template.
    pub fn icon(&self, name: &str) -> Result<Html> {
        if let Some(known) = self.icons.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(known.clone());
        }
        let mut fields = Context::new();
        fields.insert("name", name);
        let drawn = self.tera.render_component("ui.icon", &fields, None, true);
        let icon = Html::trusted(drawn.map_err(|error| Error::internal(format!("icon {name}: {error}")))?);
        self.icons.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), icon.clone());
        Ok(icon)
    }

    /// A document that is not a page: a feed, a description for browsers.
    pub fn document(&self, name: &str, fields: &impl Serialize) -> Result<String> {
        let document = self.render(name, &context_of(fields)?)?;
        String::from_utf8(document).map_err(|error| Error::internal(format!("template {name}: {error}")))
    }
}

fn compile(base: &str, mut templates: HashMap<String, String>) -> Result<Tera> {
    let fail = |error: tera::Error| Error::internal(format!("templates: {error}"));
    let drawings = Arc::new(Drawings::draw(&templates).map_err(fail)?);
    for template in templates.values_mut() {
        *template = drawings.written_into(template, base);
    }
    let mut tera = Tera::default();
    let icons = Arc::clone(&drawings);
    tera.register_filter("icon", move |name: &str, _: Kwargs, _: &State| icons.icon(name));
    tera.register_filter("time", move |at: &tera::Value, _: Kwargs, _: &State| drawings.time(at));
    tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State| address::segment(text));
    tera.register_filter("urlencode_path", |text: &str, _: Kwargs, _: &State| address::path(text));
    tera.register_function("field", |said: Kwargs, _: &State| controls::field(&said));
    tera.register_filter("filesize", |bytes: i64, _: Kwargs, _: &State| file_size(bytes));
    let base = base.to_owned();
    tera.register_function("asset", move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let path: &str = arguments.must_get("path")?;
        Ok(assets::href(&base, path))
    });
    tera.add_raw_templates(templates).map_err(fail)?;
    Ok(tera)
}

fn embedded() -> HashMap<String, String> {
    Embedded::iter()
        .filter_map(|name| {
            let file = Embedded::get(&name)?;
            Some((name.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

fn from_disk(folder: &Path) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                found.insert(name.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(found)
}
