// Which passages are shown.
"use strict";

(() => {
  const { html } = htmPreact;
  finerweb.FILTERS = ["language", "script", "type", "source", "agreement", "confidence", "search"];

  // Whether an entity is one that the filters ask for; null where they ask for none.
  finerweb.entityFilter = ({ type, source, agreement, confidence }) => {
    if (!type && !source && !agreement && !confidence) return null;
    const part = type?.toLowerCase();
    const who = finerweb.data.site.annotators.indexOf(source);
    return (entity) =>
      (!part || entity[2].some((label) => label.toLowerCase().includes(part))) &&
      (!source || finerweb.sources(entity).some((one) => one[0] === who)) &&
      (!agreement || finerweb.agreement(entity) === agreement) &&
      (!confidence || (entity[5] ?? -1) >= Number(confidence));
  };

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

  const Words = ({ name, label, filters, set, list, type = "search", more }) => html`<label>${label}
    <input type=${type} name=${name} value=${filters[name] ?? ""} list=${list} autocomplete="off" ...${more}
      onInput=${(event) => set(name, event.target.value)} /></label>`;

  finerweb.Filters = ({ filters, set, clear, hasConfidence }) => {
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
      ${hasConfidence && html`<${Words} name="confidence" label="Confidence from" type="number" ...${given} more=${{ min: 0, max: 1, step: 0.05 }} />`}
      <${Choice} name="view" label="View" ...${given}
        options=${[["", "merged"], ["all", "all side by side"], ...annotators.map((name) => [name, name]), ["people", "people"]]} />
      <button type="button" onClick=${clear}>Clear</button>
    </form>`;
  };
})();
