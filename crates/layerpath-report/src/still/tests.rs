//! What still figures look like, what they refuse, and that they stand everything the JSON can hold.

use std::collections::BTreeSet;

use resvg::tiny_skia::Pixmap;
use resvg::usvg::{Group, Node, Rect};
use serde_json::{Value, json};

use super::png::tree;
use super::{png, svg};
use crate::Error;

/// The SVG of traces with a layout, after it was read back as SVG.
fn drawn(data: Value, layout: Value) -> String {
    let drawn = svg(&json!({ "data": data, "layout": layout })).unwrap();
    tree(&drawn).unwrap();
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    drawn
}

fn refused(data: Value, layout: Value) -> String {
    match svg(&json!({ "data": data, "layout": layout })) {
        Err(Error::Still { what }) => what,
        other => panic!("{other:?}"),
    }
}

fn elements(svg: &str) -> BTreeSet<&str> {
    svg.split('<').skip(1).filter_map(|rest| rest.split([' ', '>', '/']).find(|name| !name.is_empty())).collect()
}

/// How many elements of a kind there are.
fn count(svg: &str, element: &str) -> usize {
    svg.matches(&format!("<{element} ")).count()
}

/// The texts of a drawing, without those that are raised or broken.
fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text ").skip(1).filter_map(|rest| rest.split('>').nth(1)?.split('<').next()).collect()
}

#[test]
fn lines_markers_areas_and_bars() {
    let data = json!([
        {
            "type": "scatter", "mode": "lines", "x": [0, 1, 2, 2, 1, 0], "y": [1, 2, 3, 1, 0.5, 0.2],
            "fill": "toself", "fillcolor": "rgba(0,114,178,0.2)", "line": { "width": 0 }, "name": "95 %",
        },
        {
            "type": "scatter", "mode": "lines+markers", "x": [0, 1, null, 2], "y": [0.5, 1, null, 2],
            "line": { "color": "#0072B2", "width": 2, "dash": "dash" },
            "marker": { "color": "#0072B2", "size": [12, 7, 7, 7], "symbol": "square-open" },
            "error_y": { "type": "data", "symmetric": false, "array": [0.1, 0.2, null, 0.3], "arrayminus": [0.2, 0.1, null, 0.4] },
            "name": "<b>R<sup>2</sup></b> &lt;net&gt;",
        },
        {
            "type": "scatter", "mode": "markers", "x": [1], "y": [2.5], "legendgroup": "ink-target", "name": "target",
            "marker": { "size": 15, "symbol": "star" },
        },
    ]);
    let layout = json!({
        "width": 400, "height": 300,
        "xaxis": { "title": { "text": "layer" }, "tickmode": "array", "tickvals": [0, 1, 2], "ticktext": ["a", "b", "c"] },
        "yaxis": { "title": { "text": "distance (rad)" }, "rangemode": "tozero" },
        "legend": { "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom" },
    });
    insta::assert_snapshot!("scatter", drawn(data, layout));
}

#[test]
fn cells_with_a_colour_bar() {
    let data = json!([{
        "type": "heatmap", "z": [[0, 0.5, null], [0.5, 0.5, 1]], "zmin": 0, "zmax": 1,
        "colorscale": [[0, "#ffffff"], [1, "#0072b2"]], "colorbar": { "title": { "text": "angle" } },
    }]);
    let layout = json!({ "width": 300, "height": 200 });
    let drawn = drawn(data, layout);
    assert_eq!(drawn.matches("fill=\"#80b9d9\"").count(), 2, "neighbours of one colour are one rectangle");
    insta::assert_snapshot!("heatmap", drawn);
}

#[test]
fn a_path_in_space() {
    let data = json!([{
        "type": "scatter3d", "mode": "lines+markers", "x": [0, 1, 1], "y": [0, 0, 1], "z": [0, 0, 1],
        "line": { "color": "#D55E00", "width": 3 }, "marker": { "color": "#D55E00", "size": 5 }, "name": "path",
    }]);
    let layout = json!({
        "width": 300, "height": 300,
        "scene": { "xaxis": { "title": { "text": "first" } }, "yaxis": { "title": { "text": "second" } } },
    });
    insta::assert_snapshot!("scatter3d", drawn(data, layout));
}

