//! Where the states and actions of a workflow stand in a drawing: pure geometry, in pixels, from left to right.
//!
//! 1. States get layers: every action leads from one to a later one, those that lead back are turned round for this.
//! 2. Between two layers of states lies one of labels, and a line that passes a layer has a place of its own in it. So no
//!    line runs through a state and no label lies on another.
//! 3. The places of a layer are ordered by where their neighbours are, until fewer lines cross no more.
//! 4. Heights follow the neighbours' as far as there is room.

use super::{Category, Operation, Workflow};

/// A larger workflow is told in words only.
const MOST_STATES: usize = 30;
const MOST_LINES: usize = 90;

const LETTER: f64 = 7.3;
const WIDE_LETTER: f64 = 13.0;
const LINE: f64 = 15.0;
const LONGEST_WORDS: usize = 26;
/// So many characters of a list of labels stand on one line.
const ACROSS: usize = 22;
const BODY: f64 = 34.0;
const NARROWEST: f64 = 64.0;
const PORT: f64 = 13.0;
const GAP: f64 = 12.0;
const BETWEEN: f64 = 22.0;
const MARGIN: f64 = 12.0;
const LOOP: f64 = 20.0;
const SWEEPS: usize = 16;

/// A drawing of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Node>,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    /// As it is written in the drawing; perhaps shortened.
    pub words: String,
    /// The middle.
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// What leaves a ticket in this state, a line each; empty if nothing does.
    pub loops: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Where new tickets come from.
    Start,
    /// Any state.
    Any,
    State(Category),
}

/// What leads from one state to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// From left to right; between two of them a curve begins and ends level.
    pub points: Vec<(f64, f64)>,
    /// The arrow is at its left end.
    pub back: bool,
    /// A line of text each, the last one nearest to the curve.
    pub label: Vec<String>,
    /// The middle of the label, on the curve.
    pub label_at: (f64, f64),
}

/// None if it is too large to be drawn, or there is nothing to draw.
pub fn layout(workflow: &Workflow) -> Option<Graph> {
    let (mut nodes, arcs) = collected(workflow)?;
    let layers = layers(nodes.len(), &arcs);
    let mut places = Places::new(&mut nodes, &layers, &arcs);
    places.order();
    places.heights();
    Some(places.drawn(nodes, &arcs))
}

/// From one node to another; on the way its places in the drawing.
struct Arc {
    /// The earlier one, whichever way the action leads.
    from: usize,
    to: usize,
    back: bool,
    labels: Vec<String>,
}

fn collected(workflow: &Workflow) -> Option<(Vec<Node>, Vec<Arc>)> {
    // What is closed stands at the end.
    let mut states: Vec<_> = workflow.states().iter().collect();
    states.sort_by_key(|state| state.category.is_closed());
    if states.is_empty() || states.len() > MOST_STATES {
        return None;
    }
    let at = |name: &str| states.iter().position(|state| state.name == name).map(|at| at + 1);
    let any = states.len() + 1;
    let mut nodes = vec![node(NodeKind::Start, "")];
    nodes.extend(states.iter().map(|state| node(NodeKind::State(state.category), &state.name)));
    nodes.push(node(NodeKind::Any, "any state"));
    let mut arcs: Vec<Arc> = Vec::new();
    let mut used_any = false;
    for action in workflow.actions() {
        if action.operations == [Operation::LeaveStatus] || action.is_reset() {
            continue;
        }
        let label = shortened(&action.label);
        let mut sources: Vec<usize> = action.from.iter().filter_map(|from| at(from)).collect();
        sources.extend(action.creates.then_some(0));
        sources.extend(action.from_any.then_some(any));
        for source in sources {
            used_any |= source == any;
            match action.to.as_deref().and_then(at).filter(|target| *target != source) {
                None => keep(&mut nodes[source].loops, label.clone()),
                Some(target) => {
                    let back = source != any && target < source;
                    let (from, to) = if back { (target, source) } else { (source, target) };
                    match arcs.iter_mut().find(|arc| (arc.from, arc.to, arc.back) == (from, to, back)) {
                        Some(arc) => keep(&mut arc.labels, label.clone()),
                        None => arcs.push(Arc { from, to, back, labels: vec![label.clone()] }),
                    }
                }
            }
        }
    }
    if !used_any {
        nodes.pop();
    }
    (arcs.len() <= MOST_LINES).then_some((nodes, arcs))
}

fn keep(labels: &mut Vec<String>, label: String) {
    if !labels.contains(&label) {
        labels.push(label);
    }
}

