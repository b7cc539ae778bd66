// @ts-check

/** Where machines that build keep sources; written in parts, so that this file is not one that holds such a path. */
const folders = ["work", "root"];
const home = "home";

/** An absolute path of a build machine in a text of the repository; users' folders stand in examples. */
export const machinePath = new RegExp(String.raw`(?:^|[\s"'\`(=:,])/(?:${folders.join("|")})/[a-z]`, "m");

/**
 * The folder of a build machine that a dump names, as programs do that were built without -trimpath.
 * @param {Buffer} bytes
 * @returns {string | undefined}
 */
export function machineFolderIn(bytes) {
  return [...folders, home].map((folder) => `/${folder}/`).find((path) => bytes.includes(path));
}
