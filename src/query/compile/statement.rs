//! What a compiled query is asked with: the same conditions find, count and group.

use rusqlite::types::Value;

/// A statement in parts: the same conditions find, count and group.
#[derive(Debug)]
pub struct Statement {
    /// Tables that stand for those of now, before everything else: `a as (…), b as (…)`; empty: none.
    pub(super) tables: String,
    /// Where tickets are read, called `ticket`.
    pub(super) from: &'static str,
    pub(super) condition: String,
    /// Those of the condition.
    pub(super) parameters: Vec<Value>,
    pub(super) ranks: Vec<String>,
    pub(super) joins: Vec<String>,
    pub(super) order: String,
    pub(super) group_order: String,
    /// Those of the order, after the others.
    pub(super) order_parameters: Vec<Value>,
    /// The value that groups them, as SQL.
    pub(super) group: Option<String>,
    /// What orders first, if that is a column with few ids.
    pub(super) first: Option<Ranked>,
    /// What is asked of every ticket beside the condition: that it stands for itself, where any is merged into another.
    pub(super) standing: String,
    /// If nothing but state, class, milestone and the column that orders first decides what is found: the same condition
    /// in two parts.
    pub(super) tallied: Option<Tallied>,
}

/// What is counted beforehand, and what has to be counted for this viewer.
#[derive(Debug)]
pub(super) struct Tallied {
    pub(super) of_classes: String,
    /// None: they see nothing only because they take part in it.
    pub(super) of_their_own: Option<String>,
}

/// A column of ids and their order.
#[derive(Debug)]
pub(super) struct Ranked {
    pub(super) column: &'static str,
    pub(super) ids: Vec<i64>,
    pub(super) descending: bool,
}

/// A stretch of a list: the tickets that have the same value where it is ordered first.
#[derive(Debug)]
pub struct Stretch {
    /// None: those with no value, or one that has no place in the order.
    id: Option<i64>,
    pub tickets: usize,
}

impl Statement {
    /// Ids in their order with the value of the column that groups them. A negative limit is none.
    pub fn ids(&self, limit: i64, offset: i64) -> (String, Vec<Value>) {
        self.ids_where("", limit, offset)
    }

    /// The same of some stretches alone, which are less to put into order.
    pub fn ids_within(&self, stretches: &[Stretch], limit: i64, offset: i64) -> (String, Vec<Value>) {
        let Some(first) = &self.first else { return self.ids(limit, offset) };
        let named: Vec<i64> = stretches.iter().filter_map(|stretch| stretch.id).collect();
        let mut any = vec![format!("ticket.{} in ({})", first.column, listed(&named))];
        if stretches.iter().any(|stretch| stretch.id.is_none()) {
            any.push(first.nowhere());
        }
        self.ids_where(&format!(" and ({})", any.join(" or ")), limit, offset)
    }

    fn ids_where(&self, and: &str, limit: i64, offset: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.extend([Value::Integer(limit), Value::Integer(offset)]);
        let sql = format!(
            "{with}select ticket.id, {} as grouped from {}{} where {}{}{and} order by {} limit ?{} offset ?{}",
            self.group.as_deref().unwrap_or("null"),
            self.from,
            self.joins.concat(),
            self.condition,
            self.standing,
            self.order,
            parameters.len() - 1,
            parameters.len()
        );
        (sql, parameters)
    }

