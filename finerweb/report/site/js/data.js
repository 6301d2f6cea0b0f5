// Data comes as scripts that call finerweb.put: pages opened from file:// may not fetch.
"use strict";

const finerweb = { html: htmPreact.html, waiting: {}, data: {} };

finerweb.put = (key, value) => {
  finerweb.data[key] = value;
};

// A promise of the value under a key; its script is loaded the first time it is asked for.
finerweb.load = (key) => {
  if (key in finerweb.data) return Promise.resolve(finerweb.data[key]);
  finerweb.waiting[key] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `data/${key}.js`;
    script.charset = "utf-8";
    script.onload = () => resolve(finerweb.data[key]);
    script.onerror = () => {
      delete finerweb.waiting[key];
      reject(new Error(`data/${key}.js cannot be loaded: was the whole folder copied?`));
    };
    document.head.append(script);
  });
  return finerweb.waiting[key];
};

// The page and its settings, as the address says: #/explorer?language=tha_Thai&type=person
finerweb.route = () => {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/"), query: Object.fromEntries(new URLSearchParams(query)) };
};

finerweb.link = (path, query) => {
  const told = Object.entries(query ?? {}).filter(([, value]) => value);
  return `#/${path}${told.length ? `?${new URLSearchParams(told)}` : ""}`;
};
