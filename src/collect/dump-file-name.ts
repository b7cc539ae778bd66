/**
 * `api-1_6060.20261124T010855.123Z.goroutine-debug2.txt`: sorts by instance, then by time.
 * Characters that a shell or another system could trip over become `_`.
 */
export function dumpFileName(instance: string, takenAt: Date, kind: string, extension: string): string {
  const time = takenAt.toISOString().replace(/[-:]/g, "");
  return `${fileNamePart(instance)}.${time}.${kind}.${extension}`;
}

function fileNamePart(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9.-]+/g, "_").replace(/^[._]+|[._]+$/g, "");
  return safe.slice(0, 100) || "target";
}

/** The instance part of a name that `dumpFileName` made, whatever the directory; undefined for other names. */
export function instanceOfFile(path: string): string | undefined {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return /^(.{1,200}?)\.\d{8}T\d{6}\.\d{3}Z\.[a-z]/.exec(name)?.[1];
}
