/** What a file is that holds no dump as text, though text of the runtime may stand in it. */
export interface BinaryKind {
  /** `an executable (ELF)`. */
  readonly title: string;
  readonly hint: string;
}

export const howToTakeOne =
  "Save a dump with `curl -o dump.txt 'http://HOST:PORT/debug/pprof/goroutine?debug=2'` or send the process SIGQUIT.";

const executable = `It is the program, not what its goroutines did. ${howToTakeOne}`;
const core = "Read it with `deadlock-lint collect --core CORE --exe BINARY`.";
const asText = "The dump is needed as text.";

const magics: readonly (readonly [magic: string, title: string, hint: string])[] = [
  ["!<arch>\n", "an archive of object files", executable],
  ["\0asm", "a WebAssembly module", executable],
  ["MDMP", "a minidump of Windows", core],
  ["\x89PNG", "a picture", asText],
  ["%PDF", "a PDF document", asText],
  ["\xfd7zXZ\0", "xz data", "Unpack it with `unxz` first."],
  ["\x04\x22\x4d\x18", "lz4 data", "Unpack it with `unlz4` first."],
  ["\x02\x21\x4c\x18", "lz4 data", "Unpack it with `unlz4` first."],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first."],
  ["Rar!\x1a\x07", "a RAR archive", "Unpack it first."],
];
const bzip2: BinaryKind = { title: "bzip2 data", hint: "Unpack it with `bunzip2` first." };
const trace: BinaryKind = { title: "a Go execution trace", hint: howToTakeOne };

/** Tells kinds of binary files by their first bytes. */
export function binaryKindOf(head: Uint8Array): BinaryKind | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const program = elf(head, view) ?? machO(view) ?? pe(head, view);
  if (program !== undefined) return program;
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 32)).toString("latin1");
  if (/^BZh[1-9]1AY&SY/.test(text)) return bzip2;
  if (/^go 1\.\d{1,3} trace\0/.test(text)) return trace;
  const [, title, hint = howToTakeOne] = magics.find(([magic]) => text.startsWith(magic)) ?? [];
  return title === undefined ? undefined : { title, hint };
}

function elf(head: Uint8Array, view: DataView): BinaryKind | undefined {
  if (head.length < 4 || view.getUint32(0) !== 0x7f454c46) return undefined;
  const isCore = head.length >= 18 && view.getUint16(16, head[5] !== 2) === 4;
  return isCore
    ? { title: "an ELF file (a core file)", hint: core }
    : { title: "an ELF file (an executable or a library)", hint: executable };
}

function machO(view: DataView): BinaryKind | undefined {
  if (view.byteLength < 16) return undefined;
  const littleEndian = [0xcefaedfe, 0xcffaedfe].includes(view.getUint32(0));
  const isCore = view.getUint32(12, littleEndian) === 4;
  if (littleEndian || [0xfeedface, 0xfeedfacf].includes(view.getUint32(0)))
    return isCore
      ? { title: "a Mach-O file (a core file)", hint: core }
      : { title: "a Mach-O file (an executable or a library)", hint: executable };
  // Classes of Java begin alike, and have a version here that is higher than the number of architectures.
  const isFat = view.getUint32(0) === 0xcafebabe && view.getUint32(4) < 45;
  return isFat ? { title: "a Mach-O file (of several architectures)", hint: executable } : undefined;
}

function pe(head: Uint8Array, view: DataView): BinaryKind | undefined {
  if (head.length < 64 || view.getUint16(0) !== 0x4d5a) return undefined;
  const at = view.getUint32(60, true);
  const isPe = at + 4 <= head.length && view.getUint32(at) === 0x50450000;
  return isPe ? { title: "a program of Windows", hint: executable } : undefined;
}
