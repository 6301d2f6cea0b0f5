// Which page is shown, and in what light.
"use strict";

(() => {
  const { html, render, useEffect, useState } = htmPreact;
  const PAGES = [["", "Overview"], ["explorer", "Explorer"], ["labels", "Labels"], ["costs", "Costs"]];

  // Browsers may forbid pages from files to keep anything.
  const kept = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("finerweb-theme", value);
      return localStorage.getItem("finerweb-theme") ?? "";
    } catch {
      return value ?? "";
    }
  };

  const Theme = () => {
    const [theme, setTheme] = useState(kept());
    useEffect(() => { document.documentElement.dataset.theme = theme; }, [theme]);
    const choose = (event) => setTheme(kept(event.target.value));
    return html`<label class="theme">Theme <select name="theme" onChange=${choose}>
      ${[["", "system"], ["light", "light"], ["dark", "dark"]].map(([value, told]) =>
        html`<option value=${value} selected=${value === theme}>${told}</option>`)}</select></label>`;
  };

  const page = ({ path, query }) => {
    if (path[0] === "explorer") return html`<${finerweb.Explorer} query=${query} />`;
    if (path[0] === "labels") return html`<${finerweb.Labels} query=${query} />`;
    if (path[0] === "costs") return html`<${finerweb.Costs} />`;
    if (path[0] === "language") return html`<${finerweb.LanguagePage} code=${path[1]} />`;
    return html`<${finerweb.Overview} />`;
  };

  const App = () => {
    const [route, setRoute] = useState(finerweb.route());
    useEffect(() => {
      const go = () => {
        finerweb.hideTip();
        setRoute(finerweb.route());
        scrollTo(0, 0);
      };
      addEventListener("hashchange", go);
      return () => removeEventListener("hashchange", go);
    }, []);
    const where = route.path.join("/");
    useEffect(() => {
      const title = document.querySelector("h1");
      document.title = `${title.textContent.trim()} – finerweb`;
      if (route.isMoved) title.focus({ preventScroll: true });
      route.isMoved = true;
    }, [where]);
    const skip = (event) => {
      event.preventDefault();
      document.querySelector("h1").focus();
    };
    const is = (path) => (route.path[0] === path || (path === "" && route.path[0] === "language") ? "page" : undefined);
    return html`<a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
      <header class="top"><span class="name">finerweb</span>
        <nav aria-label="Pages">${PAGES.map(([path, name]) => html`<a href=${finerweb.link(path)} aria-current=${is(path)}>${name}</a>`)}</nav>
        <${Theme} /></header>
      <main id="main">${page(route)}</main>
      <${finerweb.Tip} />`;
  };

  const app = document.getElementById("app");
  app.textContent = "";
  render(html`<${App} />`, app);
})();
