/** Stands in for the package of this name in the bundle: yargs lays out help with it. */
// biome-ignore lint/style/noDefaultExport: as the package has it
export { columns as default } from "../report/text-layout.ts";
