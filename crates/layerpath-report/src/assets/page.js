// Draws the figures of the page, follows light and dark mode and the width of the window, lets check boxes, lists
// and sliders choose what they show, and lets the arrow keys walk through their values.
(function () {
  "use strict";
  var LIGHT = { ink: "#1b1f23", muted: "#59626b", grid: "#e3e7ea", line: "#8a949d", paper: "#ffffff" };
  var DARK = { ink: "#e6e9ec", muted: "#9aa4ad", grid: "#2b3238", line: "#7d8790", paper: "#14181b" };
  // Width of a figure on paper and its least and greatest height: a page holds it with its heading and caption.
  var PRINT = { width: 680, height: 370, most: 800 };
  // Narrower figures have one panel a row, short names and their legend below.
  var NARROW = 560;
  // Figures with so many lines show one of them against the others.
  var MANY = 4;
  var choices = 0;
  var CONFIG = {
    displaylogo: false,
    responsive: true,
    typesetMath: false,
    showTips: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  };
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function list(nodes) { return Array.prototype.slice.call(nodes); }
  function axes(layout) { return Object.keys(layout).filter(function (key) { return /^[xy]axis\d*$/.test(key); }); }
  // The field of a layout that holds axis `x3` of a trace.
  function field(axis) { return axis.charAt(0) + "axis" + axis.slice(1); }

  var plots = list(document.querySelectorAll(".plot")).map(function (element) {
    var figure = JSON.parse(document.getElementById(element.id + "-data").textContent);
    // Figures of studies have several states, one for each combination of `choices`, the last varying fastest.
    var plot = { element: element, base: figure.layout, choices: figure.choices || [], zoom: "keep", place: 0 };
    plot.frames = figure.frames || [{ data: figure.data, layout: {} }];
    // Saved pictures are called after their figure.
    plot.config = Object.assign({ toImageButtonOptions: { format: "svg", filename: element.id } }, CONFIG);
    state(plot);
    return plot;
  });

  function of(element) { return plots.filter(function (one) { return one.element === element; })[0]; }

  // Data and layout of the state that is chosen.
  function state(plot) {
    var frame = plot.frames[plot.place];
    plot.data = frame.data;
    plot.layout = Object.assign({}, plot.base, frame.layout);
    plot.layout.uirevision = plot.zoom;
    plot.layout.modebar = plot.layout.modebar || { orientation: "v" };
  }

  // Cells of a heat map are named by the whole names of their row and column, whatever the axes show.
  function name(plot, trace) {
    function names(letter) {
      var axis = plot.layout[field(trace[letter + "axis"] || letter)];
      var title = axis.title && axis.title.text, named = axis.names || axis.ticktext;
      return function (place) {
        if (trace.meta) { return trace.meta[letter][place]; }
        return (title ? title + " " : "") + (named ? named[place] : place);
      };
    }
    var row = names("y"), column = names("x"), what = trace.colorbar.title.text;
    trace.text = trace.z.map(function (values, i) {
      return values.map(function (_, j) { return row(i) + "<br>" + column(j) + "<br>" + what; });
    });
    trace.hovertemplate = "%{text}: %{" + (trace.customdata ? "customdata" : "z") + "}<extra></extra>";
  }

  // Sets every colour that depends on light and dark.
  function color(plot, colors) {
    var layout = plot.layout;
    layout.paper_bgcolor = layout.plot_bgcolor = colors.paper;
    layout.font = { family: "system-ui, sans-serif", size: 13, color: colors.ink };
    layout.modebar.bgcolor = "rgba(0,0,0,0)";
    layout.modebar.color = colors.muted;
    layout.modebar.activecolor = colors.ink;
    var scene = layout.scene || {};
    axes(layout).map(function (key) { return layout[key]; })
      .concat([scene.xaxis, scene.yaxis, scene.zaxis])
      .forEach(function (axis) {
        if (!axis) { return; }
        axis.gridcolor = colors.grid;
        axis.linecolor = colors.line;
        axis.zerolinecolor = colors.line;
      });
    (layout.shapes || []).forEach(function (shape) { shape.line.color = colors.line; });
    plot.data.forEach(function (trace) {
      if ((trace.legendgroup || "").indexOf("ink-") === 0) {
        trace.marker.color = colors.ink;
        if (trace.line) { trace.line.color = colors.muted; trace.marker.color = colors.muted; }
      }
    });
  }

  // Words of a name by their first letters; numbers stay.
  function short(text) {
    if (String(text).length <= 12) { return text; }
    return String(text).replace(/[A-Za-z]{3,}/g, function (word) { return word.slice(0, 2); });
  }

  // Rearranges a figure for a narrow window; returns its height.
  function squeeze(plot, height) {
    var layout = plot.layout, panels = layout.meta && layout.meta.panels;
    layout.margin = Object.assign({}, layout.margin, { l: 44, r: 12 });
    axes(layout).forEach(function (key) {
      var axis = layout[key] = Object.assign({}, layout[key]);
      if (axis.ticktext) { axis.ticktext = axis.ticktext.map(short); }
      axis.tickfont = { size: 11 };
    });
    if (layout.legend) {
      layout.legend = {
        orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", font: { size: 11 },
        tracegroupgap: 0,
      };
    }
    var entries = plot.data.filter(function (trace) { return trace.showlegend !== false && trace.type !== "heatmap"; });
    var legend = entries.length > 8 ? 19 * Math.ceil(entries.length / 2) : 19 * entries.length;
    if (entries.length > 8) {
      entries.forEach(function (trace) {
        if (!/^ink-/.test(trace.legendgroup)) { trace.name = short(trace.whole); }
      });
      Object.assign(layout.legend, { entrywidthmode: "fraction", entrywidth: 0.47, itemwidth: 30, font: { size: 10 } });
    }
    if (!panels) { return Math.min(height, 400) + legend; }
    var count = panels[0], gap = 0.24 / count, size = (1 - gap * (count - 1)) / count;
    var named = axes(layout).filter(function (key) { return key.charAt(0) === "x"; });
    var sparse = named.some(function (key) { return layout[key].showticklabels === false; });
    layout.annotations = layout.annotations.map(function (title, place) {
      var top = 1 - place * (size + gap), suffix = place ? place + 1 : "";
      layout["xaxis" + suffix].domain = [0, 1];
      layout["yaxis" + suffix].domain = [Math.max(0, top - size), Math.min(1, top)];
      if (sparse) { layout["xaxis" + suffix].showticklabels = place === count - 1; }
      if (place < count - 1) { layout["xaxis" + suffix].title = { text: "" }; }
      return Object.assign({}, title, { x: 0, y: Math.min(1, top), font: { size: 12 } });
    });
    layout.legend.y = 1 + 24 / (count * 190);
    return count * 190 + legend + 60;
  }

  // `size` is given for paper; on a screen a figure fills its element.
  function draw(plot, colors, size) {
    var element = plot.element, height = Number(element.dataset.height) || 480;
    state(plot);
    plot.data.forEach(function (trace) {
      if (trace.type === "heatmap" && !trace.text) { name(plot, trace); }
      // Names are shortened where it is narrow.
      trace.whole = trace.whole || trace.name;
      trace.name = trace.whole;
    });
    plot.narrow = !size && element.clientWidth < NARROW;
    if (plot.narrow) { height = squeeze(plot, height); }
    color(plot, colors);
    plot.layout.autosize = !size;
    plot.layout.width = size ? size.width : undefined;
    if (size) { height = Math.min(size.most, Math.max(size.height, Number(element.dataset.height) || 0)); }
    element.style.height = height + "px";
    plot.layout.height = size ? height : undefined;
    window.Plotly.react(element, plot.data, plot.layout, plot.config);
    if (!plot.drawn) { listen(plot); }
    plot.drawn = true;
  }

  function theme() { return dark.matches ? DARK : LIGHT; }

  // Figures that were drawn are drawn again; the others wait until they come near the window.
  function screen() {
    plots.forEach(function (plot) { if (plot.drawn) { draw(plot, theme()); } });
  }

  var watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var plot = of(entry.target);
      if (entry.isIntersecting && !plot.drawn) { draw(plot, theme()); }
    });
  }, { rootMargin: "800px" });

  // plotly.js follows the width; what changes at the narrow width is ours.
  window.addEventListener("resize", function () {
    plots.forEach(function (plot) {
      if (plot.drawn && plot.narrow !== plot.element.clientWidth < NARROW) { draw(plot, theme()); }
    });
  });

  // Shows the paths whose boxes are checked, in all figures of the section.
  function choose(selector) {
    var shown = {};
    choices += 1;
    selector.querySelectorAll("input").forEach(function (box) { shown[box.value] = box.checked; });
    plots.forEach(function (plot) {
      if (plot.element.dataset.section !== selector.dataset.section) { return; }
      if (plot.leave) { plot.leave(); }
      plot.data.forEach(function (trace) {
        if (trace.legendgroup in shown) { trace.visible = shown[trace.legendgroup]; }
      });
      plot.zoom = "choice " + choices;
      if (plot.drawn) { draw(plot, theme()); }
    });
  }

  document.querySelectorAll(".selector").forEach(function (selector) {
    var boxes = list(selector.querySelectorAll("input"));
    selector.hidden = false;
    selector.addEventListener("change", function () { choose(selector); });
    selector.querySelectorAll("button").forEach(function (button) {
      button.addEventListener("click", function () {
        boxes.forEach(function (box, place) {
          box.checked = button.dataset.show === "all" ||
            (button.dataset.show === "ends" && (place === 0 || place === boxes.length - 1));
        });
        choose(selector);
      });
    });
  });

  // Lists and sliders choose a state of their figure. A slider keeps the view; another list begins a new one.
  document.querySelectorAll(".controls").forEach(function (controls) {
    var plot = of(document.getElementById(controls.dataset.plot));
    var fields = list(controls.querySelectorAll("select, input"));
    function show() {
      plot.place = 0;
      fields.forEach(function (field, axis) {
        plot.place = plot.place * plot.choices[axis] + Number(field.value);
        if (field.type === "range") {
          var text = JSON.parse(field.dataset.choices)[Number(field.value)];
          field.parentNode.querySelector("output").textContent = text;
          field.setAttribute("aria-valuetext", text);
        }
      });
      plot.zoom = fields.filter(function (field) { return field.type !== "range"; })
        .map(function (field) { return field.value; }).join(" ");
      state(plot);
    }
    controls.hidden = false;
    show();
    controls.addEventListener("input", function () {
      if (plot.leave) { plot.leave(); }
      show();
      draw(plot, theme());
    });
  });

  // One group of lines before the others, which fade; all alike without one.
  function emphasize(plot, group) {
    var groups = {};
    plot.data.forEach(function (trace) { if (trace.hovertext) { groups[trace.legendgroup] = true; } });
    if (Object.keys(groups).length < MANY) { return; }
    plot.element.querySelectorAll(".scatterlayer .trace").forEach(function (node) {
      var trace = node.__data__ && node.__data__[0].trace;
      var faded = group && trace && trace.legendgroup in groups && trace.legendgroup !== group;
      node.style.opacity = faded ? "0.12" : "1";
    });
  }

  // A pointer on a point or on the legend brings a line forward.
  function listen(plot) {
    var element = plot.element;
    element.on("plotly_hover", function (event) { emphasize(plot, event.points[0].data.legendgroup); });
    element.on("plotly_unhover", function () { emphasize(plot); });
    element.addEventListener("mouseover", function (event) {
      var entry = event.target.closest && event.target.closest(".legend .traces");
      if (entry && entry.__data__) {
        plot.pointed = true;
        emphasize(plot, entry.__data__[0].trace.legendgroup);
      } else if (plot.pointed) {
        plot.pointed = false;
        emphasize(plot);
      }
    });
  }

  // What a label of plotly.js says, as plain text.
  function plain(label) {
    return label.replace(/<br>/g, ", ").replace(/<\/?b>/g, "")
      .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  }

  // The lines of a figure, and the rows of its heat maps, with the places of their values.
  function lines(plot) {
    var all = [];
    plot.data.forEach(function (trace, curve) {
      if (trace.visible === false || trace.visible === "legendonly" || trace.hoverinfo === "skip") { return; }
      if (trace.type === "heatmap") {
        trace.z.forEach(function (values, row) {
          all.push({ curve: curve, trace: trace, row: row, points: values.map(function (_, place) { return place; }) });
        });
        return;
      }
      var points = [];
      trace.y.forEach(function (value, place) {
        if (value !== null && trace.x[place] !== null) { points.push(place); }
      });
      if (points.length && trace.hovertext) { all.push({ curve: curve, trace: trace, points: points }); }
    });
    return all;
  }

  // A value in words.
  function say(plot, line, point) {
    var trace = line.trace;
    if (trace.type === "heatmap") {
      var value = (trace.customdata || trace.z)[line.row][point];
      return plain(trace.text[line.row][point]) + ": " + (value === null ? "no value" : value);
    }
    var text = plain(trace.hovertext[point]), title = "";
    if (plot.layout.meta && plot.layout.meta.panels) {
      title = plain(plot.layout.annotations[(Number((trace.xaxis || "x").slice(1)) || 1) - 1].text);
    }
    var named = plain(trace.whole || "");
    if (text.indexOf(named) < 0) { text = named + ", " + text; }
    return title && text.indexOf(title) < 0 ? title + ", " + text : text;
  }

  document.querySelectorAll(".explore").forEach(function (frame) {
    var plot = of(document.getElementById(frame.dataset.plot));
    var readout = document.getElementById(frame.dataset.plot + "-readout");
    // Where the reader is: trace and row, and which of its values.
    var cursor = null;
    frame.tabIndex = 0;
    frame.setAttribute("role", "application");

    // What was read stands no longer, or is read no more.
    function leave() {
      cursor = null;
      readout.textContent = "";
      if (plot.drawn) {
        if (!plot.layout.scene) { window.Plotly.Fx.unhover(plot.element); }
        emphasize(plot);
      }
    }

    plot.leave = leave;

    function show(all) {
      var line = all[cursor.line], point = line.points[cursor.value], trace = line.trace;
      var where = (cursor.value + 1) + " of " + line.points.length + ", line " + (cursor.line + 1) + " of " + all.length;
      readout.textContent = say(plot, line, point) + " (" + where + ")";
      // Pictures in space have no labels but those of the pointer; the line below tells the value.
      if (trace.type !== "scatter3d") {
        window.Plotly.Fx.hover(
          plot.element,
          [{ curveNumber: line.curve, pointNumber: trace.type === "heatmap" ? [line.row, point] : point }],
          (trace.xaxis || "x") + (trace.yaxis || "y")
        );
        emphasize(plot, trace.legendgroup);
      }
    }

    // This line alone, or all again.
    function alone(all) {
      var trace = all[cursor.line].trace, group = trace.legendgroup;
      if (!group) { return; }
      var hide = plot.data.some(function (one) {
        return one.hovertext && one.legendgroup !== group && one.visible !== "legendonly" && one.visible !== false;
      });
      plot.data.forEach(function (one) {
        if (one.hovertext && one.legendgroup !== group && one.visible !== false) {
          one.visible = hide ? "legendonly" : true;
        }
      });
      choices += 1;
      plot.zoom = "alone " + choices;
      draw(plot, theme());
      var left = lines(plot);
      cursor.line = left.map(function (one) { return one.trace; }).indexOf(trace);
      show(left);
    }

    frame.addEventListener("focus", function () { if (!plot.drawn) { draw(plot, theme()); } });
    frame.addEventListener("blur", leave);
    frame.addEventListener("keydown", function (event) {
      if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey) { return; }
      if (event.key === "Escape") { leave(); return; }
      var moves = {
        ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9],
      };
      var move = moves[event.key], all = lines(plot);
      if ((!move && event.key !== "Enter") || !all.length) { return; }
      event.preventDefault();
      function within(value, count) { return Math.max(0, Math.min(count - 1, value)); }
      if (!cursor) {
        cursor = { line: 0, value: 0 };
      } else if (event.key === "Enter") {
        alone(all);
        return;
      } else {
        cursor.line = within(cursor.line + move[0], all.length);
        cursor.value += move[1];
      }
      cursor.line = within(cursor.line, all.length);
      cursor.value = within(cursor.value, all[cursor.line].points.length);
      show(all);
    });
  });

  // A link to a table that is folded away opens it.
  window.addEventListener("hashchange", function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; }
  });
  window.addEventListener("beforeprint", function () {
    // Tables of points are opened; what stands a second time stays as the reader left it.
    document.querySelectorAll("details.path, details.columns").forEach(function (element) { element.open = true; });
    plots.forEach(function (plot) { draw(plot, LIGHT, PRINT); });
  });
  window.addEventListener("afterprint", screen);
  dark.addEventListener("change", screen);
  plots.forEach(function (plot) { watch.observe(plot.element); });
})();
