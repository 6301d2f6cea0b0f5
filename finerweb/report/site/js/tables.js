// Tables and figures.
"use strict";

(() => {
  const { html, useState } = Object.assign({}, htmPreact);

  finerweb.show = (value) => {
    if (value === null || value === undefined) return "–";
    if (typeof value !== "number") return String(value);
    if (Number.isInteger(value)) return value.toLocaleString("en");
    const size = Math.abs(value);
    if (size >= 100) return Math.round(value).toLocaleString("en");
    return value.toFixed(size < 1 ? 3 : size < 10 ? 2 : 1);
  };

  finerweb.change = (here, there) => {
    if (here === null || there === null || there === undefined) return "–";
    const moved = here - there;
    if (Math.abs(moved) < 5e-5) return "same";
    return `${moved > 0 ? "+" : "−"}${finerweb.show(Math.abs(moved))}`;
  };

  // A table that scrolls sideways by itself where the page is narrow, by keyboard too.
  finerweb.Scroll = ({ label, children }) => html`
    <div class="scroll" role="region" aria-label=${label} tabindex="0">${children}</div>`;

  // `rows` are arrays; a cell is a string, a number or what html gives. Numbers can be drawn as
  // bars, and every column sorts.
  finerweb.Table = ({ label, head, rows, bars = [], sortable = false }) => {
    const [by, setBy] = useState({ column: -1, up: false });
    const value = (row) => row[by.column]?.value ?? row[by.column];
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      const less = typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en");
      return by.up ? less : -less;
    };
    const shown = by.column < 0 ? rows : [...rows].sort(order);
    const tops = head.map((_, i) => (bars.includes(i) ? Math.max(...rows.map((r) => r[i] ?? 0)) : 0));
    const sort = (column) => setBy({ column, up: by.column === column ? !by.up : false });
    const state = (i) => (by.column !== i ? undefined : by.up ? "ascending" : "descending");
    return html`<${finerweb.Scroll} label=${label}><table>
      <caption>${label}</caption>
      <thead><tr>${head.map((name, i) => html`<th scope="col" aria-sort=${state(i)}>
        ${sortable ? html`<button class="sort" onClick=${() => sort(i)}>${name}</button>` : name}
      </th>`)}</tr></thead>
      <tbody>${shown.map((row) => html`<tr>${row.map((cell, i) => finerweb.cell(cell, i, tops[i]))}</tr>`)}</tbody>
    </table><//>`;
  };

  finerweb.cell = (cell, i, top) => {
    const told = cell?.view ?? (typeof cell === "number" || cell === null ? finerweb.show(cell) : cell);
    if (i === 0) return html`<th scope="row">${told}</th>`;
    const value = cell?.view === undefined ? cell : cell.value;
    if (typeof value !== "number" && value !== null) return html`<td>${told}</td>`;
    const share = top ? `--share: ${((100 * (cell ?? 0)) / top).toFixed(1)}%` : undefined;
    return html`<td class=${top ? "number bar" : "number"} style=${share}>${told}</td>`;
  };
})();
