//! Charts: one set of numbers that is drawn, told in a table, and answered as CSV and JSON. Whoever reads numbers fills a
//! [`Chart`] and leaves the rest to it.
//!
//! A picture is SVG geometry with classes, so that the stylesheet gives it its colours, by day and by night and on paper. It
//! has a title and a description for those who hear it, and its table beside it; what tells series apart is never colour
//! alone.

use serde_json::{Value, json};

use crate::base::markup::Html;

/// The picture in its own units; the stylesheet makes it as wide as the page.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 286.0;
/// Where the numbers stand, and where the plot ends.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 712.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 250.0;
/// Lines across, and names below, as many as can be read.
const MOST_TICKS: i64 = 5;
const MOST_NAMES: usize = 7;
/// Points are marked as long as they stand apart.
const MOST_DOTS: usize = 31;

/// Numbers over time or by value.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it shows: `Burn-down of milestone 1.0`.
    pub title: String,
    /// What is to be seen in it, as a sentence.
    pub told: String,
    pub shape: Shape,
    pub unit: Unit,
    /// The head of the column of rows: `Day`, `Component`.
    pub label: &'static str,
    pub series: Vec<Series>,
    pub rows: Vec<Row>,
    /// The row at which something is due, and what: a line across.
    pub due: Option<(usize, String)>,
    /// Why there is nothing to be seen, where there are no rows.
    pub empty: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A line for each series, along time.
    Lines,
    /// Columns beside each other for each row, along time.
    Columns,
    /// A bar for each row, its series one after the other.
    Bars,
}

/// What the numbers count.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// What an axis goes up by at least: 1, or 60 of minutes.
    pub step: i64,
    /// A number in words.
    pub written: fn(i64) -> String,
    /// As sentences name it: `tickets`, `work`.
    pub name: &'static str,
}

/// Plain numbers.
pub const COUNT: Unit = Unit { step: 1, written: |number| number.to_string(), name: "tickets" };

#[derive(Debug, Clone, Copy)]
pub struct Series {
    pub name: &'static str,
    /// Its key in JSON and CSV, and the end of its class: `left`, `done`.
    pub key: &'static str,
    /// The area below its line is filled. Else it is a thin line, straight from its first point to its last if it only
    /// compares.
    pub filled: bool,
    pub straight: bool,
}

#[derive(Debug, Clone)]
pub struct Row {
    /// For machines: `2026-11-03`, or the value.
    pub key: String,
    /// In full, and where there is little room.
    pub label: String,
    pub short: String,
    pub href: Option<String>,
    /// One for each series; none where there is none yet.
    pub values: Vec<Option<i64>>,
}

