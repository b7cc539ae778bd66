/** What the line says that an author has put in place of others. */
export interface LeftOut {
  /** What the others are; `undefined` where it does not say. */
  readonly what: "goroutines" | "lines" | undefined;
  /** How many; -1 where it does not say. */
  readonly count: number;
}

/** Behind more foreign lines, dots in a goroutine are of the log, too. */
const nearby = 3;

/** Prose is longer, and so are lines of logs. */
const longest = 100;
const mostWords = 9;
const mostCounted = 1e9;

const dots = String.raw`(?:\.{3,12}|…{1,6}|。{3,12}|⋯{1,6}|⋮{1,6}|\.(?: \.){2,8})`;
const onlyDots = new RegExp(`^(?://|#|/\\*)? ?[[(<{]? ?${dots} ?[\\])>}]?(?: ?\\*/)?$`);
const dotsBefore = new RegExp(`^[[(<{]? ?${dots}`);
const dotsBehind = new RegExp(`${dots} ?[\\])>}]?$`);
const brackets = /^(?:\[[^[\]]*\]|\([^()]*\)|<[^<>]*>|\{[^{}]*\})$/;
const dashes = /^[-=*~_]{2}.*[-=*~_]{2}$/;
const comment = /^(?:\/\/|#|\/\*) ?\S/;
/** All that may stand around the words. */
const around = /^[\s[\](){}<>.…。⋯⋮\-=*~_#/+]+|[\s[\](){}<>.…。⋯⋮\-=*~_#/+]+$/g;

/** Words for nothing but this. */
const certain =
  /\b(?:elided?|omit(?:ted)?|snip(?:ped)?|abridged|abbreviated|redacted|truncated|left out|omitid[ao]s?|omess[aeio]|omis(?:es?)?|weggelassen|ausgelassen)\b|gekürzt|tronqu|опущен|пропущен|省略|略|截断|생략/i;
/** Words for it, among others. */
const rest =
  /\b(?:more|others?|another|additional|further|remaining|rest|skipp(?:ed|ing)|removed|hidden|cut|trimmed|missing|collapsed|not shown|similar|identical|same|más|mais|autres|weitere|mehr|altr[ei])\b|ещё|еще|更多|还有|其他|其余|他|더|외/i;
const goroutines = /goroutin|горутин|协程|\blike (?:it|th[aei]\w+)\b|\b(?:similar|identical|same)\b/i;
const lines = /\b(?:frames?|calls?|stacks?|(?:stack)?traces?|lines?|entries)\b|堆栈|栈|フレーム|스택/i;
const countFirst = /^(?:and |plus |with |y |et |und |\+ ?)?[~+]?\d/i;
const nothingButCount = /^\d[\d,]* \p{L}+$/u;
/** What programs count in what they print, and no author in a dump. */
const ofOutput =
  /\d (?:\w+ )?(?:errors?|warnings?|tests?|specs?|rows?|records?|results?|match(?:es)?|requests?|files?|packages?|attempts?|retries)\b/i;
const nothingLeft = /^no (?:more|other)\b/i;
/** What a program is at: a line of its log. */
const atWork = /^(?!remaining|missing|skipping|omitting)\p{L}+ing\b/iu;

/** Reads `...`, `<snip>`, `... (20 more frames)`, `[... 46 more goroutines ...]`; `undefined` for any other line. */
function parseLeftOut(line: string): LeftOut | undefined {
  if (line.length > longest) return undefined;
  const text = line.trim();
  if (onlyDots.test(text)) {
    // The end of a line that is wrapped has one of the two.
    return /[[(<{]/.test(text) === /[\])>}]/.test(text) ? { what: undefined, count: -1 } : undefined;
  }
  const inner = text.replace(around, "");
  if (inner === "" || inner.split(" ").length > mostWords || !saysSo(text, inner)) return undefined;
  const what = goroutines.test(inner) ? "goroutines" : lines.test(inner) ? "lines" : undefined;
  const count = Number(/\d[\d,]*/.exec(inner)?.[0].replaceAll(",", "") ?? -1);
  return count === 0 ? undefined : { what, count: count <= mostCounted ? count : -1 };
}

/**
 * Reads a line where it stands.
 * @param foreign lines since the last one of a dump
 * @param inside a goroutine is open, of which more lines may come
 */
export function leftOutAt(
  line: string,
  previous: string,
  foreign: number,
  inside: boolean,
): LeftOut | undefined {
  if (foreign > nearby) return undefined;
  const below = isDotBelow(line, previous);
  if (!inside && foreign > (below ? 1 : 0)) return undefined;
  return below ? { what: undefined, count: -1 } : parseLeftOut(line);
}

/** What is to be told. @param goroutine that the lines are of */
export function leftOutProblem(
  { what, count }: LeftOut,
  goroutine: number | undefined,
): { readonly message: string; readonly lost: number } {
  if (goroutine !== undefined)
    return {
      message: `the text leaves out lines of goroutine ${goroutine}: frames are missing, perhaps whole goroutines`,
      lost: -1,
    };
  if (what === "goroutines") return { message: "the text leaves out goroutines", lost: count };
  const message = "the text leaves out lines behind a goroutine, perhaps whole goroutines";
  return { message, lost: what === "lines" ? -1 : count };
}

/** @param inner the text without what stands around it */
function saysSo(text: string, inner: string): boolean {
  const before = dotsBefore.test(text);
  const within = brackets.test(text);
  const noun = goroutines.test(inner) || lines.test(inner);
  if (nothingLeft.test(inner) || (!noun && ofOutput.test(inner))) return false;
  if (certain.test(inner)) return before || within || dashes.test(text) || comment.test(text);
  if (!(before || within) || atWork.test(inner)) return false;
  if (rest.test(inner)) return noun || countFirst.test(inner);
  return noun && before && (dotsBehind.test(text) || nothingButCount.test(inner));
}

/** One of the dots that an author has put below each other. */
function isDotBelow(line: string, previous: string): boolean {
  const text = line.trim();
  return (text === "." || text === ":") && previous.trim() === text;
}
