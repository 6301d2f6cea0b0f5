// The picture of the graph.
"use strict";

(() => {
  const { html } = htmPreact;
  const [WIDE, HIGH, ACROSS, DOWN] = [132, 34, 148, 62];

  finerweb.Graph = ({ graph }) => {
    const rows = Math.max(...graph.stages.map((stage) => stage.row)) + 1;
    const most = Math.max(...graph.stages.map((stage) => stage.column)) + 1;
    const inRow = (row) => graph.stages.filter((stage) => stage.row === row).length;
    const place = Object.fromEntries(
      graph.stages.map((stage) => {
        const left = ((most - inRow(stage.row)) * ACROSS) / 2;
        return [stage.name, { x: left + stage.column * ACROSS + ACROSS / 2, y: stage.row * DOWN + 20 }];
      }),
    );
    const line = ([from, to]) => {
      const [a, b] = [place[from], place[to]];
      const [top, bottom] = [a.y + HIGH, b.y - 2];
      const bend = Math.max(20, (bottom - top) / 2);
      return `M${a.x},${top} C${a.x},${top + bend} ${b.x},${bottom - bend} ${b.x},${bottom}`;
    };
    const label = `${graph.stages.length} stages from ${graph.stages[0].name} down; the list below says what each does`;
    return html`
      <${finerweb.Scroll} label="Picture of the graph">
        <svg class="graph" role="img" aria-label=${label}
          width=${most * ACROSS} height=${rows * DOWN + 10} viewBox="0 0 ${most * ACROSS} ${rows * DOWN + 10}">
          <defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0,0 L8,4 L0,8 z" /></marker></defs>
          ${graph.edges.map((edge) => html`<path class="edge" d=${line(edge)} marker-end="url(#arrow)" />`)}
          ${graph.stages.map((stage) => html`<g transform="translate(${place[stage.name].x - WIDE / 2},${place[stage.name].y})">
            <title>${stage.desc}</title>
            ${stage.by.length > 0 && html`<rect class="behind" x="4" y="4" width=${WIDE} height=${HIGH} rx="6" />`}
            <rect width=${WIDE} height=${HIGH} rx="6" />
            <text x=${WIDE / 2} y=${HIGH / 2 + 4}>${stage.name}</text></g>`)}
        </svg>
      <//>
      <details><summary>What the stages do</summary><dl class="stages">
        ${graph.stages.map((stage) => html`<dt>${stage.name}${stage.by.length > 0 && html` <small>a run for each ${stage.by.join(", ")}</small>`}</dt><dd>${stage.desc}</dd>`)}
      </dl></details>`;
  };
})();
