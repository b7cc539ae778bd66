import { existsSync } from "node:fs";

function findRoot(): URL {
  let folder = new URL("./", import.meta.url);
  while (!existsSync(new URL("package.json", folder))) folder = new URL("../", folder);
  return folder;
}

/** The folder of this package, from the sources, the build and the bundled command line alike. */
export const packageRoot: URL = findRoot();