impl Chart {
    /// The picture with its legend, and the table beneath it in a fold that may be open.
    pub fn html(&self, open: bool) -> Html {
        let mut html = Html::default();
        html.tag("<figure class=\"chart\">");
        if self.is_empty() {
            html.tag("<p class=\"chart-empty muted\">").text(self.empty).tag("</p></figure>");
            return html;
        }
        if self.shape == Shape::Bars {
            self.legend(&mut html);
            self.table(&mut html);
            html.tag("</figure>");
            return html;
        }
        html.tag("<svg class=\"chart-plot\" role=\"img\" focusable=\"false\"")
            .attribute("viewBox", &format!("0 0 {WIDTH} {HEIGHT}"))
            .tag("><title>")
            .text(&self.title)
            .tag("</title><desc>")
            .text(&self.told)
            .tag("</desc>");
        let scale = Scale::of(self);
        scale.lines(&mut html, self);
        if self.shape == Shape::Lines {
            self.drawn_lines(&mut html, &scale)
        } else {
            self.columns(&mut html, &scale)
        }
        self.due_line(&mut html, &scale);
        self.hits(&mut html, &scale);
        html.tag("</svg>");
        self.legend(&mut html);
        html.tag("<details class=\"chart-table\"").tag(if open { " open>" } else { ">" }).tag("<summary>");
        html.text("As a table").tag("</summary>");
        self.table(&mut html);
        html.tag("</details></figure>");
        html
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.values.iter().all(|value| value.unwrap_or_default() == 0))
    }

    fn drawn_lines(&self, html: &mut Html, scale: &Scale) {
        for (at, series) in self.series.iter().enumerate() {
            let mut points: Vec<(f64, f64)> = (self.rows.iter().enumerate())
                .filter_map(|(row, values)| Some((scale.x(row), scale.y(values.values[at]?))))
                .collect();
            let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else { continue };
            if series.straight {
                points = vec![first, last];
            }
            let line: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y))).collect();
            let line = line.join(" ");
            if series.filled {
                let (from, to, bottom) = (short(first.0), short(last.0), short(BOTTOM));
                html.tag("<polygon")
                    .attribute("class", &format!("chart-area chart-{}", series.key))
                    .attribute("points", &format!("{from},{bottom} {line} {to},{bottom}"))
                    .tag("/>");
            }
            html.tag("<polyline")
                .attribute("class", &format!("chart-line chart-{}", series.key))
                .attribute("points", &line)
                .tag("/>");
            // A single point would be no line at all.
            if series.filled && self.rows.len() <= MOST_DOTS {
                for (x, y) in points {
                    html.tag("<circle r=\"2.5\"")
                        .attribute("class", &format!("chart-dot chart-{}", series.key))
                        .attribute("cx", &short(x))
                        .attribute("cy", &short(y))
                        .tag("/>");
                }
            }
        }
    }

    fn columns(&self, html: &mut Html, scale: &Scale) {
        let wide = (scale.step() * 0.72 / self.series.len().max(1) as f64).min(22.0);
        for (row, values) in self.rows.iter().enumerate() {
            let begin = scale.x(row) - wide * self.series.len() as f64 / 2.0;
            for (at, series) in self.series.iter().enumerate() {
                let Some(value) = values.values[at].filter(|value| *value > 0) else { continue };
                let top = scale.y(value);
                html.tag("<rect")
                    .attribute("class", &format!("chart-column chart-{}", series.key))
                    .attribute("x", &short(begin + wide * at as f64))
                    .attribute("y", &short(top))
                    .attribute("width", &short((wide - 1.0).max(0.5)))
                    .attribute("height", &short(BOTTOM - top))
                    .tag("/>");
            }
        }
    }

    fn due_line(&self, html: &mut Html, scale: &Scale) {
        let Some((row, words)) = &self.due else { return };
        let x = scale.x(*row);
        html.tag("<line class=\"chart-due\"")
            .attribute("x1", &short(x))
            .attribute("x2", &short(x))
            .attribute("y1", &short(TOP))
            .attribute("y2", &short(BOTTOM))
            .tag("/><text class=\"chart-due-name\"")
            .attribute("x", &short(if x > WIDTH / 2.0 { x - 5.0 } else { x + 5.0 }))
            .attribute("y", &short(TOP + 9.0))
            .attribute("text-anchor", if x > WIDTH / 2.0 { "end" } else { "start" })
            .tag(">")
            .text(words)
            .tag("</text>");
    }

    /// What one row says, wherever the pointer is above it.
    fn hits(&self, html: &mut Html, scale: &Scale) {
        for (row, values) in self.rows.iter().enumerate() {
            let said: Vec<String> = (self.series.iter().zip(&values.values))
                .filter_map(|(series, value)| Some(format!("{}: {}", series.name, (self.unit.written)((*value)?))))
                .collect();
            if said.is_empty() {
                continue;
            }
            html.tag("<rect class=\"chart-hit\"")
                .attribute("x", &short(scale.x(row) - scale.step() / 2.0))
                .attribute("y", &short(TOP))
                .attribute("width", &short(scale.step()))
                .attribute("height", &short(BOTTOM - TOP))
                .tag("><title>")
                .text(&format!("{}\n{}", values.label, said.join("\n")))
                .tag("</title></rect>");
        }
    }

    /// A key for each series, drawn as it is in the picture.
    fn legend(&self, html: &mut Html) {
        if self.series.len() < 2 && self.shape == Shape::Bars {
            return;
        }
        html.tag("<ul class=\"chart-legend counts\">");
        for series in &self.series {
            html.tag("<li><svg class=\"key\" viewBox=\"0 0 18 10\" width=\"18\" height=\"10\" aria-hidden=\"true\" focusable=\"false\">");
            match self.shape {
                Shape::Lines => html
                    .tag("<line x1=\"0\" x2=\"18\" y1=\"5\" y2=\"5\"")
                    .attribute("class", &format!("chart-line chart-{}", series.key)),
                Shape::Columns => html
                    .tag("<rect x=\"4\" width=\"10\" height=\"10\"")
                    .attribute("class", &format!("chart-column chart-{}", series.key)),
                Shape::Bars => html
                    .tag("<rect x=\"4\" width=\"10\" height=\"10\"")
                    .attribute("class", &format!("bar-{}", series.key)),
            };
            html.tag("/></svg>").text(series.name).tag("</li>");
        }
        html.tag("</ul>");
    }

    fn table(&self, html: &mut Html) {
        html.tag("<div class=\"table-wrap\" tabindex=\"0\" role=\"region\"")
            .attribute("aria-label", &self.title)
            .tag("><table class=\"list chart-numbers\"><thead><tr><th scope=\"col\">")
            .text(self.label)
            .tag("</th>");
        let bars = self.shape == Shape::Bars;
        if bars {
            html.tag("<th scope=\"col\" class=\"stats-bar\"><span class=\"unseen\">").text("Bar").tag("</span></th>");
        }
        for series in &self.series {
            html.tag("<th scope=\"col\" class=\"number\">").text(series.name).tag("</th>");
        }
        html.tag("</tr></thead><tbody>");
        let longest = self.rows.iter().map(Row::sum).max().unwrap_or_default();
        for row in &self.rows {
            html.tag("<tr><th scope=\"row\">");
            match &row.href {
                Some(href) => {
                    html.tag("<a").attribute("href", href).tag("><bdi>").text(&row.label).tag("</bdi></a>");
                }
                None => {
                    html.tag("<bdi>").text(&row.label).tag("</bdi>");
                }
            }
            html.tag("</th>");
            if bars {
                html.tag("<td class=\"stats-bar\">");
                self.bar(html, row, longest);
                html.tag("</td>");
            }
            for value in &row.values {
                html.tag("<td class=\"number\">");
                html.text(&value.map(self.unit.written).unwrap_or_default()).tag("</td>");
            }
            html.tag("</tr>");
        }
        html.tag("</tbody></table></div>");
    }

    fn bar(&self, html: &mut Html, row: &Row, longest: i64) {
        html.tag(
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" focusable=\"false\"",
        )
        .attribute("aria-label", &format!("{}: {}", row.label, (self.unit.written)(row.sum())))
        .tag(">");
        let mut before = 0;
        for (series, value) in self.series.iter().zip(&row.values) {
            let value = value.unwrap_or_default().max(0);
            if value > 0 && longest > 0 {
                let share = |part: i64| part as f64 * 100.0 / longest as f64;
                html.tag("<rect")
                    .attribute("class", &format!("bar-{}", series.key))
                    .attribute("x", &short(share(before)))
                    .attribute("width", &short(share(value)))
                    .tag(" height=\"10\"/>");
            }
            before += value;
        }
        html.tag("</svg>");
    }

    /// The numbers for a program.
    pub fn json(&self) -> Value {
        let row = |row: &Row| {
            let values =
                self.series.iter().zip(&row.values).map(|(series, value)| (series.key.to_owned(), json!(value)));
            let mut item = serde_json::Map::from_iter(values);
            item.insert("key".to_owned(), json!(row.key));
            Value::Object(item)
        };
        json!({ "title": self.title, "items": self.rows.iter().map(row).collect::<Vec<_>>() })
    }

    /// The same as rows of a table: their heads, then each row.
    pub fn cells(&self) -> Vec<Vec<String>> {
        let heads =
            std::iter::once(self.label.to_owned()).chain(self.series.iter().map(|series| series.name.to_owned()));
        let cells = self.rows.iter().map(|row| {
            let numbers = row.values.iter().map(|value| value.map(|value| value.to_string()).unwrap_or_default());
            std::iter::once(row.key.clone()).chain(numbers).collect()
        });
        std::iter::once(heads.collect()).chain(cells).collect()
    }
}

