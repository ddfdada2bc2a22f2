//! Columns of the index unpacked in memory, for what is read of every document that a search finds: its values that are
//! counted, and when it was changed.
//!
//! A segment never changes and has an id that no other has, so what is kept can't be out of date: what was deleted from a
//! segment is left out before anything is read of it here.

use std::sync::{Arc, Mutex, PoisonError};

use tantivy::columnar::{Cardinality, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{DocId, SegmentReader};

use super::schema;

/// Segments with fewer documents are not worth it, such with more cost too much memory: they are read where they lie.
const FEWEST: u32 = 512;
const MOST: u32 = 250_000;
/// Bytes that are kept of all segments together.
const KEPT: usize = 8 << 20;
/// Columns that are counted: those of [`schema::COUNTED`], then the kinds.
pub const COUNTED: usize = schema::COUNTED.len() + 1;
/// Values of a column that are told apart in a byte; the last one stands for none.
pub const FEW: usize = 256;
const NONE: u8 = (FEW - 1) as u8;

static KNOWN: Mutex<Vec<(SegmentId, Arc<Columns>)>> = Mutex::new(Vec::new());

pub struct Columns {
    /// For each document the numbers of its values within the segment, a byte for each column in their order.
    values: Box<[[u8; COUNTED]]>,
    /// Which columns are among these. The others may have several values of a document, or very many, and are read where
    /// they lie.
    has: [bool; COUNTED],
    changed: Box<[i64]>,
    /// All documents, those first that were changed last.
    newest_first: Box<[DocId]>,
}

impl Columns {
    /// Those of a segment; none if it is read where it lies.
    pub fn of(segment: &SegmentReader) -> Option<Arc<Self>> {
        if !(FEWEST..=MOST).contains(&segment.max_doc()) {
            return None;
        }
        let id = segment.segment_id();
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, columns)) = known().iter().find(|(known, _)| *known == id) {
            return Some(Arc::clone(columns));
        }
        let columns = Arc::new(Self::unpacked(segment));
        let mut known = known();
        known.retain(|(known, _)| *known != id);
        known.push((id, Arc::clone(&columns)));
        while known.iter().map(|(_, columns)| columns.bytes()).sum::<usize>() > KEPT {
            known.remove(0);
        }
        Some(columns)
    }

    fn unpacked(segment: &SegmentReader) -> Self {
        let mut values = vec![[NONE; COUNTED]; segment.max_doc() as usize].into_boxed_slice();
        let mut has = [false; COUNTED];
        for (at, name) in names().enumerate() {
            let Some(column) = segment.fast_fields().str(name).ok().flatten().filter(is_small) else { continue };
            has[at] = true;
            for (doc, values) in (0..).zip(&mut values) {
                let number = column.ords().first(doc).and_then(|number| u8::try_from(number).ok());
                values[at] = number.unwrap_or(NONE);
            }
        }
        let column = segment.fast_fields().i64("changed").ok();
        let when = |doc| column.as_ref().and_then(|column| column.first(doc)).unwrap_or(0);
        let changed: Box<[i64]> = (0..segment.max_doc()).map(when).collect();
        let mut newest_first: Box<[DocId]> = (0..segment.max_doc()).collect();
        newest_first.sort_unstable_by_key(|doc| std::cmp::Reverse((changed[*doc as usize], *doc)));
        Self { values, has, changed, newest_first }
    }

    fn bytes(&self) -> usize {
        size_of_val::<[[u8; COUNTED]]>(&self.values)
            + size_of_val::<[i64]>(&self.changed)
            + size_of_val::<[DocId]>(&self.newest_first)
    }

    /// The numbers of a document's values; the highest one stands for none.
    pub fn values(&self, doc: DocId) -> [u8; COUNTED] {
        self.values.get(doc as usize).copied().unwrap_or([NONE; COUNTED])
    }

    /// Whether the column at this place is among the values.
    pub fn has(&self, at: usize) -> bool {
        self.has[at]
    }

    /// When a document was changed, 0 where nobody can say.
    pub fn changed(&self, doc: DocId) -> i64 {
        self.changed.get(doc as usize).copied().unwrap_or(0)
    }

    pub fn newest_first(&self) -> &[DocId] {
        &self.newest_first
    }
}

