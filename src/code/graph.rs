//! How the commits of a log hang together, as lines beside it (row V12): each commit is a dot on a lane, and lines lead from it to
//! its parents further down. Geometry alone; what it tells is said in words as well.

use std::collections::HashMap;

use serde::Serialize;

/// Lanes that are drawn; what lies beyond runs along the last one.
const MOST_LANES: usize = 10;
/// Between two lanes, and from the edge to the first one.
const STEP: usize = 12;
const EDGE: usize = 8;
/// Colours of lanes in the style sheet, `lane-0` … `lane-5`.
const COLOURS: usize = 6;

/// What stands beside one row: in a box as wide as [`Graph::width`] and 100 high.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GraphRow {
    pub lines: Vec<Line>,
    /// Where the commit's own dot is, in the middle of the height, and its colour.
    pub x: usize,
    pub colour: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Line {
    pub x1: usize,
    pub y1: usize,
    pub x2: usize,
    pub y2: usize,
    pub colour: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Graph {
    pub rows: Vec<GraphRow>,
    pub width: usize,
}

/// Draws commits (id and parents) in the order of the log. None where all are one line: then there is nothing to see.
pub fn graph(commits: &[(&str, &[String])]) -> Option<Graph> {
    let place: HashMap<&str, usize> = commits.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    // Which commit each lane leads to next; none: it is free.
    let mut lanes: Vec<Option<&str>> = Vec::new();
    let mut rows = Vec::with_capacity(commits.len());
    let mut most = 0;
    for (at, (id, parents)) in commits.iter().enumerate() {
        let own = lanes.iter().position(|lane| *lane == Some(id)).unwrap_or_else(|| free(&mut lanes));
        let before = lanes.clone();
        for lane in &mut lanes {
            lane.take_if(|leads_to| leads_to == id);
        }
        let mut row = GraphRow { x: x(own), colour: own % COLOURS, lines: Vec::new() };
        for (lane, leads_to) in before.iter().enumerate() {
            if *leads_to == Some(*id) {
                row.lines.push(Line { x1: x(lane), y1: 0, x2: x(own), y2: 50, colour: lane % COLOURS });
            } else if leads_to.is_some() {
                row.lines.push(Line { x1: x(lane), y1: 0, x2: x(lane), y2: 100, colour: lane % COLOURS });
            }
        }
        for (number, parent) in parents.iter().enumerate() {
            // A clock that was wrong can put a parent before its child: no line leads upwards.
            if place.get(parent.as_str()).is_some_and(|parent| *parent <= at) {
                continue;
            }
            // The first parent goes on in the commit's own lane, even if another leads there too: they meet at its dot.
            let known = lanes.iter().position(|lane| *lane == Some(parent)).filter(|_| number > 0);
            let lane = known.unwrap_or_else(|| {
                let is_own_free = number == 0 && lanes.get(own).is_some_and(Option::is_none);
                if is_own_free { own } else { free(&mut lanes) }
            });
            if let Some(leads_to) = lanes.get_mut(lane) {
                *leads_to = Some(parent);
            }
            row.lines.push(Line { x1: x(own), y1: 50, x2: x(lane), y2: 100, colour: lane % COLOURS });
        }
        most = most.max(lanes.len());
        rows.push(row);
    }
    (most > 1).then(|| Graph { rows, width: x(most - 1) + EDGE })
}

/// The first lane that leads nowhere.
fn free(lanes: &mut Vec<Option<&str>>) -> usize {
    lanes.iter().position(Option::is_none).unwrap_or_else(|| {
        lanes.push(None);
        lanes.len() - 1
    })
}

fn x(lane: usize) -> usize {
    EDGE + lane.min(MOST_LANES - 1) * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(commits: &[(&str, &[&str])]) -> Option<Graph> {
        let owned: Vec<(&str, Vec<String>)> = commits
            .iter()
            .map(|(id, parents)| (*id, parents.iter().map(|parent| (*parent).to_owned()).collect()))
            .collect();
        let borrowed: Vec<(&str, &[String])> = owned.iter().map(|(id, parents)| (*id, parents.as_slice())).collect();
        graph(&borrowed)
    }

    fn line(graph: &Graph, row: usize) -> Vec<(usize, usize, usize, usize)> {
        graph.rows[row].lines.iter().map(|line| (line.x1, line.y1, line.x2, line.y2)).collect()
    }

    #[test]
    fn one_line_of_commits_is_not_drawn() {
        assert_eq!(drawn(&[("c", &["b"]), ("b", &["a"]), ("a", &[])]), None);
    }

    #[test]
    fn a_branch_leaves_its_lane_at_the_merge_and_comes_back_where_it_began() {
        let graph = drawn(&[("m", &["b", "x"]), ("x", &["a"]), ("b", &["a"]), ("a", &[])]);
        let graph = graph.unwrap_or_default();

        assert_eq!(graph.rows.iter().map(|row| row.x).collect::<Vec<_>>(), [8, 20, 8, 8]);
        assert_eq!(line(&graph, 0), [(8, 50, 8, 100), (8, 50, 20, 100)]);
        assert_eq!(line(&graph, 1), [(8, 0, 8, 100), (20, 0, 20, 50), (20, 50, 20, 100)]);
        assert_eq!(line(&graph, 2), [(8, 0, 8, 50), (20, 0, 20, 100), (8, 50, 8, 100)]);
        assert_eq!(line(&graph, 3), [(8, 0, 8, 50), (20, 0, 8, 50)]);
        assert_eq!(graph.width, 28);
    }

    #[test]
    fn a_parent_that_stands_above_its_child_gets_no_line() {
        let graph = drawn(&[("a", &[]), ("m", &["a", "b"]), ("b", &[])]).unwrap_or_default();
        assert!(graph.rows.iter().all(|row| row.lines.iter().all(|line| line.y2 >= line.y1)));
    }
}
