import { fontSize } from "./layout.ts";

/** Style of a picture that stands alone; the page has the same classes in page.css with its own colours. */
export const standaloneStyle = `
.waitfor{--ink:#1b1c1f;--muted:#555962;--paper:#fff;--role:#f4f5f7;--line:#c9ccd3;--thing:#fff7e0;--thing-line:#b98a1c;--hot:#b3261e;font-family:system-ui,sans-serif}
@media(prefers-color-scheme:dark){.waitfor{--ink:#e9eaed;--muted:#a9adb7;--paper:#16181c;--role:#23262c;--line:#4a4f5a;--thing:#332a12;--thing-line:#d0a23a;--hot:#ff8a80}}
.paper{fill:var(--paper)}
.heading{font-size:${fontSize.heading}px;font-weight:650;fill:var(--ink)}
.node rect{fill:var(--role);stroke:var(--line);stroke-width:1.2}
.node:not(.role) rect{fill:var(--thing);stroke:var(--thing-line)}
.node text{fill:var(--ink);font-size:${fontSize.title}px}
.node .title{font-weight:600}
.node .name,.detail{font-family:ui-monospace,Menlo,Consolas,monospace}
.node .detail,.legend .detail{font-size:${fontSize.detail}px;fill:var(--muted)}
.node .count{font-size:${fontSize.count}px;font-weight:700}
.icon{fill:none;stroke:var(--thing-line);stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.line{fill:none;stroke:var(--ink);stroke-width:1.8}
.head{fill:var(--ink)}
.inferred .line{stroke-dasharray:7 4}
.unknown .line,.not-ruled-out .line{stroke-dasharray:1.5 4.5;stroke-linecap:round}
.unknown .line,.not-ruled-out .line{stroke:var(--muted)}
.unknown .head,.not-ruled-out .head{fill:var(--muted)}
.cycle .line{stroke:var(--hot)}
.cycle .head{fill:var(--hot)}
.plate{fill:var(--paper)}
.label text{text-anchor:middle;font-size:${fontSize.label}px;fill:var(--ink);stroke:var(--paper);stroke-width:5px;stroke-linejoin:round;paint-order:stroke}
.label.unknown text,.label.not-ruled-out text{fill:var(--muted)}
`.trim();
