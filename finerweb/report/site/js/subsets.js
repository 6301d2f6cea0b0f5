// The four subsets of entities by confidence, what gold says of each, and what the paper tells.
"use strict";

(() => {
  const { html } = htmPreact;
  const percent = (share, digits = 1) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)}\u00a0%`);
  const cell = (share) => ({ value: share ?? null, view: percent(share) });

  const range = (least, next) => {
    if (next === undefined) return `${least} and more`;
    return least === 0 ? `below ${next}` : `${least} to ${next}`;
  };

  const look = (least, next) => {
    const confidence = next === undefined ? String(least) : `${least}..${next}`;
    return html`<a href=${finerweb.link("explorer", { confidence })}>${range(least, next)}</a>`;
  };

  const table = ({ rows, entities }) => {
    const told = rows.map(([least, n, place, type], i) => [
      i === 0 ? "1, the least sure" : i + 1 === rows.length ? `${i + 1}, the surest` : String(i + 1),
      { value: "", view: look(least, rows[i + 1]?.[0]) }, n, cell(entities ? n / entities : null), cell(place), cell(type),
    ]);
    return html`<${finerweb.Table} label="Entities by how probable students that never saw them find them" rows=${told}
      head=${["subset", "confidence", "entities", "of all", "gold has the place", "and the coarse type"]} />`;
  };

  const gold = (told) => {
    if (!told) return html`<p>No passage with entities has gold: whether confidence is right is not known.</p>`;
    const { place, "place and coarse type": type } = told;
    return html`<p>Gold can tell of ${finerweb.show(told.entities)} of them, and has the place of ${percent(place.right)}, the coarse type too of
      ${" "}${percent(type.right)}. One that is right is surer than one that is wrong with a probability (AUC) of
      ${" "}${finerweb.show(place.auc)} by place and ${finerweb.show(type.auc)} with the type; confidence and the share that is right are
      ${" "}${finerweb.show(place.calibration_error)} and ${finerweb.show(type.calibration_error)} apart (calibration error).</p>`;
  };

  finerweb.Subsets = ({ subsets }) => {
    const { above, share_above: theirs, ours } = subsets.paper;
    return html`${table(subsets)}${gold(subsets.gold)}
      <p>The paper (section 3.4, Figure 6) has four subsets and does not say where they part; of the entities that its students
        found, with a probability of 0.5 at least, about ${percent(theirs, 0)} are above ${above}, with a long tail below. Here students find
        ${" "}${percent(subsets.found)} so surely${ours === null ? "" : html`, and ${percent(ours)} of these are above ${above}`}.</p>`;
  };
})();
