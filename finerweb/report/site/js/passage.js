// A passage with its views: what each annotator found, what was merged, what people marked.
"use strict";

(() => {
  const { html, useEffect, useState } = htmPreact;
  const DROPPED = {
    not_found: "not in the text as it was listed",
    out_of_order: "only before the mention listed before it",
    exhausted: "listed more often than it occurs",
    normalised: "found in other letters",
  };

  // The sources of an entity, each [annotator's number, start, end, type].
  finerweb.sources = (entity) =>
    entity[4].map((source) => (typeof source === "number" ? [source, entity[0], entity[1], entity[2][0]] : source));

  // exact: all annotators that found it gave this span; overlap: they gave several; one: one did.
  finerweb.agreement = (entity) => {
    const sources = finerweb.sources(entity);
    if (new Set(sources.map((source) => source[0])).size < 2) return "one";
    const isExact = sources.every((source) => source[1] === entity[0] && source[2] === entity[1]);
    return isExact ? "exact" : "overlap";
  };

  // The spans of each view: [name, spans], a span with its types and what its tip says.
  finerweb.views = (passage, audits) => {
    const { annotators } = finerweb.data.site;
    const found = annotators.map((name, n) => [name, (audits[n] ?? []).filter((row) => row[3] !== null).map(mentioned)]);
    const merged = passage.entities.map((entity) => ({
      start: entity[0], end: entity[1], types: entity[2], entity,
    }));
    const people = passage.gold?.map(([start, end, type]) => ({ start, end, types: [type] }));
    return [...found, ["merged", merged], ...(people ? [["people", people]] : [])];
  };

  const mentioned = ([mention, type, status, start, end]) => ({ start, end, types: [type], mention, status });

  const cut = (text, start, end) => {
    const unit = finerweb.units(text);
    return text.slice(unit(start), unit(end));
  };

  const sourcesOf = (entity, text) => html`<ul>${finerweb.sources(entity).map(([who, start, end, type]) => html`<li>
    <b>${finerweb.data.site.annotators[who]}</b>: ${type}
    ${(start !== entity[0] || end !== entity[1]) && html` for <q><bdi>${cut(text, start, end)}</bdi></q>`}</li>`)}</ul>`;

  const AGREED = { exact: "annotators agree on the span", overlap: "annotators overlap", one: "one annotator" };

  // What students that never saw the passage made of an entity; nothing where none was asked.
  const confidenceOf = (entity) => {
    const sure = entity[5];
    if (sure === undefined) return null;
    if (typeof sure === "string") return html`<p>no confidence: ${sure}</p>`;
    const { edges } = finerweb.data.site.confidence;
    const subset = edges.filter((edge) => edge <= sure).length + 1;
    return html`<p>confidence ${sure}${edges.length > 0 && html`, subset ${subset} of ${edges.length + 1}`}</p>`;
  };

  const explained = (span, text) => html`<div class="told">
    <p><b>${span.types.join(" / ")}</b> <small>[${span.start}, ${span.end})</small></p>
    ${span.entity && html`<p>${AGREED[finerweb.agreement(span.entity)]}${span.entity[3] !== null && html`; types ${finerweb.show(span.entity[3])} alike`}</p>${confidenceOf(span.entity)}${sourcesOf(span.entity, text)}`}
    ${span.mention && html`<p>${DROPPED[span.status] ?? span.status}: <q><bdi>${span.mention}</bdi></q></p>`}
    ${span.isWider && html`<p>The span ends inside a letter; the whole letter is marked.</p>`}
  </div>`;

  const lines = (piece) => {
    const drawn = piece.spans.map((span) => {
      const hue = `var(--line-${finerweb.hue(span.types[0])})`;
      return { image: `linear-gradient(${hue}, ${hue})`, at: `0 calc(100% - ${span.lane * 4}px)` };
    });
    const deepest = Math.max(...piece.spans.map((span) => span.lane));
    return `background-image: ${drawn.map((one) => one.image).join(", ")}; ` +
      `background-position: ${drawn.map((one) => one.at).join(", ")}; padding-bottom: ${2 + 4 * deepest}px`;
  };

  // A label between two digits, or two letters of a script that joins them, would tear them apart,
  // and turn a number round that stands in text from right to left: there only the tip has it.
  const isInside = (text, place, direction) => {
    const before = text.slice(Math.max(0, place - 2), place).match(/.$/su)?.[0] ?? "";
    const after = text.slice(place, place + 2).match(/^./su)?.[0] ?? "";
    if (/\p{Nd}/u.test(before) && /\p{Nd}/u.test(after)) return true;
    return direction === "rtl" && /[\p{L}\p{M}]/u.test(before) && /[\p{L}\p{M}]/u.test(after);
  };

  const Piece = ({ piece, text, direction, isMatch }) => {
    if (!piece.spans.length) return piece.text;
    const inner = piece.spans[piece.spans.length - 1];
    const ending = isInside(text, piece.to, direction) ? [] : piece.spans.filter((span) => span.to === piece.to).map((span) => span.types.join(" / "));
    const show = (event) => finerweb.showTip(event.currentTarget, piece.spans.map((span) => explained(span, text)));
    const matched = isMatch && piece.spans.some(isMatch) ? " match" : "";
    return html`<mark class="hue-${finerweb.hue(inner.types[0])}${matched}" tabindex="0" style=${lines(piece)}
      data-spans=${piece.spans.map((span) => `${span.start}-${span.end}`).join(" ")}
      onMouseEnter=${show} onFocus=${show} onMouseLeave=${finerweb.hideTip} onBlur=${finerweb.hideTip}
      >${piece.text}${ending.length > 0 && html`<i data-type=${ending.join(" · ")}></i>`}</mark>`;
  };

  const View = ({ passage, name, spans, isMatch, alone }) => {
    const placed = finerweb.place(passage.text, spans);
    const { direction, tag } = passage.language;
    return html`<section class="view" data-view=${name}>
      ${!alone && html`<h3>${name} <small>${spans.length}</small></h3>`}
      <p class="text" dir=${direction} lang=${tag}>${finerweb.pieces(passage.text, placed).map((piece) =>
        html`<${Piece} piece=${piece} text=${passage.text} direction=${direction} isMatch=${name === "merged" && isMatch} />`)}</p>
    </section>`;
  };

  // What became of every mention, once it is asked for, null until it is there; and what went wrong.
  const useAudits = (passage, isAsked) => {
    const [came, arrived] = useState(null);
    useEffect(() => {
      if (!isAsked || passage.audits) return;
      finerweb.load(passage.audit.key).then((all) => {
        passage.audits = all[passage.audit.place];
        arrived(passage);
      }).catch((fault) => arrived(fault));
    }, [passage, isAsked]);
    return [passage.audits ?? null, came instanceof Error ? came.message : null];
  };

  const Audit = ({ passage, audits, ask }) => {
    const dropped = finerweb.data.site.annotators.flatMap((name, n) =>
      (audits?.[n] ?? []).filter((row) => row[3] === null).map((row) => [name, html`<bdi>${row[0]}</bdi>`, row[1], DROPPED[row[2]] ?? row[2]]));
    const told = Object.entries(passage.about);
    return html`<details onToggle=${ask}><summary>Where it is from; ${passage.dropped} mentions dropped</summary>
      <dl class="about">${told.map(([key, value]) => html`<dt>${key.replace("_", " ")}</dt><dd>${known(value)}</dd>`)}</dl>
      ${dropped.length > 0 && html`<${finerweb.Table} label="Mentions that became no entity, ${passage.id}" head=${["annotator", "mention", "type", "why"]} rows=${dropped} />`}
    </details>`;
  };

  // What the web says of a page is no reason to follow it anywhere but to a page.
  const known = (value) => {
    if (!/^https?:\/\//.test(value)) return typeof value === "boolean" ? (value ? "yes" : "no") : finerweb.show(value);
    return html`<a href=${value} rel="noreferrer noopener">${value}</a>`;
  };

  finerweb.Passage = ({ passage, place, all, view, isMatch }) => {
    const [isOpen, setOpen] = useState(false);
    const isOfAnnotators = view !== "merged" && view !== "people";
    const [audits, error] = useAudits(passage, isOpen || isOfAnnotators);
    const views = finerweb.views(passage, audits ?? []).filter(([name]) => view === "all" || name === view);
    const { code, name, autonym, tag, direction } = passage.language;
    return html`<article tabindex="0" aria-posinset=${place + 1} aria-setsize=${all} aria-labelledby="p-${place}">
      <header><h2 id="p-${place}">${passage.id}</h2>
        <span>${name} <bdi lang=${tag} dir=${direction}>${autonym}</bdi> <small>${code}</small></span></header>
      <div class="views">${views.map(([who, spans]) =>
        html`<${View} passage=${passage} name=${who} spans=${spans} isMatch=${isMatch} alone=${views.length === 1} />`)}
        ${error && html`<p role="alert">${error}</p>`}
        ${isOfAnnotators && !audits && !error && html`<p class="loading">Loading what the annotators found</p>`}
        ${!views.length && html`<p>Nobody has marked this passage in the view that is chosen.</p>`}</div>
      <${Audit} passage=${passage} audits=${audits} ask=${() => setOpen(true)} />
    </article>`;
  };
})();