impl Row {
    fn sum(&self) -> i64 {
        self.values.iter().flatten().sum()
    }
}

/// Where a row and a number are in the picture.
struct Scale {
    rows: usize,
    top: i64,
    tick: i64,
}

impl Scale {
    fn of(chart: &Chart) -> Self {
        let most = chart.rows.iter().flat_map(|row| &row.values).flatten().copied().max().unwrap_or_default();
        let tick = tick(most, chart.unit.step);
        Self { rows: chart.rows.len(), top: (most.max(1) + tick - 1) / tick * tick, tick }
    }

    /// The width of one row.
    fn step(&self) -> f64 {
        (RIGHT - LEFT) / self.rows.max(1) as f64
    }

    fn x(&self, row: usize) -> f64 {
        LEFT + (row as f64 + 0.5) * self.step()
    }

    fn y(&self, value: i64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * value as f64 / self.top as f64
    }

    /// The ground: a line for every round number, and the names of some rows.
    fn lines(&self, html: &mut Html, chart: &Chart) {
        let mut value = 0;
        while value <= self.top {
            let y = short(self.y(value));
            html.tag("<line")
                .attribute("class", if value == 0 { "chart-base" } else { "chart-grid" })
                .attribute("x1", &short(LEFT))
                .attribute("x2", &short(RIGHT))
                .attribute("y1", &y)
                .attribute("y2", &y)
                .tag("/><text class=\"chart-number\" text-anchor=\"end\" dy=\"0.32em\"")
                .attribute("x", &short(LEFT - 8.0))
                .attribute("y", &y)
                .tag(">")
                .text(&(chart.unit.written)(value))
                .tag("</text>");
            value += self.tick;
        }
        let every = self.rows.div_ceil(MOST_NAMES).max(1);
        for (row, values) in chart.rows.iter().enumerate().step_by(every) {
            // Every other name is left out where there is little room.
            let class = if row / every % 2 == 1 { "chart-name chart-minor" } else { "chart-name" };
            html.tag("<text text-anchor=\"middle\"")
                .attribute("class", class)
                .attribute("x", &short(self.x(row)))
                .attribute("y", &short(BOTTOM + 24.0))
                .tag(">")
                .text(&values.short)
                .tag("</text>");
        }
    }
}

