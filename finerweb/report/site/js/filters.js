// Which passages are shown.
"use strict";

(() => {
  const { html } = htmPreact;
  finerweb.FILTERS = ["language", "script", "type", "source", "agreement", "confidence", "search"];

  // Whether an entity is one that the filters ask for; null where they ask for none.
  finerweb.entityFilter = ({ type, source, agreement, confidence }) => {
    const range = finerweb.range(confidence);
    if (!type && !source && !agreement && !range) return null;
    const part = type?.toLowerCase();
    const who = finerweb.data.site.annotators.indexOf(source);
    return (entity) =>
      (!part || entity[2].some((label) => label.toLowerCase().includes(part))) &&
      (!source || finerweb.sources(entity).some((one) => one[0] === who)) &&
      (!agreement || finerweb.agreement(entity) === agreement) &&
      (!range || (finerweb.sure(entity) >= range.least && finerweb.sure(entity) < range.below));
  };

  // What confidences are asked for, "0.001" up or "0.0001..0.001", the latter left out; else null.
  finerweb.range = (confidence) => {
    const [least, below] = (confidence ?? "").split("..").map(parseFloat);
    if (!finerweb.data.site.confidence || !Number.isFinite(least)) return null;
    return { least, below: Number.isFinite(below) ? below : Infinity };
  };

  // How sure students are of an entity; below every number where they said nothing.
  finerweb.sure = (entity) => (typeof entity[5] === "number" ? entity[5] : -1);

  finerweb.passageFilter = (filters) => {
    const isEntity = finerweb.entityFilter(filters);
    const words = filters.search?.toLowerCase();
    return (passage) => {
      if (words) {
        passage.folded ??= passage.text.toLowerCase();
        if (!passage.folded.includes(words) && !passage.id.toLowerCase().includes(words)) return false;
      }
      return !isEntity || passage.entities.some(isEntity);
    };
  };

  finerweb.languagesOf = ({ language, script }) =>
    finerweb.data.site.languages.filter(
      (one) => (!language || one.code === language) && (!script || one.script === script),
    );

  const Choice = ({ name, label, options, filters, set }) => html`<label>${label}
    <select name=${name} value=${filters[name] ?? ""} onChange=${(event) => set(name, event.target.value)}>
      ${options.map(([value, told]) => html`<option value=${value} selected=${(filters[name] ?? "") === value}>${told}</option>`)}
    </select></label>`;

  const Words = ({ name, label, filters, set, list }) => html`<label>${label}
    <input type="search" name=${name} value=${filters[name] ?? ""} list=${list} autocomplete="off"
      onInput=${(event) => set(name, event.target.value)} /></label>`;

  // A range in words; of one that is a step, how many entities of the run it has.
  const told = ({ least, below }, step) => {
    if (below < Infinity) return least === 0 ? `below ${below}` : `${least} to ${below}`;
    const { entities } = finerweb.data.site.confidence;
    return `from ${least}${step?.[0] === least ? `: ${finerweb.show(step[1])} of ${finerweb.show(entities)}` : ""}`;
  };

  // From "any" through steps that hold about as many entities each: most confidences are next to 0
  // or to 1, where an even scale would have nothing to move between. Marks are where subsets part.
  const Confidence = ({ filters, set }) => {
    const { steps, edges } = finerweb.data.site.confidence;
    const range = finerweb.range(filters.confidence);
    const at = range ? steps.filter(([value]) => value <= range.least).length : 0;
    const words = range ? told(range, steps[at - 1]) : "any";
    return html`<label>Confidence
      <input type="range" name="confidence" min="0" max=${steps.length} value=${at} list="edges" aria-valuetext=${words}
        onInput=${(event) => set("confidence", String(steps[event.target.value - 1]?.[0] ?? ""))} />
      <datalist id="edges">${edges.map((edge) => html`<option value=${steps.findIndex((one) => one[0] === edge) + 1}></option>`)}</datalist>
      <span class="said" aria-hidden="true">${words}</span></label>`;
  };

  finerweb.Filters = ({ filters, set, clear }) => {
    const { languages, annotators, top_types: types } = finerweb.data.site;
    const scripts = [...new Set(languages.map((one) => one.script))].sort();
    const given = { filters, set };
    return html`<form class="filters" role="search" aria-label="Passages" onSubmit=${(event) => event.preventDefault()}>
      <${Words} name="search" label="Search in texts" ...${given} />
      <${Choice} name="language" label="Language" ...${given}
        options=${[["", "all"], ...languages.map((one) => [one.code, `${one.name} (${one.code})`])]} />
      <${Choice} name="script" label="Script" ...${given} options=${[["", "all"], ...scripts.map((one) => [one, one])]} />
      <${Words} name="type" label="Type" list="types" ...${given} />
      <datalist id="types">${types.map((type) => html`<option value=${type}></option>`)}</datalist>
      <${Choice} name="source" label="Source" ...${given} options=${[["", "any"], ...annotators.map((name) => [name, name])]} />
      <${Choice} name="agreement" label="Agreement" ...${given}
        options=${[["", "any"], ["exact", "same span"], ["overlap", "overlap"], ["one", "one annotator"]]} />
      ${finerweb.data.site.confidence && html`<${Confidence} ...${given} />`}
      <${Choice} name="view" label="View" ...${given}
        options=${[["", "merged"], ["all", "all side by side"], ...annotators.map((name) => [name, name]), ["people", "people"]]} />
      <button type="button" onClick=${clear}>Clear</button>
    </form>`;
  };
})();