fn node(kind: NodeKind, name: &str) -> Node {
    let words = shortened(name);
    let (width, height) = match kind {
        NodeKind::Start => (16.0, 16.0),
        _ => ((breadth(&words) + 28.0).max(NARROWEST), BODY),
    };
    Node { kind, words, x: 0.0, y: 0.0, width, height, loops: Vec::new() }
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words.to_owned(),
    }
}

/// About how wide a text is in a drawing.
fn breadth(text: &str) -> f64 {
    text.chars().map(|letter| if letter >= '\u{1100}' { WIDE_LETTER } else { LETTER }).sum()
}

/// Labels in lines of about the same length.
fn wrapped(labels: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let label = if at + 1 < labels.len() { format!("{label},") } else { label.clone() };
        match lines.last_mut().filter(|line| line.chars().count() + label.chars().count() < ACROSS) {
            Some(line) => *line = format!("{line} {label}"),
            None => lines.push(label),
        }
    }
    lines
}

/// How far each node is from the beginning: one further than what leads to it.
fn layers(nodes: usize, arcs: &[Arc]) -> Vec<usize> {
    let mut layers = vec![1_usize; nodes];
    layers[0] = 0;
    // Nodes are numbered so that all but those from any state lead to higher numbers.
    for at in 1..nodes {
        let before = arcs.iter().filter(|arc| arc.to == at && arc.from < at);
        layers[at] = before.map(|arc| layers[arc.from] + 1).max().unwrap_or(1).max(1);
    }
    let is_any = |arc: &&Arc| arc.from > arc.to;
    if let Some(any) = arcs.iter().find(is_any).map(|arc| arc.from) {
        let first = arcs.iter().filter(is_any).map(|arc| layers[arc.to]).min().unwrap_or(1);
        layers[any] = first.saturating_sub(1);
    }
    layers
}

/// What stands in a layer: a node, or a line on its way, perhaps with its label.
struct Place {
    /// How far it reaches above and below its middle.
    up: f64,
    down: f64,
    width: f64,
    y: f64,
    left: Vec<usize>,
    right: Vec<usize>,
}

struct Places {
    all: Vec<Place>,
    /// The places of each layer in order; those of states are even.
    ranks: Vec<Vec<usize>>,
    /// Of each arc: all its places from left to right, both nodes among them, and which of them has the label.
    ways: Vec<(Vec<usize>, usize)>,
}

impl Places {
    fn new(nodes: &mut [Node], layers: &[usize], arcs: &[Arc]) -> Self {
        let deepest = layers.iter().max().copied().unwrap_or(0);
        let mut places = Self { all: Vec::new(), ranks: vec![Vec::new(); deepest * 2 + 1], ways: Vec::new() };
        for (at, node) in nodes.iter_mut().enumerate() {
            let ports =
                |right: bool| arcs.iter().filter(|arc| if right { arc.from == at } else { arc.to == at }).count();
            if node.kind != NodeKind::Start {
                node.height = node.height.max(PORT * (ports(true).max(ports(false)) + 1) as f64);
            }
            node.loops = wrapped(&node.loops);
            let widest = node.loops.iter().map(|line| breadth(line)).fold(node.width, f64::max);
            let above = if node.loops.is_empty() { 0.0 } else { LOOP + LINE * node.loops.len() as f64 };
            let half = node.height / 2.0;
            places.add(layers[at] * 2, half + above, half, widest);
        }
        for arc in arcs {
            let (from, to) = (layers[arc.from] * 2, layers[arc.to] * 2);
            let middle = usize::midpoint(from, to);
            let label_rank = if middle % 2 == 1 { middle } else { middle - 1 };
            let label = wrapped(&arc.labels);
            let mut way = vec![arc.from];
            let mut at_label = 1;
            for rank in from + 1..to {
                way.push(if rank == label_rank {
                    at_label = way.len();
                    let width = label.iter().map(|line| breadth(line)).fold(0.0, f64::max) + 8.0;
                    places.add(rank, LINE * label.len() as f64 + 4.0, 4.0, width)
                } else {
                    places.add(rank, 4.0, 4.0, 0.0)
                });
            }
            way.push(arc.to);
            for pair in way.windows(2) {
                places.all[pair[0]].right.push(pair[1]);
                places.all[pair[1]].left.push(pair[0]);
            }
            places.ways.push((way, at_label));
        }
        places
    }

    fn add(&mut self, rank: usize, up: f64, down: f64, width: f64) -> usize {
        self.all.push(Place { up, down, width, y: 0.0, left: Vec::new(), right: Vec::new() });
        self.ranks[rank].push(self.all.len() - 1);
        self.all.len() - 1
    }

