// AssemblyScript: `npm run wasm` compiles it into src/read/traceback/learned-rows-kernel.ts.
// The inner loop of LearnedRows.take: rows of a batch go into the columns of a dump.

/** As in src/read/traceback/arena-rows.ts: addresses of columns and tables, numbers, and what it answers. */
@inline const of_id = 0;
@inline const of_stack = 4;
@inline const of_weight = 8;
@inline const of_minutes = 12;
@inline const of_flags = 16;
@inline const of_creator = 20;
@inline const of_resource = 24;
@inline const of_labels = 28;
@inline const of_argument_start = 32;
@inline const of_arguments = 36;
@inline const of_shapes = 40;
@inline const of_id_entries = 44;
@inline const of_id_bits = 48;
@inline const shape_count = 52;
@inline const id_mask = 56;
@inline const id_last = 60;
@inline const id_used = 64;
@inline const next_row = 68;
@inline const next_argument = 72;
@inline const line_count = 76;
@inline const longest_wait = 80;

/** A shape, all zero where it is not for this loop. */
@inline const shape_size = 96;
@inline const is_usable = 0;
@inline const shape_stack = 4;
@inline const resource_offset = 8;
@inline const value_count = 16;
@inline const resource_place = 20;
@inline const shape_flags = 24;
@inline const shape_labels = 28;
@inline const shape_lines = 32;
@inline const slot_count = 36;
@inline const slots = 40;

/**
 * Takes rows one after another, as long as their shape is usable and their id was not there before.
 *
 * @param from where a row begins
 * @param to the batch ends here
 * @param tables where all of the above is
 * @returns where it stopped
 */
export function take(from: i32, to: i32, tables: i32): i32 {
  const ids = load<i32>(tables, of_id);
  const stacks = load<i32>(tables, of_stack);
  const weights = load<i32>(tables, of_weight);
  const minutes = load<i32>(tables, of_minutes);
  const flags = load<i32>(tables, of_flags);
  const creators = load<i32>(tables, of_creator);
  const resources = load<i32>(tables, of_resource);
  const labels = load<i32>(tables, of_labels);
  const starts = load<i32>(tables, of_argument_start);
  const shapes = load<i32>(tables, of_shapes);
  const entries = load<i32>(tables, of_id_entries);
  const bits = load<i32>(tables, of_id_bits);
  const shapeCount = load<u32>(tables, shape_count);
  const mask = load<i32>(tables, id_mask);
  let last = load<i32>(tables, id_last);
  let used = load<i32>(tables, id_used);
  let row = load<i32>(tables, next_row);
  let argument = load<i32>(tables, next_argument);
  let into = load<i32>(tables, of_arguments) + (argument << 3);
  let lines = load<i32>(tables, line_count);
  let longest = load<i32>(tables, longest_wait);
  let at = from;
  while (at < to) {
    const kind = <i32>load<f64>(at);
    // Items are negative.
    if (<u32>kind >= shapeCount) break;
    const shape = shapes + kind * shape_size;
    if (load<i32>(shape, is_usable) == 0) break;
    const id = load<f64>(at, 8);
    const whole = <i64>id;
    if (whole == 0 || <f64>whole != id) break;
    // As IdSet.add: open addressing, an entry for each 32 ids in a row.
    const number = (whole >> 5) + 1;
    const entry = <f64>number;
    let slot = last;
    let found = load<f64>(entries + (slot << 3));
    if (found != entry) {
      slot = (<i32>number ^ <i32>(number >> 32)) & mask;
      for (;;) {
        found = load<f64>(entries + (slot << 3));
        if (found == 0 || found == entry) break;
        slot = (slot + 1) & mask;
      }
    }
    const bitsOfEntry = bits + (slot << 2);
    const known = load<i32>(bitsOfEntry);
    const bit = 1 << (<i32>whole & 31);
    if (found == 0) {
      if ((used + 1) * 2 > mask) break;
      used++;
      store<f64>(entries + (slot << 3), entry);
    } else if (known & bit) break;
    store<i32>(bitsOfEntry, known | bit);
    last = slot;
    const values = at + 32;
    store<f64>(ids + (row << 3), id);
    store<i32>(stacks + (row << 2), load<i32>(shape, shape_stack));
    store<i32>(weights + (row << 2), 1);
    const waited = <i32>load<f64>(at, 16);
    if (waited > longest) longest = waited;
    store<i32>(minutes + (row << 2), waited);
    store<f64>(creators + (row << 3), load<f64>(at, 24));
    // Memory that was never touched is zero already.
    const flag = load<i32>(shape, shape_flags);
    if (flag != 0) store<u8>(flags + row, <u8>flag);
    const label = load<i32>(shape, shape_labels);
    if (label != 0) store<i32>(labels + (row << 2), label);
    const place = load<i32>(shape, resource_place);
    let resource: f64 = NaN;
    if (place >= 0) {
      const address = load<f64>(values + (place << 3));
      if (address != 0) resource = address + load<f64>(shape, resource_offset);
    }
    store<f64>(resources + (row << 3), resource);
    store<i32>(starts + (row << 2), argument);
    const count = load<i32>(shape, slot_count);
    for (let i = 0; i < count; i++) {
      const from = load<i32>(shape + (i << 2), slots);
      store<f64>(into, from < 0 ? NaN : load<f64>(values + (from << 3)));
      into += 8;
    }
    argument += count;
    row++;
    lines += load<i32>(shape, shape_lines);
    at = values + (load<i32>(shape, value_count) << 3);
  }
  store<i32>(tables, last, id_last);
  store<i32>(tables, used, id_used);
  store<i32>(tables, row, next_row);
  store<i32>(tables, argument, next_argument);
  store<i32>(tables, lines, line_count);
  store<i32>(tables, longest, longest_wait);
  return at;
}
