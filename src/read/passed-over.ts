import { InputError } from "../errors.ts";
import { plural } from "../words.ts";

/** A file of a directory, pattern or archive that is no dump. */
export interface PassedOver {
  readonly name: string;
  readonly reason: string;
  /** There is nothing in it. */
  readonly blank?: true;
}

/** Files that a note names. */
const maxNamed = 5;

/** `1 file without a dump was passed over: README.md (it is text …)`; `undefined` for none. */
export function passedOverNote(files: readonly PassedOver[]): string | undefined {
  if (files.length === 0) return undefined;
  const named = files.slice(0, maxNamed).map(({ name, reason }) => `${name} (${reason})`);
  const others = files.length - named.length;
  if (others > 0) named.push(plural(others, "other"));
  const were = files.length === 1 ? "was" : "were";
  return `${plural(files.length, "file")} without a goroutine dump ${were} passed over: ${named.join(", ")}`;
}

/** Which files hold dumps, so that what should hold one, too, is known. */
export class FilesWithDumps {
  readonly #kinds = new Set<string>();

  add(name: string): void {
    // Of a file in an archive, the archive, too.
    for (let end = name.length; end > 0; end = name.lastIndexOf("!", end - 1))
      this.#kinds.add(kindOf(name.slice(0, end)));
  }

  /** The error of an empty file beside dumps that are named like it: mostly the command that took it has failed. */
  errorOf({ name, reason, blank }: PassedOver): InputError | undefined {
    if (!blank || isLog.test(name) || !this.#kinds.has(kindOf(name))) return undefined;
    return new InputError(`${name}: no goroutine dump: ${reason}, and files like it beside it hold dumps`, {
      hint: "Did the command that took it fail? Take it again, or remove it.",
    });
  }
}

/** What a program has written may be nothing. */
const isLog = /(?:\.(?:log|out|err)|(?:^|[/\\!])std(?:out|err)[^/\\!]*)(?:\.\d+)?(?:\.(?:gz|zst))?$/i;

/** Folder and end of a name; in the names of one loop numbers differ, and what is packed may be empty unpacked. */
function kindOf(name: string): string {
  const [, folder, file] = /^(.*[/\\!])?(.*)$/s.exec(name)!;
  const bare = file!.replace(/\.(?:gz|zst)$/i, "");
  const dot = bare.lastIndexOf(".");
  const end = dot < 0 ? "" : bare.slice(dot).toLowerCase().replace(/\d+/g, "0");
  return `${folder ?? ""}\n${end}`;
}
