import { readFileSync } from "node:fs";

/** Script and style of the page, bundled from `page/` by `npm run build`; `assets/` is part of the package. */
export const pageScript: string = asset("page.js");
export const pageStyle: string = asset("page.css");

function asset(name: string): string {
  // The same way up from src/report/html and from dist/report/html.
  return readFileSync(new URL(`../../../assets/${name}`, import.meta.url), "utf8").trim();
}
