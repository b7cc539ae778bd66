import { existsSync } from "node:fs";

function findRoot(): URL {
  let folder = new URL("./", import.meta.url);
  while (!existsSync(new URL("package.json", folder))) {
    const parent = new URL("../", folder);
    if (parent.href === folder.href) throw new Error("package.json is missing above this file");
    folder = parent;
  }
  return folder;
}

/** The folder of this package, from the sources, the build and the bundled command line alike. */
export const packageRoot: URL = findRoot();
