// Draws the figures of the page, follows light and dark mode, and lets check boxes, lists and sliders choose what they show.
(function () {
  "use strict";
  var LIGHT = { ink: "#1b1f23", muted: "#59626b", grid: "#e3e7ea", line: "#8a949d", paper: "#ffffff" };
  var DARK = { ink: "#e6e9ec", muted: "#9aa4ad", grid: "#2b3238", line: "#7d8790", paper: "#14181b" };
  // Width and least height of a figure on paper.
  var PRINT = { width: 680, height: 370 };
  var choices = 0;
  var CONFIG = {
    displaylogo: false,
    responsive: true,
    typesetMath: false,
    showTips: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg" },
  };
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot")).map(function (element) {
    var figure = JSON.parse(document.getElementById(element.id + "-data").textContent);
    // Figures of studies have several states, one for each combination of `choices`, the last varying fastest.
    var plot = { element: element, base: figure.layout, choices: figure.choices || [], zoom: "keep" };
    plot.frames = figure.frames || [{ data: figure.data, layout: {} }];
    state(plot, 0);
    return plot;
  });

  function state(plot, place) {
    plot.data = plot.frames[place].data;
    plot.layout = Object.assign({}, plot.base, plot.frames[place].layout);
    plot.layout.uirevision = plot.zoom;
    plot.layout.modebar = plot.layout.modebar || { orientation: "v" };
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
    Object.keys(layout).filter(function (key) { return /^[xy]axis\d*$/.test(key); })
      .map(function (key) { return layout[key]; })
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

  // `size` is given for paper; on a screen a figure fills its element.
  function draw(plot, colors, size) {
    color(plot, colors);
    plot.layout.autosize = !size;
    plot.layout.width = size ? size.width : undefined;
    plot.layout.height = size ? Math.max(size.height, plot.element.dataset.height || 0) : undefined;
    plot.drawn = true;
    window.Plotly.react(plot.element, plot.data, plot.layout, CONFIG);
  }

  function theme() { return dark.matches ? DARK : LIGHT; }

  // Figures that were drawn are drawn again; the others wait until they come near the window.
  function screen() {
    plots.forEach(function (plot) { if (plot.drawn) { draw(plot, theme()); } });
  }

  var watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var plot = plots.filter(function (one) { return one.element === entry.target; })[0];
      if (entry.isIntersecting && !plot.drawn) { draw(plot, theme()); }
    });
  }, { rootMargin: "800px" });

  // Shows the paths whose boxes are checked, in all figures of the section.
  function choose(selector) {
    var shown = {};
    choices += 1;
    selector.querySelectorAll("input").forEach(function (box) { shown[box.value] = box.checked; });
    plots.forEach(function (plot) {
      if (plot.element.dataset.section !== selector.dataset.section) { return; }
      plot.data.forEach(function (trace) {
        if (trace.legendgroup in shown) { trace.visible = shown[trace.legendgroup]; }
      });
      plot.layout.uirevision = "choice " + choices;
      if (plot.drawn) { draw(plot, theme()); }
    });
  }

  document.querySelectorAll(".selector").forEach(function (selector) {
    var boxes = Array.prototype.slice.call(selector.querySelectorAll("input"));
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
    var plot = plots.filter(function (one) { return one.element.id === controls.dataset.plot; })[0];
    var fields = Array.prototype.slice.call(controls.querySelectorAll("select, input"));
    function show() {
      var place = 0;
      fields.forEach(function (field, axis) {
        place = place * plot.choices[axis] + Number(field.value);
        if (field.type === "range") {
          var text = JSON.parse(field.dataset.choices)[Number(field.value)];
          field.parentNode.querySelector("output").textContent = text;
          field.setAttribute("aria-valuetext", text);
        }
      });
      plot.zoom = fields.filter(function (field) { return field.type !== "range"; })
        .map(function (field) { return field.value; }).join(" ");
      state(plot, place);
    }
    controls.hidden = false;
    show();
    controls.addEventListener("input", function () {
      show();
      draw(plot, theme());
    });
  });

  // A link to a table that is folded away opens it.
  window.addEventListener("hashchange", function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; }
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (element) { element.open = true; });
    plots.forEach(function (plot) { draw(plot, LIGHT, PRINT); });
  });
  window.addEventListener("afterprint", screen);
  dark.addEventListener("change", screen);
  plots.forEach(function (plot) { watch.observe(plot.element); });
})();