    /// Orders each layer by the middle of the neighbours, to and fro; the order with the fewest crossings stays.
    fn order(&mut self) {
        let mut best = self.ranks.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let leftwards = sweep % 2 == 1;
            let mut ranks: Vec<usize> = (0..self.ranks.len()).collect();
            if leftwards {
                ranks.reverse();
            }
            for rank in ranks {
                let position = self.positions();
                let mut keyed: Vec<(f64, usize)> = self.ranks[rank]
                    .iter()
                    .enumerate()
                    .map(|(now, place)| {
                        let place_of = &self.all[*place];
                        let beside = if leftwards { &place_of.right } else { &place_of.left };
                        let sum: usize = beside.iter().map(|other| position[*other]).sum();
                        let key = if beside.is_empty() { now as f64 } else { sum as f64 / beside.len() as f64 };
                        (key, *place)
                    })
                    .collect();
                keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
                self.ranks[rank] = keyed.into_iter().map(|(_, place)| place).collect();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.ranks);
            }
        }
        self.ranks = best;
    }

    /// Where each place stands in its layer.
    fn positions(&self) -> Vec<usize> {
        let mut position = vec![0; self.all.len()];
        for rank in &self.ranks {
            for (at, place) in rank.iter().enumerate() {
                position[*place] = at;
            }
        }
        position
    }

    fn crossings(&self) -> usize {
        let position = self.positions();
        let mut crossings = 0;
        for rank in &self.ranks {
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for (at, place) in rank.iter().enumerate() {
                ends.extend(self.all[*place].right.iter().map(|other| (at, position[*other])));
            }
            for (at, one) in ends.iter().enumerate() {
                crossings += ends[at + 1..].iter().filter(|other| one.0 < other.0 && one.1 > other.1).count();
            }
        }
        crossings
    }

    /// Gives every place a height near the middle of its neighbours' with room between.
    fn heights(&mut self) {
        for rank in self.ranks.clone() {
            let mut y = 0.0;
            for place in rank {
                y += self.all[place].up;
                self.all[place].y = y;
                y += self.all[place].down + GAP;
            }
        }
        for sweep in 0..SWEEPS * 2 {
            let mut ranks: Vec<usize> = (0..self.ranks.len()).collect();
            if sweep % 2 == 1 {
                ranks.reverse();
            }
            for rank in ranks {
                let wanted: Vec<f64> = self.ranks[rank].iter().map(|place| self.wanted(*place)).collect();
                let settled = self.settled(&self.ranks[rank], &wanted);
                for (place, y) in self.ranks[rank].clone().into_iter().zip(settled) {
                    self.all[place].y = y;
                }
            }
        }
    }

    fn wanted(&self, place: usize) -> f64 {
        let place = &self.all[place];
        let beside = place.left.iter().chain(&place.right);
        let count = place.left.len() + place.right.len();
        if count == 0 { place.y } else { beside.map(|other| self.all[*other].y).sum::<f64>() / count as f64 }
    }

    /// The heights nearest to those wanted that keep the order and the room between: neighbours that would come too near
    /// settle together around the middle of what they want.
    fn settled(&self, rank: &[usize], wanted: &[f64]) -> Vec<f64> {
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(rank.len());
        // Sum of what is wanted, and of how many.
        let mut blocks: Vec<(f64, usize)> = Vec::new();
        for (at, place) in rank.iter().enumerate() {
            if at > 0 {
                offset += self.all[rank[at - 1]].down + GAP + self.all[*place].up;
            }
            offsets.push(offset);
            blocks.push((wanted[at] - offset, 1));
            while let [.., (sum, count), (next_sum, next_count)] = blocks.as_slice()
                && sum / *count as f64 > next_sum / *next_count as f64
            {
                let merged = (sum + next_sum, count + next_count);
                blocks.truncate(blocks.len() - 2);
                blocks.push(merged);
            }
        }
        let middles = blocks.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
        middles.zip(offsets).map(|(middle, offset)| middle + offset).collect()
    }

    fn drawn(self, mut nodes: Vec<Node>, arcs: &[Arc]) -> Graph {
        let top = self.all.iter().map(|place| place.y - place.up).fold(f64::INFINITY, f64::min) - MARGIN;
        let bottom = self.all.iter().map(|place| place.y + place.down).fold(f64::NEG_INFINITY, f64::max) + MARGIN;
        let mut x = MARGIN;
        // The left and right edge of each layer.
        let mut columns = Vec::new();
        for rank in &self.ranks {
            let width = rank.iter().map(|place| self.all[*place].width).fold(0.0, f64::max);
            columns.push((x, x + width));
            x += width + BETWEEN;
        }
        let mut column_of = vec![(0.0, 0.0); self.all.len()];
        for (rank, column) in self.ranks.iter().zip(&columns) {
            for place in rank {
                column_of[*place] = *column;
            }
        }
        for (at, node) in nodes.iter_mut().enumerate() {
            node.x = f64::midpoint(column_of[at].0, column_of[at].1);
            node.y = self.all[at].y - top;
        }
        let lines = arcs
            .iter()
            .zip(&self.ways)
            .enumerate()
            .map(|(at, (arc, (way, at_label)))| {
                let mut points = vec![self.port(&nodes, arc.from, at, top, true)];
                for place in &way[1..way.len() - 1] {
                    let y = self.all[*place].y - top;
                    points.extend([(column_of[*place].0, y), (column_of[*place].1, y)]);
                }
                points.push(self.port(&nodes, arc.to, at, top, false));
                points.dedup();
                let place = way[*at_label];
                let middle = f64::midpoint(column_of[place].0, column_of[place].1);
                Line {
                    points,
                    back: arc.back,
                    label: wrapped(&arc.labels),
                    label_at: (middle, self.all[place].y - top),
                }
            })
            .collect();
        Graph { width: x - BETWEEN + MARGIN, height: bottom - top, nodes, lines }
    }

    /// Where a line leaves a node or comes to it: its place among all on that side, by where they lead.
    fn port(&self, nodes: &[Node], node: usize, arc: usize, top: f64, right: bool) -> (f64, f64) {
        let beside = |(way, _): &(Vec<usize>, usize)| {
            if right {
                (way.first() == Some(&node)).then(|| way[1])
            } else {
                (way.last() == Some(&node)).then(|| way[way.len() - 2])
            }
        };
        let mut here: Vec<(f64, usize)> =
            self.ways.iter().enumerate().filter_map(|(at, way)| Some((self.all[beside(way)?].y, at))).collect();
        here.sort_by(|one, other| one.0.total_cmp(&other.0));
        let place = here.iter().position(|(_, at)| *at == arc).unwrap_or(0);
        let drawn = &nodes[node];
        let x = if right { drawn.x + drawn.width / 2.0 } else { drawn.x - drawn.width / 2.0 };
        if drawn.kind == NodeKind::Start {
            return (x, self.all[node].y - top);
        }
        let step = drawn.height / (here.len() + 1) as f64;
        (x, drawn.y - drawn.height / 2.0 + step * (place + 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::shipped;
    use super::*;

    fn overlap(one: (f64, f64, f64, f64), other: (f64, f64, f64, f64)) -> bool {
        one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
    }

    #[test]
    fn nothing_lies_on_anything_else_in_the_shipped_ones() {
        for (name, _, text) in shipped() {
            let graph = layout(&Workflow::parse(text).0).expect(name);
            let boxes = graph.nodes.iter().map(|node| {
                let (half_width, half_height) = (node.width / 2.0, node.height / 2.0);
                (node.x - half_width, node.y - half_height, node.x + half_width, node.y + half_height)
            });
            let labels = graph.lines.iter().map(|line| {
                let half = line.label.iter().map(|words| breadth(words)).fold(0.0, f64::max) / 2.0;
                let (x, y) = line.label_at;
                (x - half, y - LINE * line.label.len() as f64, x + half, y)
            });
            let all: Vec<_> = boxes.chain(labels).collect();
            for (at, one) in all.iter().enumerate() {
                assert!(one.0 >= 0.0 && one.1 >= 0.0 && one.2 <= graph.width && one.3 <= graph.height, "{name}");
                assert!(all[at + 1..].iter().all(|other| !overlap(*one, *other)), "{name}: {one:?}");
            }
        }
    }

    #[test]
    fn what_leads_back_is_drawn_back_and_what_stays_is_a_loop() {
        let text = "create = <none> -> new\nend = new -> done\nagain = done -> new\nnote = done -> *\nkill = * -> done";
        let graph = layout(&Workflow::parse(text).0).expect("is drawn");
        let line = |label: &str| graph.lines.iter().find(|line| line.label == [label]).expect(label);
        assert!(line("again").back && !line("end").back && !line("kill").back);
        assert_eq!(graph.nodes.iter().find(|node| node.words == "done").map(|node| node.loops.len()), Some(1));
        assert!(graph.lines.iter().all(|line| line.points.windows(2).all(|pair| pair[0].0 <= pair[1].0)));
        assert_eq!(graph.nodes.last().map(|node| node.kind), Some(NodeKind::Any));
    }

    #[test]
    fn what_is_empty_or_too_large_is_not_drawn() {
        let many: String = (0..40).map(|number| format!("a{number} = <none> -> s{number}\n")).collect();
        assert_eq!(layout(&Workflow::parse(&many).0), None);
        assert_eq!(layout(&Workflow::parse("").0), None);
    }
}