/// A round number, so that few of it reach the largest.
fn tick(most: i64, step: i64) -> i64 {
    let mut decade = step.max(1);
    loop {
        for factor in [1, 2, 5] {
            let tick = decade.saturating_mul(factor);
            if tick.saturating_mul(MOST_TICKS) >= most {
                return tick;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

/// A number of the picture's units, as exact as can be seen.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_numbers() {
        for (most, step, wanted) in [
            (0, 1, 1),
            (1, 1, 1),
            (5, 1, 1),
            (6, 1, 2),
            (11, 1, 5),
            (30, 1, 10),
            (51, 1, 20),
            (120, 1, 50),
            (1743, 1, 500),
            (250, 60, 60),
            (601, 60, 300),
            (100_000, 60, 30_000),
        ] {
            assert_eq!(tick(most, step), wanted, "{most} by {step}");
        }
    }

    fn chart(values: &[i64]) -> Chart {
        Chart {
            title: "A <chart>".to_owned(),
            told: "It goes up.".to_owned(),
            shape: Shape::Lines,
            unit: COUNT,
            label: "Day",
            series: vec![Series { name: "Open", key: "left", filled: true, straight: false }],
            rows: values
                .iter()
                .enumerate()
                .map(|(day, value)| Row {
                    key: day.to_string(),
                    label: day.to_string(),
                    short: day.to_string(),
                    href: None,
                    values: vec![Some(*value)],
                })
                .collect(),
            due: None,
            empty: "There is nothing.",
        }
    }

    #[test]
    fn a_chart_is_a_picture_with_its_words_and_its_table() {
        let html = chart(&[1, 4, 2]).html(false).into_string();
        assert!(
            html.contains("role=\"img\"") && html.contains("<title>A &lt;chart&gt;</title><desc>It goes up.</desc>")
        );
        assert_eq!((html.matches("<circle").count(), html.matches("<tr>").count()), (3, 4));
        assert!(!html.contains("style="), "{html}");
        assert!(chart(&[0, 0]).html(false).as_str().contains("There is nothing."));
        assert_eq!(chart(&[3]).cells(), [["Day", "Open"], ["0", "3"]]);
    }
}
