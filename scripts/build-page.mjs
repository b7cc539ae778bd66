// Bundles the script and style of the HTML report into assets/, from where src/report/html/assets.ts takes them.
import { build } from "esbuild";

/** Also called before the tests, so that they never see an old page. */
export async function setup() {
  await build({
    entryPoints: [
      { in: "src/report/html/page/main.ts", out: "page" },
      { in: "src/report/html/page/page.css", out: "page" },
    ],
    outdir: "assets",
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
}

if (process.argv[1]?.endsWith("build-page.mjs")) await setup();
