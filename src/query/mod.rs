//! Questions to the tickets: one syntax tree, whoever asks: the page, the macro, a link, the command.

use crate::base::component::Component;

pub struct Query;

pub static COMPONENT: Query = Query;

impl Component for Query {
    fn name(&self) -> &'static str {
        "query"
    }
}
