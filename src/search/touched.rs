//! What a run of events changed, as far as it can be searched.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use crate::attachment;
use crate::base::component::{Components, Document};
use crate::base::error::Result;
use crate::base::resource::Resource;

/// Of what the index does not hold yet, a search reads so many documents at most, the newest first …
const MOST_DOCUMENTS: usize = 300;
/// … and so much text.
const MOST_TEXT: usize = 8 << 20;

/// Resources, the last touched first, and kinds of which all may have changed. An event touches its resource, and what
/// its `data` says: `"also": [["page", 7], …]`, `"kinds": ["page"]`.
#[derive(Debug, Default)]
pub struct Touched {
    resources: Vec<Resource>,
    known: BTreeSet<Resource>,
    kinds: BTreeSet<String>,
}

impl Touched {
    pub fn add(&mut self, components: Components, resource: &Resource, data: &Value) {
        self.add_resource(components, resource.clone());
        for pair in data.get("also").and_then(Value::as_array).into_iter().flatten() {
            if let (Some(kind), Some(id)) = (pair.get(0).and_then(Value::as_str), pair.get(1).and_then(Value::as_i64)) {
                self.add_resource(components, Resource::stored(kind.to_owned(), id));
            }
        }
        for kind in data.get("kinds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if components.of_kind(kind).is_some() {
                self.kinds.insert(kind.to_owned());
                if components.of_kind(attachment::KIND).is_some() {
                    self.kinds.insert(attachment::KIND.to_owned());
                }
            }
        }
    }

    fn add_resource(&mut self, components: Components, resource: Resource) {
        if components.of_kind(&resource.kind).is_some() && self.known.insert(resource.clone()) {
            self.resources.push(resource);
        }
    }

    /// And the files of everything touched: who may see those follows from what they hang on.
    pub fn add_files(&mut self, db: &Connection, components: Components) -> Result<()> {
        for at in 0..self.resources.len() {
            for id in attachment::store::ids_of_parent(db, &self.resources[at])? {
                self.add_resource(components, Resource::new(attachment::KIND, id));
            }
        }
        Ok(())
    }

    /// What events after that position have touched.
    pub fn since(db: &Connection, components: Components, position: i64) -> Result<Self> {
        let mut touched = Self::default();
        let mut statement = db.prepare_cached(
            // By the order of the ids, else all that ever happened would be gone through for the sake of the groups.
            "select resource_kind, resource_id, max(id) as last from event not indexed where id > ?1
             group by resource_kind, resource_id order by last desc",
        )?;
        let mut rows = statement.query([position])?;
        while let Some(row) = rows.next()? {
            touched.add_resource(components, Resource::stored(row.get("resource_kind")?, row.get("resource_id")?));
        }
        let mut statement = db.prepare_cached(
            r#"select resource_kind, resource_id, data from event
               where id > ?1 and (data like '%"also"%' or data like '%"kinds"%')"#,
        )?;
        let mut rows = statement.query([position])?;
        while let Some(row) = rows.next()? {
            let data: String = row.get("data")?;
            let resource = Resource::stored(row.get("resource_kind")?, row.get("resource_id")?);
            touched.add(components, &resource, &serde_json::from_str(&data).unwrap_or_default());
        }
        touched.add_files(db, components)?;
        Ok(touched)
    }

    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.kinds.is_empty()
    }

    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(|resource| !self.kinds.contains(resource.kind.as_ref()))
    }

    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(String::as_str)
    }

    /// The documents as they are now, and whether these are all of them.
    pub fn documents(&self, db: &Connection, components: Components) -> Result<(Vec<Document>, bool)> {
        let mut of_kinds = Vec::new();
        for kind in self.kinds() {
            if let Some(component) = components.of_kind(kind) {
                let ids = component.document_ids(db, kind, 0, MOST_DOCUMENTS + 1)?;
                of_kinds.extend(ids.into_iter().map(|id| Resource::stored(kind.to_owned(), id)));
            }
        }
        let mut documents = Vec::new();
        let mut text = 0;
        let mut complete = true;
        for resource in self.resources().chain(&of_kinds) {
            if documents.len() >= MOST_DOCUMENTS || text >= MOST_TEXT {
                return Ok((documents, false));
            }
            let Some(component) = components.of_kind(&resource.kind) else { continue };
            match component.document(db, resource) {
                Ok(Some(document)) => {
                    text += document.text.len();
                    documents.push(document);
                }
                Ok(None) => {}
                Err(error) => {
                    log::error!("{resource} can't be searched: {error}");
                    complete = false;
                }
            }
        }
        Ok((documents, complete))
    }
}
