import { InputError } from "../errors.ts";
import { binaryKindOf, howToTakeOne } from "./binary-kinds.ts";
import { looksLikeJson } from "./json-text.ts";

/** Says what an input that is no dump looks like, and what to do about it. */
export function noDumpError(name: string, head: Uint8Array): InputError {
  const { looksLike, hint } = describeInput(head);
  return new InputError(`${name}: no goroutine dump: ${looksLike}`, { hint });
}

/** `it looks like an ELF file`: a clause that says what a file without a dump is. */
export function looksLike(head: Uint8Array): string {
  return describeInput(head).looksLike;
}

/** True when there is nothing in it but space. */
export function isBlank(head: Uint8Array): boolean {
  return head.every((byte) => byte === 32 || (byte >= 9 && byte <= 13));
}

interface Description {
  readonly looksLike: string;
  readonly hint: string;
}

function describeInput(head: Uint8Array): Description {
  if (head.length === 0) {
    return { looksLike: "the input is empty", hint: `Did the command that took it fail? ${howToTakeOne}` };
  }
  const kind = binaryKindOf(head);
  if (kind !== undefined) return { looksLike: `it looks like ${kind.title}`, hint: kind.hint };
  if (isBinary(head))
    return { looksLike: "it looks like binary data of an unknown kind", hint: howToTakeOne };
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  return describeText(text.trimStart());
}

function describeText(text: string): Description {
  if (text === "") return { looksLike: "the input is blank", hint: howToTakeOne };
  if (/^<(?:!doctype|html|head|body|\?xml)/i.test(text)) {
    const title = /<title>([^<]{1,80})/i.exec(text)?.[1]?.trim();
    return {
      looksLike: `it looks like an HTML or XML page${title ? ` titled "${printable(title)}"` : ""}`,
      hint: "Was it an error or login page, or the index page of pprof? Ask for `/debug/pprof/goroutine?debug=2`.",
    };
  }
  if (looksLikeJson(text)) {
    return {
      looksLike:
        "it looks like JSON, but not like a Delve response, a log with a traceback in it, or a snapshot",
      hint: "Save the whole response of Delve's RPCServer.ListGoroutines, or of pprof with debug=2.",
    };
  }
  const profile =
    /^(heap|allocs|threadcreate|block|mutex|--- contention|--- mutex)\b.*(?:profile|cycles)/.exec(text)?.[1];
  if (profile !== undefined) {
    return { looksLike: `it looks like another profile (${profile})`, hint: howToTakeOne };
  }
  return { looksLike: "it is text in which no goroutine is found", hint: howToTakeOne };
}

/** More than one control character in ten, or a NUL. */
function isBinary(head: Uint8Array): boolean {
  let control = 0;
  for (const byte of head) {
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27 && byte !== 12) control++;
  }
  return control * 10 > head.length;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
