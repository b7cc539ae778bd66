import { createHash } from "node:crypto";
import { pageScript, pageStyle } from "./assets.ts";
import { clip, type Markup, markup, rawMarkup } from "./markup.ts";
import { type PageData, scriptJson } from "./page-data.ts";

function contentHash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * Nothing may be loaded or sent, nothing runs but the one script and style below, known by their hashes;
 * with Trusted Types refused, the script itself can't turn a text into markup.
 */
function contentSecurityPolicy(): string {
  return [
    "default-src 'none'",
    `script-src ${contentHash(pageScript)}`,
    `style-src ${contentHash(pageStyle)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** The whole file. The data stands before the script, which runs when the page is read. */
export function htmlDocument(title: string, version: string, body: Markup, data: PageData): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="deadlock-lint ${version}">
<title>${clip(title, 120)}</title>
<style>${rawMarkup(pageStyle)}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${rawMarkup(scriptJson(data))}</script>
<script>${rawMarkup(pageScript)}</script>
</body>
</html>
`.text;
}