/// The names of the columns that are counted, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    schema::COUNTED.iter().map(|(_, _, column)| *column).chain(["kind"])
}

fn is_small(column: &StrColumn) -> bool {
    column.ords().get_cardinality() != Cardinality::Multivalued && column.num_terms() < FEW
}

#[cfg(test)]
mod tests {
    use tantivy::directory::RamDirectory;
    use tantivy::query::AllQuery;
    use tantivy::{Index, IndexWriter, Searcher};

    use super::super::census::{Census, Values};
    use super::super::hits::Hits;
    use super::super::index;
    use super::*;
    use crate::base::component::Document;
    use crate::base::resource::Resource;
    use crate::base::time::Instant;

    fn documents(count: u32, status: &str) -> Vec<Document> {
        let document = |at: u32| Document {
            resource: Resource::new("thing", i64::from(at)),
            acl: 1,
            participants: Vec::new(),
            title: format!("Thing {at}"),
            text: String::new(),
            author: String::new(),
            changed: Instant(i64::from(at) * 5),
            permission: "VIEW",
            facets: if at.is_multiple_of(3) { vec![("status", status.to_owned())] } else { Vec::new() },
        };
        (0..count).map(document).collect()
    }

    fn census(searcher: &Searcher) -> Census {
        let hits = Hits::of(searcher, &AllQuery).expect("hits");
        hits.census(searcher, Values::Usual).expect("a census")
    }

    #[test]
    fn what_is_unpacked_says_what_the_index_says() {
        let searcher = index::in_memory(&documents(900, "new")).expect("an index");
        let segment = searcher.segment_reader(0);

        let columns = Columns::of(segment).expect("columns");
        let census = census(&searcher);

        assert_eq!((census.total, census.kind("thing")), (900, 900));
        let statuses: Vec<(String, u64)> =
            census.values("status").into_iter().map(|value| (value.label, value.count)).collect();
        assert_eq!(statuses, [("new".to_owned(), 300)]);
        let column = segment.fast_fields().i64("changed").expect("a column");
        assert!((0..900).all(|doc| columns.changed(doc) == column.first(doc).unwrap_or(0)));
    }

    #[test]
    fn what_another_writer_deletes_is_no_longer_counted() {
        let index = Index::builder().schema(schema::schema()).tokenizers(schema::tokenizers());
        let index = index.open_or_create(RamDirectory::create()).expect("an index");
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).expect("a writer");
        for document in documents(600, "new") {
            writer.add_document(schema::entry(&document)).expect("room");
        }
        writer.commit().expect("a commit");
        let count = || {
            let searcher = index.reader().expect("a reader").searcher();
            let census = census(&searcher);
            (census.total, census.values("status").iter().map(|value| value.count).sum::<u64>())
        };
        assert_eq!(count(), (600, 200));

        writer.delete_term(schema::key(&Resource::new("thing", 0)));
        writer.commit().expect("a commit");

        assert_eq!(count(), (599, 199));
    }

    #[test]
    fn every_segment_has_columns_of_its_own_and_small_ones_have_none() {
        let one = index::in_memory(&documents(600, "new")).expect("an index");
        let other = index::in_memory(&documents(600, "closed")).expect("an index");
        let label = |searcher: &Searcher| {
            let census = census(searcher);
            census.values("status").into_iter().map(|value| value.label).collect::<Vec<_>>()
        };

        assert_eq!(
            (label(&one), label(&other), label(&one)),
            (vec!["new".to_owned()], vec!["closed".to_owned()], vec!["new".to_owned()])
        );
        let small = index::in_memory(&documents(20, "new")).expect("an index");
        assert!(Columns::of(small.segment_reader(0)).is_none());
        assert_eq!(label(&small), ["new"]);
    }
}
