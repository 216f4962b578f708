// The client is served as static files by the Liaison server; everything is drawn in the browser.
export const ssr = false;
export const prerender = false;
