// AssemblyScript: `npm run wasm` compiles it into src/read/traceback/scan-kernel.ts.
// The inner loop of the traceback reader. The memory's layout is made in src/read/traceback/shape-trie.ts.

/** Kinds of holes, as in shape-trie.ts; 1 to 3 say where in the row their value goes. */
const end_of_shape = 0;
const minutes = 2;
const argument = 4;
const skipped = 5;
const skipped_decimal = 6;
const labels_within = 7;
const labels_behind = 8;

/** Rows begin with shape, id, minutes, creator; the number of the labels and the arguments' values follow. */
const rowHead = 32;

/** Longer labels are not looked up. */
const longest_labels = 1024;
/** Of the table of known labels: a power of 2, of which half is filled at most. */
const label_slots = 8192;
/** A slot: hash, address of the text (0: empty), its length with the hole, number. */
const slot_size = 16;

/**
 * Recognises goroutines one after another, as long as their shape is known.
 *
 * @param from where a goroutine may begin
 * @param end the input ends here; 32 readable bytes must follow
 * @param root of the tree of known shapes
 * @param outFrom where rows of doubles go
 * @param outEnd no row begins here or behind; the longest row must fit behind it
 * @param labels table of known labels
 * @returns where it stopped; the 32-bit integer at address 0 says where the rows end
 */
export function scan(from: i32, end: i32, root: i32, outFrom: i32, outEnd: i32, labels: i32): i32 {
  let at = from;
  let out = outFrom;
  while (at < end && out < outEnd) {
    let p = at;
    let tree = root;
    let values = out + rowHead;
    store<f64>(out, -1, 16);
    store<f64>(out, NaN, 24);
    let shape = -1;
    while (true) {
      // A probe: offset, byte, low, high. Its address is marked by the lowest bit.
      while (tree & 1) {
        tree = <u32>load<u8>(p + load<i32>(tree, 3)) <= load<u32>(tree, 7) ? load<i32>(tree, 11) : load<i32>(tree, 15);
      }
      if (tree == 0) break;
      // A node: length, hole, next, and at 16 its bytes.
      const length = load<i32>(tree);
      if (p + length > end || !same(p, tree + 16, length)) break;
      p += length;
      const hole = load<i32>(tree, 4);
      const next = load<i32>(tree, 8);
      if (hole == end_of_shape) {
        shape = next;
        break;
      }
      if (hole == argument || hole == skipped) {
        const digits = hexLength(p);
        if (digits == 0) break;
        if (hole == argument) {
          // More would not fit a double.
          if (digits > 13) break;
          store<f64>(values, hexValue(p, digits));
          values += 8;
        }
        p += digits;
      } else if (hole == minutes) {
        p = minutesAt(p, out);
      } else if (hole >= labels_within) {
        const stop = labelsEnd(p);
        if (stop > end) break;
        const slot = slotOf(labels, p, stop - p, hole);
        if (load<i32>(slot, 4) == 0) break;
        store<f64>(values, <f64>load<i32>(slot, 12));
        values += 8;
        p = stop;
      } else {
        const start = p;
        let value: i64 = 0;
        for (let digit = <u32>load<u8>(p) - 48; digit < 10; digit = <u32>load<u8>(++p) - 48) value = value * 10 + digit;
        if (p == start || p - start > (hole == skipped_decimal ? 19 : 15)) break;
        if (hole != skipped_decimal) store<f64>(out + (hole << 3), <f64>value);
      }
      tree = next;
    }
    if (shape < 0) break;
    store<f64>(out, <f64>shape);
    out = values;
    at = p;
  }
  store<i32>(0, out);
  return at;
}

/** Stores the minutes of `, 5 minutes`, where such a text is; returns where it ends. */
@inline
function minutesAt(from: i32, out: i32): i32 {
  if (load<u16>(from) != 0x202c) return from;
  let p = from + 2;
  let value: i32 = 0;
  for (let digit = <u32>load<u8>(p) - 48; digit < 10 && p < from + 11; digit = <u32>load<u8>(++p) - 48) value = value * 10 + digit;
  // " minutes", as the eight bytes of one number.
  if (p == from + 2 || load<u64>(p) != 0x736574756e696d20) return from;
  store<f64>(out, <f64>value, 16);
  return p + 8;
}