#[test]
fn panels_with_titles_and_shapes() {
    let data = json!([
        { "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1] },
        { "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 100], "xaxis": "x2", "yaxis": "y2" },
    ]);
    let layout = json!({
        "width": 500, "height": 250, "showlegend": false,
        "xaxis": { "domain": [0, 0.5] }, "xaxis2": { "domain": [0.5, 1], "anchor": "y2" },
        "yaxis": { "zeroline": false }, "yaxis2": { "anchor": "x2", "title": { "text": "percent" }, "ticksuffix": " %" },
        "annotations": [{
            "text": "left", "showarrow": false, "x": 0.25, "y": 1, "xref": "paper", "yref": "paper",
            "xanchor": "center", "yanchor": "bottom",
        }],
        "shapes": [
            { "type": "line", "xref": "x2 domain", "yref": "y2", "x0": 0, "x1": 1, "y0": 50, "y1": 50, "line": { "dash": "dot" } },
            { "type": "rect", "xref": "x", "yref": "paper", "x0": 0.2, "x1": 0.4, "y0": 0, "y1": 1, "fillcolor": "#e3e7ea", "layer": "below", "line": { "width": 0 } },
        ],
    });
    let drawn = drawn(data, layout);
    insta::assert_snapshot!("panels", drawn);
    // Domains that touch are pushed apart by what stands between them.
    let lines = |x: &str| drawn.matches(x).count();
    assert_eq!(texts(&drawn).iter().filter(|text| text.ends_with('%')).count(), lines(" %<"));
}

#[test]
fn a_title_stands_above_everything_else() {
    let data = json!([{ "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "line" }]);
    let layout = |title: &str| json!({ "width": 300, "height": 200, "showlegend": true, "title": { "text": title } });
    let without = drawn(data.clone(), layout(""));
    let with = drawn(data, layout("network: &lt;one&gt; of several; statistic: step to the next layer; epoch 30"));
    assert!(without.contains("height=\"200\"") && !without.contains("translate"), "{without}");
    // Two lines, and all else below them.
    assert!(with.contains("height=\"245\"") && with.contains("<g transform=\"translate(0 45)\">"), "{with}");
    assert!(texts(&with)[0].starts_with("network: &lt;one&gt;"), "{with}");
    assert_eq!(texts(&with)[1..], texts(&without));
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let figure = json!({ "data": [{ "type": "scatter", "x": [1, 2], "y": [3, 4] }], "layout": {} });
    let first = svg(&figure).unwrap();
    assert_eq!(first, svg(&figure).unwrap());
    assert_eq!(png(&first).unwrap(), png(&first).unwrap());
    assert!(first.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(first.contains("width=\"760\" height=\"480\""));
    for fetching in ["href", "url(h", "@import", "<image", "<style", "<script"] {
        assert!(!first.contains(fetching), "{fetching}");
    }
}

/// Pixels that are darker than half of white.
fn n_dark(pixels: &Pixmap) -> usize {
    pixels
        .pixels()
        .iter()
        .filter(|pixel| u32::from(pixel.red()) + u32::from(pixel.green()) + u32::from(pixel.blue()) < 384)
        .count()
}

#[test]
fn pixels_are_twice_as_many_and_not_all_white() {
    let line = |name: &str| json!([{ "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": name, "showlegend": true }]);
    let picture = |data: Value| {
        let drawn = svg(&json!({ "data": data, "layout": { "width": 320, "height": 240 } })).unwrap();
        Pixmap::decode_png(&png(&drawn).unwrap()).unwrap()
    };
    let named = picture(line("abc"));
    assert_eq!((named.width(), named.height()), (640, 480));
    assert!(named.pixels().iter().all(|pixel| pixel.alpha() == 255), "paper is opaque");
    assert_eq!(named.pixel(0, 0).map(|pixel| (pixel.red(), pixel.green(), pixel.blue())), Some((255, 255, 255)));
    let [without, with] = [n_dark(&picture(line("·"))), n_dark(&named)];
    assert!(with > without + 50, "text is drawn: {without} and {with} dark pixels");
    let boxes = n_dark(&picture(line("層🧠")));
    assert!(boxes > without + 20, "unknown characters show as boxes: {without} and {boxes} dark pixels");
}

#[test]
fn names_are_inert() {
    let hostile = "<script>alert(1)</script><a href=\"javascript:x\">k</a>]]>&amp;lt;&lt;svg onload='x'&gt;\u{0}\u{1b}\u{202e}\u{ffff}\u{fffe}🧠\"'>";
    let data = json!([
        { "type": "scatter", "mode": "markers", "x": [0], "y": [0], "name": hostile, "showlegend": true },
        { "type": "heatmap", "z": [[1, 2]], "xaxis": "x2", "yaxis": "y2", "colorbar": { "title": { "text": hostile }, "ticksuffix": hostile } },
    ]);
    let axis = json!({
        "title": { "text": hostile }, "tickmode": "array", "tickvals": [0], "ticktext": [hostile], "ticksuffix": hostile,
        "domain": [0, 0.4],
    });
    let second = json!({ "title": { "text": hostile }, "ticksuffix": hostile, "domain": [0.6, 1], "anchor": "y2" });
    let layout = json!({
        "xaxis": axis, "yaxis": axis, "xaxis2": second,
        "yaxis2": { "anchor": "x2" },
        "annotations": [{ "text": hostile, "showarrow": false, "x": 0, "y": 1, "xref": "paper", "yref": "paper" }],
    });
    let drawn = drawn(data, layout);
    let known = BTreeSet::from(["?xml", "svg", "g", "rect", "line", "path", "circle", "text", "tspan"]);
    let found = elements(&drawn);
    assert!(found.is_subset(&known), "{found:?}");
    assert!(
        drawn.contains("&lt;script&gt;alert(1)&lt;/script&gt;k]]&gt;&amp;lt;&lt;svg onload=&#39;x&#39;&gt;␀␛"),
        "{drawn}"
    );
    assert!(png(&drawn).is_ok());

    let in_space = json!([{ "type": "scatter3d", "x": [0], "y": [0], "z": [0], "name": hostile, "showlegend": true }]);
    let axis = json!({ "title": { "text": hostile } });
    let drawn = self::drawn(in_space, json!({ "scene": { "xaxis": axis, "yaxis": axis, "zaxis": axis } }));
    assert!(elements(&drawn).is_subset(&known), "{drawn}");
}

#[test]
fn what_is_not_known_is_refused() {
    let scatter = |key: &str, value: Value| {
        let mut trace = json!({ "type": "scatter", "mode": "lines+markers", "x": [0, 1], "y": [0, 1] });
        trace[key] = value;
        refused(json!([trace]), json!({}))
    };
    assert_eq!(scatter("type", json!("pie")), "a trace of type `pie`");
    assert_eq!(scatter("mode", json!("text")), "a trace of mode `text`");
    assert_eq!(scatter("fill", json!("tonexty")), "an area filled `tonexty`");
    assert_eq!(scatter("line", json!({ "dash": "longdash" })), "a line of dashes `longdash`");
    assert_eq!(scatter("line", json!({ "shape": "hv" })), "lines that are not straight");
    assert_eq!(scatter("line", json!({ "color": "red" })), "the colour `red`");
    assert_eq!(scatter("marker", json!({ "symbol": "cross" })), "the marker `cross`");
    assert_eq!(scatter("marker", json!({ "color": [1, 2] })), "the colour `[1,2]`");
    assert_eq!(scatter("x", json!(["a", "b"])), "`x` with other values than numbers");
    assert_eq!(scatter("error_y", json!({ "type": "percent" })), "error bars of type `percent`");
    assert_eq!(scatter("xaxis", json!("q")), "the axis `q`");
    assert_eq!(scatter("visible", json!("maybe")), "a trace whose `visible` is `\"maybe\"`");

    let layout = |layout: Value| refused(json!([{ "type": "scatter", "x": [1], "y": [1] }]), layout);
    assert_eq!(layout(json!({ "xaxis": { "type": "category" } })), "an axis of type `category`");
    assert_eq!(layout(json!({ "yaxis": { "overlaying": "y2" } })), "an axis laid over another one");
    assert_eq!(layout(json!({ "yaxis": { "scaleanchor": "x7" } })), "equal scales of axes that share no panel");
    assert_eq!(
        layout(json!({ "yaxis": { "domain": [0.5, 0.5] } })),
        "the domain of an axis that is no stretch from 0 to 1"
    );
    assert_eq!(layout(json!({ "annotations": [{ "text": "a" }] })), "an annotation with an arrow");
    assert_eq!(layout(json!({ "shapes": [{ "type": "circle" }] })), "a shape of type `circle`");
    let outside = json!({ "shapes": [{ "type": "line", "xref": "x9", "x0": 0 }] });
    assert_eq!(layout(outside), "a place on `x9`, which the figure does not have");
    let map = json!([{ "type": "heatmap", "z": [[1, 2]], "x": [1, 2, 3, 4] }]);
    assert_eq!(refused(map, json!({})), "a heat map whose `x` does not name the place of each cell");
    let map = json!([{ "type": "heatmap", "z": [[1, 2]], "colorscale": "Viridis" }]);
    assert!(refused(map, json!({})).starts_with("a colour scale"));
    assert!(matches!(png("<svg"), Err(Error::Raster { .. })));
}

#[test]
fn gaps_break_lines() {
    let data =
        json!([{ "type": "scatter", "mode": "lines+markers", "x": [0, 1, 2, 3, 4, 5], "y": [0, 1, null, 1, null, 2] }]);
    let drawn = drawn(data, json!({}));
    assert_eq!(count(&drawn, "circle"), 4);
    let line = drawn.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches(['M', 'L']).count(), 2, "one line of two points, single points have none: {line}");
}

#[test]
fn a_logarithmic_axis_has_no_zero() {
    let data = json!([{
        "type": "scatter", "mode": "lines+markers", "x": [1, 10, 100, 1000], "y": [0, 1e-7, 1, -3],
        "error_y": { "type": "data", "array": [1, 1, 1, 1] },
    }]);
    let drawn = drawn(data, json!({ "xaxis": { "type": "log" }, "yaxis": { "type": "log" } }));
    assert_eq!(count(&drawn, "circle"), 2);
    assert!(
        texts(&drawn).contains(&"1000") && drawn.contains("10<tspan dy=\"-4.56\" font-size=\"8.64\">−6</tspan>"),
        "{drawn}"
    );
    // A range is given in powers of ten.
    let data = json!([{ "type": "scatter", "mode": "lines", "x": [1, 2], "y": [1, 2] }]);
    let fixed = self::drawn(data, json!({ "yaxis": { "type": "log", "range": [0, 2] } }));
    assert!(["1", "10", "100"].iter().all(|text| texts(&fixed).contains(text)), "{:?}", texts(&fixed));
}

#[test]
fn figures_without_extent() {
    let scatter = |x: Value, y: Value| json!([{ "type": "scatter", "mode": "lines+markers", "x": x, "y": y }]);
    for (data, n_circles) in [
        (json!([]), 0),
        (scatter(json!([]), json!([])), 0),
        (scatter(json!([null]), json!([null])), 0),
        (scatter(json!([3]), json!([-7])), 1),
        (scatter(json!([0, 1, 2]), json!([5, 5, 5])), 3),
        (scatter(json!([2, 2, 2]), json!([0, 0, 0])), 3),
        (scatter(json!([0, 1]), json!([1e308, -1e308])), 2),
        (scatter(json!([0, 1]), json!([1e-320, 0])), 2),
        (scatter(json!([0, 1]), json!([1.0, 1.000_000_000_000_000_2])), 2),
    ] {
        for layout in [
            json!({}),
            json!({ "yaxis": { "rangemode": "tozero", "autorange": "reversed" } }),
            json!({ "yaxis": { "scaleanchor": "x" } }),
        ] {
            let drawn = drawn(data.clone(), layout);
            assert_eq!(count(&drawn, "circle"), n_circles, "{data}");
            assert!(png(&drawn).is_ok());
        }
    }
    for z in [json!([]), json!([[]]), json!([[1]]), json!([[null, null]]), json!([[1, 2, 3]]), json!([[5], [5]])] {
        for layout in [json!({}), json!({ "yaxis": { "scaleanchor": "x" }, "xaxis": { "type": "log" } })] {
            assert!(png(&drawn(json!([{ "type": "heatmap", "z": z }]), layout)).is_ok());
        }
    }
    for x in [json!([]), json!([null]), json!([2]), json!([2, 2])] {
        let data = json!([{ "type": "scatter3d", "x": x, "y": x, "z": x }]);
        assert!(png(&drawn(data, json!({}))).is_ok());
    }
}

#[test]
fn one_row_of_cells() {
    let data = json!([{ "type": "heatmap", "z": [[1, 2, 3]], "x": [10, 20, 40], "y": [0], "showscale": false }]);
    let drawn = drawn(data, json!({ "width": 300, "height": 200 }));
    let cells = drawn.split("crispEdges").nth(1).unwrap();
    let widths: Vec<f64> = cells
        .split("<rect ")
        .skip(1)
        .map(|rect| rect.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(widths.len(), 3);
    // Borders at 5, 15, 30 and 50.
    assert!((widths[1] / widths[0] - 1.5).abs() < 0.03 && (widths[2] / widths[0] - 2.0).abs() < 0.03, "{widths:?}");
}

#[test]
fn what_is_drawn_over_cells_leaves_their_axes_alone() {
    let map = json!({ "type": "heatmap", "z": [[1, 2], [3, 4]], "showscale": false });
    let path = json!({ "type": "scatter", "mode": "lines+markers", "x": [0, 1], "y": [0, 1] });
    let over = drawn(json!([map, path]), json!({}));
    let cells = |drawn: &str| drawn.split("crispEdges").nth(1).unwrap().split("</g>").next().unwrap().to_owned();
    assert_eq!(cells(&over), cells(&drawn(json!([map]), json!({}))));
    assert_eq!(count(&over, "circle"), 2);
}

#[test]
fn reversed_and_equal_axes() {
    let data = json!([{ "type": "scatter", "mode": "markers", "x": [0, 1, 0], "y": [0, 0, 1] }]);
    let centers = |layout: Value| -> Vec<[f64; 2]> {
        let drawn = drawn(data.clone(), layout);
        let circles = drawn.split("<circle cx=\"").skip(1);
        circles
            .map(|circle| {
                let mut numbers = circle.split('"').step_by(2).map(|number| number.parse().unwrap());
                [numbers.next().unwrap(), numbers.next().unwrap()]
            })
            .collect()
    };
    let usual = centers(json!({}));
    assert!(usual[1][0] > usual[0][0] && usual[2][1] < usual[0][1]);
    let reversed = centers(json!({ "xaxis": { "autorange": "reversed" }, "yaxis": { "range": [2, -1] } }));
    assert!(reversed[1][0] < reversed[0][0] && reversed[2][1] > reversed[0][1]);
    let equal = centers(json!({ "yaxis": { "scaleanchor": "x" } }));
    assert!((equal[1][0] - equal[0][0] - (equal[0][1] - equal[2][1])).abs() < 0.05, "{equal:?}");
}

#[test]
fn long_names_are_turned_and_kept_apart() {
    let names: Vec<String> = (0..40).map(|place| format!("stage{place}.block1.shortcut")).collect();
    let places: Vec<usize> = (0..40).collect();
    let axis = json!({ "tickmode": "array", "tickvals": places, "ticktext": names });
    let data = json!([{ "type": "scatter", "x": places, "y": places }]);
    let drawn = drawn(data, json!({ "xaxis": axis, "yaxis": axis }));
    for name in &names {
        assert_eq!(drawn.matches(&format!(">{name}<")).count(), 2, "{name}");
    }
    assert_eq!(drawn.matches("rotate(-90").count(), 40);
}

/// The boxes of all texts that are not slanted; slanted ones only have to be on the page.
fn boxes(group: &Group, upright: &mut Vec<Rect>, slanted: &mut Vec<Rect>) {
    for node in group.children() {
        match node {
            Node::Group(group) => boxes(group, upright, slanted),
            Node::Text(text) => {
                let transform = text.abs_transform();
                let straight = transform.kx.abs() < 1e-3 || transform.sx.abs() < 1e-3;
                if straight { &mut *upright } else { &mut *slanted }.push(text.abs_bounding_box());
            }
            _ => {}
        }
    }
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    // Boxes reach from the highest ascender to the lowest descender of the font, letters do not.
    let slack = 2.5;
    one.left() < other.right() - slack
        && other.left() < one.right() - slack
        && one.top() < other.bottom() - slack
        && other.top() < one.bottom() - slack
}

#[test]
fn texts_neither_overlap_nor_leave_the_page() {
    let names: Vec<String> = (0..30).map(|place| format!("stage{place}.block1.shortcut.conv")).collect();
    let places: Vec<usize> = (0..30).collect();
    let named = json!({ "tickmode": "array", "tickvals": places, "ticktext": names, "title": { "text": "layer" } });
    let cells = vec![places.clone(); 30];
    let long = "a title of an axis that is much longer than the axis itself is high, so that it needs several lines";
    let line = |number: usize, name: &str| {
        let suffix = if number == 1 { String::new() } else { number.to_string() };
        json!({
            "type": "scatter", "mode": "lines+markers", "x": [0, 1, 2], "y": [0, 12_345, 3], "name": name,
            "xaxis": format!("x{suffix}"), "yaxis": format!("y{suffix}"),
        })
    };
    let title = |x: f64, y: f64, text: &str| {
        json!({
            "text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "showarrow": false,
            "xanchor": "center", "yanchor": "bottom",
        })
    };
    let many: Vec<Value> = (0..40).map(|number| line(1, &format!("a path with the number {number}"))).collect();
    let figures = [
        (
            json!([{ "type": "heatmap", "z": cells, "colorbar": { "title": { "text": long } } }]),
            json!({ "xaxis": named, "yaxis": named }),
        ),
        (
            json!([{ "type": "heatmap", "z": cells, "colorbar": { "title": { "text": "distance" } } }]),
            json!({ "xaxis": named, "yaxis": { "tickvals": places, "ticktext": names, "scaleanchor": "x", "autorange": "reversed" } }),
        ),
        // Two rows of two panels whose domains touch.
        (
            json!([line(1, "one"), line(2, "two"), line(3, "three"), line(4, "four")]),
            json!({
                "xaxis": { "domain": [0, 0.5], "title": { "text": "epoch" } },
                "xaxis2": { "domain": [0.5, 1], "anchor": "y2", "title": { "text": long } },
                "xaxis3": { "domain": [0, 0.5], "anchor": "y3" }, "xaxis4": { "domain": [0.5, 1], "anchor": "y4" },
                "yaxis": { "domain": [0.5, 1], "title": { "text": long } },
                "yaxis2": { "domain": [0.5, 1], "anchor": "x2", "title": { "text": "loss" } },
                "yaxis3": { "domain": [0, 0.5], "anchor": "x3", "title": { "text": "loss" } },
                "yaxis4": { "domain": [0, 0.5], "anchor": "x4", "title": { "text": long } },
                "annotations": [
                    title(0.25, 1.0, "upper left"), title(0.75, 1.0, "upper right, with a name longer than its panel is wide"),
                    title(0.25, 0.5, "lower left"), title(0.75, 0.5, "lower right"),
                    { "text": "a note below everything", "x": 0, "y": -0.2, "xref": "paper", "yref": "paper", "showarrow": false },
                ],
            }),
        ),
        (json!(many), json!({ "xaxis": { "title": { "text": "layer" } } })),
        (json!(many), json!({ "legend": { "orientation": "h", "y": 1.02, "yanchor": "bottom" } })),
        (json!(many), json!({ "legend": { "orientation": "h", "y": -0.2 }, "xaxis": named })),
        (
            json!([{ "type": "scatter3d", "x": [0, 1000], "y": [0, 1], "z": [0, 1e-6], "name": long, "showlegend": true }]),
            json!({ "scene": { "xaxis": { "title": { "text": "first" } }, "yaxis": { "title": { "text": "second" } }, "zaxis": { "title": { "text": "third" } } } }),
        ),
        (json!([line(1, long)]), json!({ "width": 200, "height": 150, "xaxis": named, "showlegend": true })),
    ];
    for (number, (data, layout)) in figures.into_iter().enumerate() {
        let drawn = drawn(data, layout);
        let tree = tree(&drawn).unwrap();
        let (mut upright, mut slanted) = (Vec::new(), Vec::new());
        boxes(tree.root(), &mut upright, &mut slanted);
        assert!(!upright.is_empty());
        for text in upright.iter().chain(&slanted) {
            let inside = text.left() >= 0.0
                && text.top() >= 0.0
                && text.right() <= tree.size().width()
                && text.bottom() <= tree.size().height();
            assert!(inside, "figure {number}: {text:?} on {:?}\n{drawn}", tree.size());
        }
        for (place, one) in upright.iter().enumerate() {
            for other in &upright[place + 1..] {
                assert!(!overlap(one, other), "figure {number}: {one:?} and {other:?}\n{drawn}");
            }
        }
    }
}

#[test]
fn hidden_traces_and_long_legends() {
    let traces: Vec<Value> = (0..100)
        .map(|number| json!({ "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, number], "name": format!("path {number}") }))
        .collect();
    let drawn = drawn(json!(traces), json!({}));
    assert!(texts(&drawn).contains(&"… and 21 more") && !texts(&drawn).contains(&"path 79"));

    let trace = |visible: Value| json!({ "type": "scatter", "mode": "markers", "x": [0], "y": [0], "name": "n", "visible": visible });
    let drawn = self::drawn(json!([trace(json!(true)), trace(json!(false)), trace(json!("legendonly"))]), json!({}));
    assert_eq!(texts(&drawn).iter().filter(|text| **text == "n").count(), 2);
    assert_eq!(count(&drawn, "circle"), 3, "one on the page, two in the legend");
}
