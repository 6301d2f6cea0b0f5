// The label inventory, and which labels name the same concept.
"use strict";

(() => {
  const { html, useEffect, useMemo, useState } = htmPreact;
  const PAGE = 100;

  finerweb.Labels = ({ query }) => {
    const { variants, chunks } = finerweb.data.site.labels;
    const [rows, setRows] = useState([]);
    const [error, setError] = useState(null);
    const [search, setSearch] = useState(query.search ?? "");
    const [page, setPage] = useState(0);
    const concept = query.concept;
    useEffect(() => {
      Promise.all([...Array(chunks).keys()].map((n) => finerweb.load(`labels.${n}`))).then((all) => setRows(all.flat())).catch((fault) => setError(fault.message));
    }, []);
    useEffect(() => setPage(0), [concept, search]);
    const sizes = useMemo(() => {
      const found = new Map();
      for (const row of rows) for (const name of row[1]) found.set(name, (found.get(name) ?? 0) + 1);
      return found;
    }, [rows]);
    const part = search.toLowerCase();
    const shown = useMemo(() => rows.filter((row) =>
      (!concept || row[1].includes(concept)) &&
      (!part || row[0].toLowerCase().includes(part) || row[1].some((name) => name.toLowerCase().includes(part)))), [rows, part, concept]);
    const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
    const cells = shown.slice(page * PAGE, (page + 1) * PAGE).map((row) => [
      { value: row[0], view: html`<bdi>${row[0]}</bdi>` },
      { value: row[1].join(), view: row[1].map((name) => html`<a class="concept" href=${finerweb.link("labels", { concept: name })}><bdi>${name}</bdi> <small>${sizes.get(name)}</small></a> `) },
      row[3], ...row[2],
      { value: "", view: html`<a href=${finerweb.link("explorer", { type: row[0].split(" / ")[0] })} aria-label="passages with ${row[0]}">passages</a>` },
    ]);
    return html`<h1 tabindex="-1">Labels</h1>
      <p>What entities are called, in all languages; a concept is what labels that mean the same name, with how many they are.</p>
      <form class="filters" role="search" aria-label="Labels" onSubmit=${(event) => event.preventDefault()}>
        <label>Search <input type="search" name="label" value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
        ${concept && html`<p>Only the concept <b><bdi>${concept}</bdi></b>: <a href=${finerweb.link("labels")}>all</a></p>`}
      </form>
      ${error && html`<p role="alert">${error}</p>`}
      <p role="status" class="count">${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} labels</p>
      <${finerweb.Table} label="Labels, the most frequent first" head=${["label", "concepts", "languages", ...variants, "look"]} rows=${cells} />
      ${last > 0 && html`<nav class="pages" aria-label="Pages of the table">
        <button disabled=${page === 0} onClick=${() => setPage(page - 1)}>Previous</button>
        <span>${page + 1} of ${last + 1}</span>
        <button disabled=${page === last} onClick=${() => setPage(page + 1)}>Next</button></nav>`}`;
  };
})();
