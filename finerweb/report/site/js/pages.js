// The pages of the run: overview, each language, costs.
"use strict";

(() => {
  const { html, useEffect, useState } = htmPreact;
  const against = () => finerweb.data.added?.against;

  const headlines = () => {
    const old = against();
    const head = ["figure", "here", ...(old ? [`at ${old.rev}`, "change"] : [])];
    const rows = finerweb.data.site.headlines.map((one) => {
      const there = old?.figures[`${one.file}:${one.keys}`];
      return [one.name, one.value, ...(old ? [there ?? null, finerweb.change(one.value, there)] : [])];
    });
    return html`<${finerweb.Table} label="Headline figures" head=${head} rows=${rows} />`;
  };

  const paper = () => {
    const old = against();
    const numbers = Object.entries(finerweb.data.site.paper);
    if (!numbers.length) return html`<p>The run has none of the paper's numbers: there is no metrics/paper.json.</p>`;
    const head = ["number", "ours", "paper", ...(old ? [`at ${old.rev}`] : []), "place", "why they differ"];
    const rows = numbers.map(([name, one]) =>
      [name, one.ours, one.paper, ...(old ? [old.paper[name] ?? null] : []), one.place, one.why]);
    return html`<${finerweb.Table} label="Beside the paper's numbers" head=${head} rows=${rows} />`;
  };

  const languages = () => {
    const { languages: all, columns } = finerweb.data.site;
    const rows = all.map((one) => [
      { value: one.name, view: html`<a href=${finerweb.link(`language/${one.code}`)}>${one.name}</a>` },
      one.code, one.script, ...one.figures,
    ]);
    return html`<${finerweb.Table} label="Languages" head=${["language", "code", "script", ...columns]}
      rows=${rows} bars=${columns.map((_, i) => i + 3)} sortable=${true} />`;
  };

  const graph = () => {
    const drawn = finerweb.data.added?.graph;
    return drawn ? html`<${finerweb.Graph} graph=${drawn} />`
      : html`<p>No stage can depend on the file of the graph: <code>finerweb report --open</code> adds its picture.</p>`;
  };

  finerweb.Overview = () => {
    const { site } = finerweb.data;
    const n = site.languages.reduce((sum, one) => sum + one.passages, 0);
    return html`<h1 tabindex="-1">Overview</h1>
      <p>${site.languages.length} languages, annotated by ${site.annotators.join(" and ")};
        ${" "}${n.toLocaleString("en")} passages in the <a href=${finerweb.link("explorer")}>explorer</a>.</p>
      <div class="pair">
        <section><h2>Figures</h2>${headlines()}</section>
        <section><h2>The graph</h2>${graph()}</section>
      </div>
      <h2>Languages</h2>${languages()}
      ${site.subsets && html`<h2>Confidence</h2><${finerweb.Subsets} subsets=${site.subsets} />`}
      <h2>The paper</h2>${paper()}`;
  };

  finerweb.LanguagePage = ({ code }) => {
    const language = finerweb.data.site.languages.find((one) => one.code === code);
    const [figures, setFigures] = useState(null);
    const [error, setError] = useState(null);
    useEffect(() => {
      setFigures(null);
      setError(null);
      if (language) finerweb.load(code).then(setFigures).catch((fault) => setError(fault.message));
    }, [code]);
    if (!language) return html`<h1 tabindex="-1">No such language</h1><p>The report has no ${code}.</p>`;
    const rows = finerweb.data.site.columns.map((name, i) => [name, language.figures[i], mean(i)]);
    return html`<h1 tabindex="-1">${language.name} <small><bdi lang=${language.tag} dir=${language.direction}>${language.autonym}</bdi></small></h1>
      <p>${code}, script ${language.script}, ${language.direction === "rtl" ? "right to left" : "left to right"}.
        ${" "}<a href=${finerweb.link("explorer", { language: code })}>Look at its ${language.passages} passages</a></p>
      <h2>Figures</h2><${finerweb.Table} label="Beside the mean of all languages" head=${["figure", language.name, "mean"]} rows=${rows} />
      <h2>All figures</h2>${error && html`<p role="alert">${error}</p>`}${figures && Object.entries(figures).map(([file, told]) => html`<details>
        <summary>${file}</summary><${finerweb.Table} label=${file} head=${["figure", "value"]} rows=${told} /></details>`)}`;
  };

  const mean = (i) => {
    const told = finerweb.data.site.languages.map((one) => one.figures[i]).filter((value) => value !== null);
    return told.length ? told.reduce((sum, value) => sum + value, 0) / told.length : null;
  };

  finerweb.Costs = () => {
    const { costs } = finerweb.data.site;
    const runs = finerweb.data.added?.runs;
    const tokens = costs.map((one) => [`${one.stage} ${one.instance}`, one.prompt_tokens, one.output_tokens]);
    return html`<h1 tabindex="-1">Costs</h1>
      <h2>Tokens</h2><p>Of the replies used, whether asked for now or kept from before.</p>
      <${finerweb.Table} label="Tokens of the replies" head=${["stage", "prompt", "output"]} rows=${tokens} bars=${[1, 2]} />
      <h2>Time</h2>
      ${runs ? html`<p>From this machine's runs.jsonl: each stage's longest run, and what all its runs asked for.</p>
        <${finerweb.Table} label="Runs on this machine" sortable=${true} bars=${[1]}
          head=${["stage", "seconds", "peak GiB", "runs", "requests", "prompt tokens", "from cache", "output tokens", "money"]}
          rows=${runs.map((one) => [one.name, one.seconds, one.peak_gib, one.runs, one.requests_made, one.prompt_tokens, one.cached_tokens, one.output_tokens, one.money])} />`
      : html`<p>Seconds are no part of the report, since they differ from run to run: <code>finerweb report --open</code> adds those of the machine it runs on.</p>`}`;
  };
})();
