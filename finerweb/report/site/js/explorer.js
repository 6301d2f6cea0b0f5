// The explorer: passages as they come in, filtered.
"use strict";

(() => {
  const { html, useEffect, useMemo, useState } = htmPreact;
  const AT_ONCE = 4; // Scripts that load at a time.

  // Passages of languages, and how many are still to come; more are drawn ten times a second at most.
  const usePassages = (languages) => {
    const [state, setState] = useState({ passages: [], left: 1, error: null });
    const wanted = languages.map((one) => one.code).join();
    useEffect(() => {
      let isOver = false;
      const queue = languages.flatMap((one) => [...Array(one.chunks).keys()].map((n) => [one, n]));
      const chunks = queue.map(() => []);
      let [next, left, drawn, error] = [0, queue.length, 0, null];
      const draw = () => {
        if (isOver || (left > 0 && performance.now() - drawn < 100)) return;
        drawn = performance.now();
        setState({ passages: chunks.flat(), left, error });
      };
      const work = async () => {
        while (next < queue.length && !isOver) {
          const place = next++;
          const [language, n] = queue[place];
          try {
            const rows = await finerweb.load(`${language.code}.${n}`);
            rows.forEach((row, i) => Object.assign(row, { language, audit: { key: `${language.code}.audit.${n}`, place: i } }));
            chunks[place] = rows;
          } catch (fault) {
            error = fault.message; // The others are shown all the same.
          }
          left -= 1;
          draw();
        }
      };
      draw();
      for (let i = 0; i < AT_ONCE; i++) work();
      return () => { isOver = true; };
    }, [wanted]);
    return state;
  };

  const guess = (view) => (passage) => 110 + (0.45 * passage.text.length + 40) * (view === "all" ? 1.6 : 1);

  finerweb.Explorer = ({ query }) => {
    const [filters, setFilters] = useState(query);
    useEffect(() => setFilters(query), [JSON.stringify(query)]);
    const set = (name, value) => {
      const now = { ...filters, [name]: value };
      setFilters(now);
      history.replaceState(null, "", finerweb.link("explorer", now));
      scrollTo(0, 0);
    };
    const clear = () => {
      setFilters({});
      history.replaceState(null, "", finerweb.link("explorer"));
    };
    const languages = finerweb.languagesOf(filters);
    const { passages, left, error } = usePassages(languages);
    const told = finerweb.FILTERS.map((name) => filters[name] ?? "").join("\n");
    const rows = useMemo(() => passages.filter(finerweb.passageFilter(filters)), [passages, told]);
    const isEntity = finerweb.entityFilter(filters);
    const isMatch = isEntity && ((span) => span.entity && isEntity(span.entity));
    const view = filters.view || "merged";
    const draw = (passage, place) => html`<${finerweb.Passage} key=${passage.id} passage=${passage}
      place=${place} all=${rows.length} view=${view} isMatch=${isMatch} />`;
    return html`<h1 tabindex="-1">Explorer</h1>
      <${finerweb.Filters} filters=${filters} set=${set} clear=${clear} />
      <p role="status" class="count">${rows.length.toLocaleString("en")} of ${passages.length.toLocaleString("en")} passages${left > 0 && " so far"}</p>
      ${error && html`<p role="alert">${error}</p>`}
      <${finerweb.Feed} rows=${rows} guess=${guess(view)} draw=${draw} label="Passages" isBusy=${left > 0} />`;
  };
})();