    /// How many there are in each stretch of the list: the column's id and the number, in no order. None if nothing is
    /// ordered by a column of few ids.
    pub fn stretches(&self) -> Option<(String, Vec<Value>)> {
        let first = self.first.as_ref()?;
        let (column, condition) = (first.column, &self.condition);
        let sql = if let Some(tallied) = &self.tallied {
            // The counters of milestones (0: none) have it for the whole project, too: a few rows, however large it is.
            let (field, value) = if matches!(column, "status" | "milestone") { ("", "none") } else { (column, column) };
            let of_classes = format!(
                "select {column}, sum(tickets) as tickets from (
                     select acl, status, nullif(milestone, 0) as milestone, nullif(value, 0) as {value}, tickets
                     from ticket_tally where field = '{field}' and milestone in (select 0 union all select id from milestone)
                 ) as ticket where {} group by 1",
                tallied.of_classes
            );
            match &tallied.of_their_own {
                None => of_classes,
                Some(own) => format!(
                    "select {column}, sum(tickets) from ({of_classes}
                         union all select {column}, count(*) from ticket where {own}{} group by 1) group by 1",
                    self.standing
                ),
            }
        } else {
            format!("select {column}, count(*) from ticket where {condition}{} group by 1", self.standing)
        };
        Some((sql, self.parameters.clone()))
    }

    /// The stretches in their order, of what [`Self::stretches`] found.
    pub fn in_order(&self, found: &[(Option<i64>, usize)]) -> Vec<Stretch> {
        let Some(first) = &self.first else { return Vec::new() };
        let of = |id: i64| found.iter().find(|(found, _)| *found == Some(id)).map_or(0, |(_, tickets)| *tickets);
        let mut stretches: Vec<Stretch> =
            first.ids.iter().map(|id| Stretch { id: Some(*id), tickets: of(*id) }).collect();
        let placed: usize = stretches.iter().map(|stretch| stretch.tickets).sum();
        let all: usize = found.iter().map(|(_, tickets)| *tickets).sum();
        stretches.push(Stretch { id: None, tickets: all - placed });
        if first.descending {
            stretches.reverse();
        }
        stretches
    }

    /// All of them, in no order.
    pub fn members(&self) -> (String, Vec<Value>) {
        let (with, from) = (with(&self.tables, &[]), self.from);
        let sql = format!("{with}select ticket.id from {from} where {}{}", self.condition, self.standing);
        (sql, self.parameters.clone())
    }

    /// Those whose date in a column of the ticket lies in a span of days (the second one is the first after it): number and
    /// date, by date and then in their order.
    pub fn on_days(&self, column: &'static str, (from, to): (&str, &str), most: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.extend([Value::from(from.to_owned()), Value::from(to.to_owned()), Value::Integer(most)]);
        let last = parameters.len();
        let sql = format!(
            "{with}select ticket.id, ticket.{column} from {}{} where {}{}
             and ticket.{column} >= ?{} and ticket.{column} < ?{} order by ticket.{column}, {} limit ?{last}",
            self.from,
            self.joins.concat(),
            self.condition,
            self.standing,
            last - 2,
            last - 1,
            self.order
        );
        (sql, parameters)
    }

    /// How many there are.
    pub fn count(&self) -> (String, Vec<Value>) {
        let (with, from) = (with(&self.tables, &[]), self.from);
        let sql = format!("{with}select count(*) from {from} where {}{}", self.condition, self.standing);
        (sql, self.parameters.clone())
    }

    /// How many there are for each value of the column that groups them, in the order of the groups.
    pub fn group_counts(&self) -> Option<(String, Vec<Value>)> {
        let value = self.group.as_deref()?;
        let (with, parameters) = self.ordered();
        let sql = format!(
            "{with}select {value} as grouped, count(*) from {}{} where {}{} group by {value} order by {}",
            self.from,
            self.joins.concat(),
            self.condition,
            self.standing,
            self.group_order
        );
        Some((sql, parameters))
    }

    /// How many there are in each state, for each value of the column that groups them, if one does.
    pub fn state_counts(&self) -> (String, Vec<Value>) {
        let Some(value) = self.group.as_deref() else {
            let (with, from) = (with(&self.tables, &[]), self.from);
            let sql = format!(
                "{with}select null, status, count(*) from {from} where {}{} group by status",
                self.condition, self.standing
            );
            return (sql, self.parameters.clone());
        };
        let (with, parameters) = self.ordered();
        let sql = format!(
            "{with}select {value} as grouped, ticket.status, count(*) from {}{} where {}{}
             group by {value}, ticket.status order by {}",
            self.from,
            self.joins.concat(),
            self.condition,
            self.standing,
            self.group_order
        );
        (sql, parameters)
    }

    /// How many there are for each pair of values of two columns, given as SQL.
    pub fn cell_counts(&self, column: &str, row: &str) -> (String, Vec<Value>) {
        let (with, from) = (with(&self.tables, &[]), self.from);
        let sql = format!(
            "{with}select {column}, {row}, count(*) from {from} where {}{} group by 1, 2",
            self.condition, self.standing
        );
        (sql, self.parameters.clone())
    }

    /// The first of them for each pair of such values, in their order: number, column, row.
    pub fn cells(&self, column: &str, row: &str, most: i64) -> (String, Vec<Value>) {
        let (with, mut parameters) = self.ordered();
        parameters.push(Value::Integer(most));
        let sql = format!(
            "{with}select id, across, down from (
                 select ticket.id as id, {column} as across, {row} as down,
                   row_number() over (partition by {column}, {row} order by {}) as place
                 from {}{} where {}{})
             where place <= ?{} order by across, down, place",
            self.order,
            self.from,
            self.joins.concat(),
            self.condition,
            self.standing,
            parameters.len()
        );
        (sql, parameters)
    }

    /// The tables of ranks that the order refers to, and everything bound so far.
    fn ordered(&self) -> (String, Vec<Value>) {
        (with(&self.tables, &self.ranks), [self.parameters.as_slice(), &self.order_parameters].concat())
    }
}

fn with(tables: &str, ranks: &[String]) -> String {
    let all: Vec<&str> =
        std::iter::once(tables).filter(|tables| !tables.is_empty()).chain(ranks.iter().map(String::as_str)).collect();
    if all.is_empty() { String::new() } else { format!("with {} ", all.join(", ")) }
}

impl Ranked {
    /// That a ticket has none of the ids.
    fn nowhere(&self) -> String {
        format!("(ticket.{0} is null or ticket.{0} not in ({1}))", self.column, listed(&self.ids))
    }
}

fn listed(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
