import { readFileSync } from "node:fs";
import { packageRoot } from "../../package-root.ts";

/** Script and style of the page, bundled from `page/` by `npm run build`; `assets/` is part of the package. */
export const pageScript: string = asset("page.js");
export const pageStyle: string = asset("page.css");

function asset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, packageRoot), "utf8").trim();
}
