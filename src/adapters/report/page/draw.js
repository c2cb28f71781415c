(() => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const charts = read("charts");
  const byNight = new Map(read("colours"));
  const night = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 640px)");
  const touch = matchMedia("(pointer: coarse)");

  // A copy in the colours of the hour; plotly keeps what it is given, and changes it.
  const coloured = (value, dark) => {
    if (typeof value === "string") return (dark && byNight.get(value)) || value;
    if (Array.isArray(value)) return value.map((each) => coloured(each, dark));
    if (value === null || typeof value !== "object") return value;
    const pairs = Object.entries(value).map(([key, each]) => [key, coloured(each, dark)]);
    return Object.fromEntries(pairs);
  };

  const draw = (dark) => {
    for (const chart of charts) {
      const layout = coloured(chart.layout, dark);
      layout.autosize = true;
      layout.dragmode = touch.matches ? false : "zoom";
      const data = coloured(chart.data, dark);
      if (narrow.matches) {
        layout.margin = { ...layout.margin, l: Math.min(layout.margin.l, 40), r: 6 };
        layout.font.size = 11;
        for (const { marker } of data) if (marker) marker.size *= 0.75;
      }
      const config = { responsive: true, displayModeBar: false, doubleClick: "reset" };
      Plotly.react(chart.id, data, layout, config);
    }
    document.documentElement.dataset.drawn = charts.length;
  };

  draw(night.matches);
  night.addEventListener("change", () => draw(night.matches));
  narrow.addEventListener("change", () => draw(night.matches));
  addEventListener("beforeprint", () => draw(false));
  addEventListener("afterprint", () => draw(night.matches));
})();
