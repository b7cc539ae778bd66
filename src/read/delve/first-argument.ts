/** First arguments that name what a goroutine waits for. */
const firstNames: Readonly<Record<string, string>> = {
  "runtime.chansend": "c",
  "runtime.chanrecv": "c",
  "runtime.semacquire1": "addr",
  "sync.runtime_notifyListWait": "l",
};

/** The compiler may leave out an argument altogether; the next variable must not be taken for it. */
export function lacksFirst(fn: string, name: string, type: string): boolean {
  if (Object.hasOwn(firstNames, fn)) return name !== firstNames[fn];
  const receiver = /^[^([]*\(\*([^)[]+)/.exec(fn)?.[1];
  if (receiver === undefined || fn.includes(").func") || type === "") return false;
  const plain = type.split("[", 1)[0]!;
  return !(plain.startsWith("*") && plain.endsWith(`.${receiver}`));
}
