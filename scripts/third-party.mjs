// @ts-check
// Licences of what is bundled, which have to go along with it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The licence of each package of which a bundle has code.
 * @param {Iterable<string>} inputs paths of the bundled files, from the root of the repository
 * @returns {string} a text, package by package
 */
export function thirdPartyLicences(inputs) {
  const folders = new Set();
  for (const path of inputs) {
    const folder = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const texts = [...folders].sort().map(licenceOf);
  return `The command line contains code of the packages below, each under its licence.\n\n${texts.join("\n")}`;
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no file with its licence, which the bundle needs`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`;
}
