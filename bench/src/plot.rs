//! Lines over time, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 400.0;
/// Around the area of the lines, for the title and the numbers.
const MARGIN: f64 = 60.0;
const COLOURS: [&str; 3] = ["#1f6feb", "#d1242f", "#1a7f37"];

pub(crate) struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Line {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), points: Vec::new() }
    }

    /// Seconds, and a value that is not negative.
    pub(crate) fn add(&mut self, x: f64, y: f64) {
        self.points.push((x, y));
    }
}

/// The vertical axis begins at 0.
pub(crate) fn svg(title: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let left = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
    let right = points().map(|point| point.0).fold(f64::NEG_INFINITY, f64::max);
    let top = points().map(|point| point.1).fold(1.0, f64::max);
    let x = |value: f64| MARGIN + (value - left) / (right - left).max(1.0) * (WIDTH - 2.0 * MARGIN);
    let y = |value: f64| HEIGHT - MARGIN - value / top * (HEIGHT - 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"30\">{title}</text>\n"
    );
    for part in 0..=4 {
        let share = f64::from(part) / 4.0;
        let (value, moment) = (top * share, left + (right - left) * share);
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN} {height:.1}H{end}\" stroke=\"#ccc\"/><text x=\"8\" y=\"{height:.1}\">{value:.0}</text>\
             <text x=\"{place:.1}\" y=\"{bottom}\">{moment:.0} s</text>",
            height = y(value),
            end = WIDTH - MARGIN,
            place = x(moment) - 10.0,
            bottom = HEIGHT - MARGIN + 25.0,
        );
    }
    for (number, (line, colour)) in lines.iter().zip(COLOURS).enumerate() {
        let path: Vec<String> =
            line.points.iter().map(|point| format!("{:.1} {:.1}", x(point.0), y(point.1))).collect();
        let _ = writeln!(
            svg,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}</text>",
            path.join("L"),
            WIDTH - 2.0 * MARGIN,
            30.0 + 20.0 * number as f64,
            line.name
        );
    }
    svg.push_str("</svg>\n");
    svg
}