/**
 * Adds labels to the table.
 * @param text address of what stands in a goroutine's text from behind `{` to the end of the line; 16 readable bytes must follow
 * @param hole whether it stands within the brackets or behind them
 */
export function addLabels(labels: i32, text: i32, length: i32, hole: i32, number: i32): void {
  const slot = slotOf(labels, text, length, hole);
  store<i32>(slot, hashOf(text, length, hole));
  store<i32>(slot, text, 4);
  store<i32>(slot, (length << 4) | hole, 8);
  store<i32>(slot, number, 12);
}

/** The slot of labels, or the empty one in which they belong. */
function slotOf(labels: i32, text: i32, length: i32, hole: i32): i32 {
  const hash = hashOf(text, length, hole);
  let index = hash ^ (hash >>> 15);
  while (true) {
    const slot = labels + (index & (label_slots - 1)) * slot_size;
    const known = load<i32>(slot, 4);
    if (known == 0) return slot;
    if (load<i32>(slot) == hash && load<i32>(slot, 8) == ((length << 4) | hole) && same(known, text, length)) return slot;
    index++;
  }
}

function hashOf(text: i32, length: i32, hole: i32): i32 {
  const end = text + length;
  let hash = hole;
  let p = text;
  for (; p + 4 <= end; p += 4) hash = (rotl<i32>(hash, 5) ^ load<i32>(p)) * 0x5bd1e995;
  for (; p < end; p++) hash = (rotl<i32>(hash, 5) ^ <i32>load<u8>(p)) * 0x5bd1e995;
  return hash;
}

/** Where the line ends, or, when it is too long, some place in it. */
function labelsEnd(from: i32): i32 {
  for (let p = from; p < from + longest_labels; p += 16) {
    const ends = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(10)));
    if (ends == 0) continue;
    const end = p + i32.ctz(ends);
    return end > from && load<u8>(end - 1) == 13 ? end - 1 : end;
  }
  return from;
}

@inline
function same(a: i32, b: i32, length: i32): bool {
  let p = a;
  let q = b;
  let n = length;
  while (n >= 16) {
    if (v128.any_true(v128.xor(v128.load(p), v128.load(q)))) return false;
    p += 16;
    q += 16;
    n -= 16;
  }
  const differing = i8x16.bitmask(i8x16.ne(v128.load(p), v128.load(q)));
  return (differing & ((1 << n) - 1)) == 0;
}

/** How many of the next 16 bytes are hexadecimal digits, up to the first that is none. */
@inline
function hexLength(p: i32): i32 {
  const text = v128.load(p);
  const digit = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x30)), i8x16.splat(10));
  const letter = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x61)), i8x16.splat(6));
  return i32.ctz(~i8x16.bitmask(v128.or(digit, letter)));
}

/** The value of `length` hexadecimal digits, all at once. */
@inline
function hexValue(p: i32, length: i32): f64 {
  const text = v128.load(p);
  const digit = i8x16.sub(text, i8x16.splat(0x30));
  const letter = i8x16.add(i8x16.sub(text, i8x16.splat(0x61)), i8x16.splat(10));
  const nibbles = v128.bitselect(digit, letter, i8x16.lt_u(digit, i8x16.splat(10)));
  // To the right end, zeros before; then pairs become bytes, and bytes change their order.
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const aligned = i8x16.swizzle(nibbles, i8x16.sub(lanes, i8x16.splat(<i8>(16 - length))));
  const bytes = v128.or(i16x8.shl(v128.and(aligned, i16x8.splat(0xff)), 4), i16x8.shr_u(aligned, 8));
  const value = i8x16.swizzle(bytes, i8x16(14, 12, 10, 8, 6, 4, 2, 0, -1, -1, -1, -1, -1, -1, -1, -1));
  return <f64>i64x2.extract_lane(value, 0);
}
