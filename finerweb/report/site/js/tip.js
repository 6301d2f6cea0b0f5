// What is known of an entity, beside it while it is pointed at or has the focus.
"use strict";

(() => {
  const { html, useEffect, useState } = htmPreact;
  let set = () => {};
  let over = null;

  const described = (mark, is) => {
    if (is) mark?.setAttribute("aria-describedby", "tip");
    else mark?.removeAttribute("aria-describedby");
  };

  finerweb.showTip = (mark, content) => {
    described(over, false);
    over = mark;
    described(mark, true);
    set({ box: mark.getBoundingClientRect(), content });
  };

  finerweb.hideTip = () => {
    described(over, false);
    over = null;
    set(null);
  };

  // What has the focus keeps its tip: reached by keyboard, it may have been scrolled to.
  const follow = () => {
    if (over === null || over !== document.activeElement) return finerweb.hideTip();
    const box = over.getBoundingClientRect();
    set((tip) => tip && { ...tip, box });
  };

  finerweb.Tip = () => {
    const [tip, setTip] = useState(null);
    set = setTip;
    useEffect(() => {
      const escape = (event) => event.key === "Escape" && finerweb.hideTip();
      addEventListener("keydown", escape);
      addEventListener("scroll", follow, { passive: true });
      return () => {
        removeEventListener("keydown", escape);
        removeEventListener("scroll", follow);
      };
    }, []);
    if (!tip) return html`<div id="tip" role="tooltip" hidden></div>`;
    const left = Math.max(8, Math.min(tip.box.left, innerWidth - 340));
    const isLow = tip.box.bottom > innerHeight - 200;
    const place = isLow ? `bottom: ${innerHeight - tip.box.top + 6}px` : `top: ${tip.box.bottom + 6}px`;
    return html`<div id="tip" role="tooltip" style="left: ${left}px; ${place}">${tip.content}</div>`;
  };
})();
