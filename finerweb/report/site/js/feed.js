// A list of which only what is in sight is in the page, so that ten thousand passages scroll as ten.
"use strict";

(() => {
  const { html, useEffect, useLayoutEffect, useMemo, useRef, useState } = htmPreact;
  const BEYOND = 800; // Pixels drawn above and below what is in sight.

  // The first row whose end is below a place.
  const rowAt = (tops, place) => {
    let [low, high] = [0, tops.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tops[middle + 1] > place) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  // `rows` are objects, drawn by `draw(row, place)`; `guess(row)` is a height before it is known.
  finerweb.Feed = ({ rows, guess, draw, label, isBusy }) => {
    const feed = useRef();
    const known = useRef(new WeakMap());
    const [, again] = useState(0);
    const [measured, grown] = useState(0);
    const at = useRef({ from: -1, to: -1 });

    const tops = useMemo(() => {
      const sums = new Float64Array(rows.length + 1);
      rows.forEach((row, i) => { sums[i + 1] = sums[i] + (known.current.get(row) ?? guess(row)); });
      return sums;
    }, [rows, measured]);
    const above = feed.current ? feed.current.getBoundingClientRect().top + scrollY : 0;
    const inSight = () => {
      const top = scrollY - above;
      return {
        from: rowAt(tops, top - BEYOND),
        to: Math.min(rows.length, rowAt(tops, top + innerHeight + BEYOND) + 1),
      };
    };
    const { from, to } = (at.current = inSight());

    useEffect(() => {
      const look = () => {
        const now = inSight();
        if (now.from !== at.current.from || now.to !== at.current.to) again((n) => n + 1);
      };
      addEventListener("scroll", look, { passive: true });
      addEventListener("resize", look);
      return () => {
        removeEventListener("scroll", look);
        removeEventListener("resize", look);
      };
    });

    useLayoutEffect(() => {
      const measure = () => {
        let changed = false;
        [...feed.current.children].forEach((child, i) => {
          const row = rows[from + i];
          const height = child.offsetHeight + 16;
          if (row && Math.abs((known.current.get(row) ?? 0) - height) > 1) {
            known.current.set(row, height);
            changed = true;
          }
        });
        if (changed) grown((n) => n + 1);
      };
      const watcher = new ResizeObserver(measure);
      [...feed.current.children].forEach((child) => watcher.observe(child));
      return () => watcher.disconnect();
    }, [rows, from, to]);

    // As assistive technology expects of a feed: Page Down goes to the next article.
    const step = (event) => {
      const way = { PageDown: "nextElementSibling", PageUp: "previousElementSibling" }[event.key];
      const next = way && event.target.closest("article")?.[way];
      if (!next) return;
      event.preventDefault();
      next.focus();
    };
    const room = `padding-top: ${tops[from]}px; padding-bottom: ${tops[rows.length] - tops[to]}px`;
    return html`<div role="feed" ref=${feed} aria-label=${label} aria-busy=${isBusy} style=${room} onKeyDown=${step}>
      ${rows.slice(from, to).map((row, i) => draw(row, from + i))}</div>`;
  };
})();
