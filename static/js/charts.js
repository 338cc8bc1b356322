// Draws the charts: Plotly is loaded when the first one comes into view, on phones when asked.
// Colours come from the tokens, so a change of theme draws again with the same data.
import { onThemeChange } from "./theme.js";

const PHONE = matchMedia("(max-width: 640px)");
let library;

function loadPlotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="accord-plotly"]').content;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

const colours = new Map();

/** Reads a token as a plain colour, once per theme; light-dark() is resolved by the browser. */
function colour(name) {
  if (colours.has(name)) return colours.get(name);
  const probe = document.createElement("span");
  probe.className = "visually-hidden";
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  colours.set(name, value);
  return value;
}

/** Replaces every `var(--token)` in the figure by its colour of the moment. */
function resolve(value) {
  if (typeof value === "string") {
    const token = /^var\((--[\w-]+)\)$/.exec(value);
    return token ? colour(token[1]) : value;
  }
  if (Array.isArray(value)) return value.map(resolve);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
  }
  return value;
}

function merge(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    const isPart = value && typeof value === "object" && !Array.isArray(value) && typeof result[key] === "object";
    result[key] = isPart ? merge(result[key], value) : value;
  }
  return result;
}

function frame(layout = {}) {
  const axis = {
    gridcolor: "var(--line)", linecolor: "var(--line-strong)", zerolinecolor: "var(--line-strong)",
    tickcolor: "var(--line-strong)", automargin: true, fixedrange: true, title: {},
  };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false,
    font: { family: getComputedStyle(document.body).fontFamily, size: parseFloat(getComputedStyle(document.body).fontSize) * 0.82, color: "var(--ink-soft)" },
    margin: { l: 44, r: 12, t: 12, b: 34 }, showlegend: false, hovermode: "closest",
    hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--line-strong)", font: { color: "var(--ink)", size: 12 } },
    legend: { orientation: "h", y: -0.18, x: 0 },
    colorway: ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"].map((name) => `var(${name})`),
    xaxis: axis, yaxis: axis, barcornerradius: 2,
    ...Object.fromEntries(Object.keys(layout).filter((key) => /^[xy]axis\d+$/.test(key)).map((key) => [key, axis])),
  };
}

function address(point) {
  const behind = Array.isArray(point?.customdata) ? point.customdata[0] : point?.customdata;
  return typeof behind === "string" && behind.startsWith("/") ? behind : null;
}

async function draw(canvas) {
  const source = document.getElementById(canvas.dataset.figure);
  if (!source) return;
  const figure = JSON.parse(source.textContent);
  const plotly = await loadPlotly();
  const layout = resolve(merge(frame(figure.layout), figure.layout));
  const config = { displayModeBar: false, responsive: true, ...figure.config };
  await plotly.react(canvas, resolve(figure.data), layout, config);
  if (!canvas.hasAttribute("data-drawn")) {
    canvas.on("plotly_click", (event) => {
      const behind = address(event.points[0]);
      if (behind) location.assign(behind);
    });
  }
  canvas.setAttribute("data-drawn", "");
}

function ask(canvas) {
  const button = document.createElement("button");
  button.className = "button chart__ask";
  button.type = "button";
  button.textContent = "Show chart";
  button.addEventListener("click", () => { button.remove(); draw(canvas); });
  canvas.append(button);
}

/** Watches the charts of the page, and of fragments swapped in later. */
export function startCharts() {
  const seen = new WeakSet();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "120px" });
  const watch = () => {
    for (const canvas of document.querySelectorAll(".chart__canvas[data-figure]")) {
      if (seen.has(canvas)) continue;
      seen.add(canvas);
      if (PHONE.matches) ask(canvas);
      else watcher.observe(canvas);
    }
  };
  watch();
  document.addEventListener("htmx:afterSettle", watch);
  onThemeChange(() => {
    colours.clear();
    for (const canvas of document.querySelectorAll(".chart__canvas[data-drawn]")) draw(canvas);
  });
}
