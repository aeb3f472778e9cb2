// Charts of the overview, drawn from its table: who cannot see them reads the same numbers there.
"use strict";

const HEIGHT = 220;
const language = document.documentElement.lang;
const charts = new Map();
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

// What each chart shows: the table's columns, and how they are drawn. Bars stand on each other.
const SHOWN = {
  messages: { bars: [[1, "--good"], [2, "--bad"], [3, "--warn"]] },
  delay: { lines: [[4, "--good"], [5, "--warn"]] },
  money: { bars: [[6, "--sandbox"]], apart: [[7, "--good"]] },
};

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function readTable() {
  const rows = [...document.querySelectorAll("#series tbody tr")];
  const titles = [...document.querySelectorAll("#series thead th")].map((cell) => cell.textContent);
  const columns = titles.map((_, index) =>
    rows.map((row) => {
      if (index === 0) return Date.parse(row.querySelector("time").dateTime) / 1000;
      const value = row.cells[index].dataset.v;
      return value === undefined ? null : Number(value);
    }),
  );
  return { titles, columns };
}

// The columns of one chart, bars cumulated; the highest is drawn first, the others before it.
function dataOf(shown, columns) {
  const bars = [];
  let below = columns[0].map(() => 0);
  for (const [column] of shown.bars ?? []) {
    below = below.map((sum, index) => sum + (columns[column][index] ?? 0));
    bars.unshift(below);
  }
  const rest = [...(shown.lines ?? []), ...(shown.apart ?? [])].map(([column]) => columns[column]);
  return [columns[0], ...bars, ...rest];
}

function seriesOf(shown, titles) {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });
  const own = (column) => (_chart, _value, _series, index) => {
    const value = index === null ? null : readTable().columns[column][index];
    return value === null ? "–" : number.format(value);
  };
  const bars = [...(shown.bars ?? [])].reverse().map(([column, name]) => ({
    label: titles[column],
    fill: colour(name),
    stroke: colour(name),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars({ size: [0.8, 40], align: 1 }),
    value: own(column),
  }));
  const line = (scale) => ([column, name]) => ({
    label: titles[column],
    stroke: colour(name),
    width: 2,
    scale,
    spanGaps: true,
    value: own(column),
  });
  return [
    { label: titles[0], value: (_chart, seconds) => (seconds === null ? "–" : moment.format(seconds * 1000)) },
    ...bars,
    ...(shown.lines ?? []).map(line("y")),
    ...(shown.apart ?? []).map(line("apart")),
  ];
}

function axesOf(shown) {
  const look = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });
  const values = (_chart, splits) => splits.map((value) => (value === null ? "" : number.format(value)));
  const time = { ...look, values: timesOf, space: 76 };
  const axes = [time, { ...look, values, size: 64 }];
  if (shown.apart) axes.push({ ...look, values, size: 64, side: 1, scale: "apart", grid: { show: false } });
  return axes;
}

// The reader's own time: hours, and the day where another one begins.
function timesOf(_chart, splits) {
  const hours = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const days = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
  return splits.map((seconds, index) => {
    const at = new Date(seconds * 1000);
    const before = index ? new Date(splits[index - 1] * 1000) : null;
    const isDay = at.getHours() === 0 && at.getMinutes() === 0;
    return isDay || (before && before.getDate() !== at.getDate()) ? days.format(at) : hours.format(at);
  });
}

function draw(figure) {
  const { titles, columns } = readTable();
  const shown = SHOWN[figure.dataset.chart];
  charts.get(figure)?.destroy();
  const fromNothing = (_chart, lowest, highest) => [Math.min(0, lowest ?? 0), (highest || 1) * 1.05];
  const [first, second] = columns[0];
  const wholeSteps = (_chart, lowest, highest) => [lowest, highest + second - first];
  const options = {
    width: figure.clientWidth - 24,
    height: HEIGHT,
    series: seriesOf(shown, titles),
    axes: axesOf(shown),
    scales: { x: { time: true, range: wholeSteps }, y: { range: fromNothing }, apart: { range: fromNothing } },
    cursor: { drag: { x: false, y: false } },
  };
  charts.set(figure, new uPlot(options, dataOf(shown, columns), figure));
}

function drawAll() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
}

function refresh() {
  const { columns } = readTable();
  for (const [figure, chart] of charts) chart.setData(dataOf(SHOWN[figure.dataset.chart], columns));
}

function begin(place) {
  place.hidden = false;
  drawAll();
  const observer = new ResizeObserver(() => {
    for (const [figure, chart] of charts) chart.setSize({ width: figure.clientWidth - 24, height: HEIGHT });
  });
  observer.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
}

// Where nothing could be counted at first there is no table, until a later look brings one.
function show() {
  const place = document.getElementById("charts");
  if (!place || !document.querySelector("#series tbody tr")) return;
  if (charts.size === 0) begin(place);
  else refresh();
}

show();
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.target.id === "series") show();
});
