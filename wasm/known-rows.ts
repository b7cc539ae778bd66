// AssemblyScript: `npm run wasm` compiles it into src/model/known-rows-kernel.ts.
// The inner loop of Tally.follow: rows of which nothing is new, as nearly all of a million are.

/** As in src/model/known-rows.ts: addresses of columns and tables, numbers, and what it answers. */
@inline const of_stack = 0;
@inline const of_id = 4;
@inline const of_weight = 8;
@inline const of_minutes = 12;
@inline const of_flags = 16;
@inline const of_labels = 20;
@inline const of_creator = 24;
@inline const of_resource = 28;
@inline const of_kind_of_row = 32;
@inline const of_kind_of_minutes = 36;
@inline const of_rows = 40;
@inline const of_weights = 44;
@inline const of_bounds = 48;
@inline const of_addresses = 52;
@inline const of_unknown = 56;
@inline const of_pairs = 60;
@inline const of_cell_stacks = 64;
@inline const of_cell_kinds = 68;
@inline const of_cell_first = 72;
@inline const of_small_creators = 76;
@inline const of_marks = 80;
@inline const of_candidates = 84;
@inline const stack_count = 88;
@inline const minutes_count = 92;
@inline const pair_width = 96;
@inline const cell_room = 100;
@inline const small_creator_count = 104;
@inline const mark_width = 108;
@inline const nameless_creator = 112;
@inline const last_creator_number = 116;
@inline const candidate_room = 120;
@inline const cell_count = 124;
@inline const candidate_count = 128;
@inline const last_creator = 136;

/**
 * Counts rows one after another, as long as their stack, kind and creator are known.
 *
 * @param from the first row
 * @param to no row here or behind
 * @param tables where all of the above is
 * @returns the row that it stopped at
 */
export function follow(from: i32, to: i32, tables: i32): i32 {
  const stacks = load<i32>(tables, of_stack);
  const ids = load<i32>(tables, of_id);
  const weightOfRow = load<i32>(tables, of_weight);
  const minutes = load<i32>(tables, of_minutes);
  const flags = load<i32>(tables, of_flags);
  const labels = load<i32>(tables, of_labels);
  const creators = load<i32>(tables, of_creator);
  const resources = load<i32>(tables, of_resource);
  const kindOfRow = load<i32>(tables, of_kind_of_row);
  const kindOfMinutes = load<i32>(tables, of_kind_of_minutes);
  const rows = load<i32>(tables, of_rows);
  const weights = load<i32>(tables, of_weights);
  const bounds = load<i32>(tables, of_bounds);
  const addresses = load<i32>(tables, of_addresses);
  const unknown = load<i32>(tables, of_unknown);
  const pairs = load<i32>(tables, of_pairs);
  const smallCreators = load<i32>(tables, of_small_creators);
  const marks = load<i32>(tables, of_marks);
  const candidates = load<i32>(tables, of_candidates);
  const stackCount = load<u32>(tables, stack_count);
  const minutesCount = load<u32>(tables, minutes_count);
  const width = load<i32>(tables, pair_width);
  const smallCount = load<u32>(tables, small_creator_count);
  const markWidth = load<i32>(tables, mark_width);
  const lastCreator = load<f64>(tables, last_creator);
  const candidateRoom = load<i32>(tables, candidate_room);
  let cells = load<i32>(tables, cell_count);
  let found = load<i32>(tables, candidate_count);
  let row = from;
  for (; row < to; row++) {
    const stack = load<u32>(stacks + (row << 2));
    if (stack >= stackCount) break;
    if (load<u8>(flags + row) != 0 || load<u32>(labels + (row << 2)) != 0) break;
    if (load<u32>(weightOfRow + (row << 2)) != 1) break;
    const waited: u32 = load<i32>(minutes + (row << 2)) + 1;
    if (waited >= minutesCount) break;
    const kind = load<i32>(kindOfMinutes + (waited << 2)) - 1;
    if (kind < 0) break;
    const creator = load<f64>(creators + (row << 3));
    const small = <u32>creator;
    let number: i32;
    if (creator != creator) number = load<i32>(tables, nameless_creator);
    else if (<f64>small == creator && small < smallCount) number = load<i32>(smallCreators + (small << 2)) - 1;
    else number = creator == lastCreator ? load<i32>(tables, last_creator_number) : -1;
    if (number < 0) break;
    const pair = pairs + ((stack * width + kind) << 2);
    const count = load<i32>(pair);
    if (count == 0 && cells == load<i32>(tables, cell_room)) break;
    // Ids may be among the smallest of their stack, or none: not for this loop to say.
    const id = load<f64>(ids + (row << 3));
    if (!(id >= load<f64>(bounds + (stack << 3)))) {
      if (found == candidateRoom) break;
      store<i32>(candidates + (found << 2), row);
      found++;
    }
    if (count == 0) {
      store<i32>(load<i32>(tables, of_cell_stacks) + (cells << 2), stack);
      store<i32>(load<i32>(tables, of_cell_kinds) + (cells << 2), kind);
      store<i32>(load<i32>(tables, of_cell_first) + (cells << 2), row);
      cells++;
    }
    store<i32>(pair, count + 1);
    store<i32>(kindOfRow + (row << 2), kind);
    const ofStack = rows + (stack << 2);
    store<i32>(ofStack, load<i32>(ofStack) + 1);
    const weight = weights + (stack << 3);
    store<f64>(weight, load<f64>(weight) + 1);
    const two = addresses + (stack << 4);
    const address = load<f64>(resources + (row << 3));
    if (address != address) store<u8>(unknown + stack, 1);
    else {
      const first = load<f64>(two);
      const second = load<f64>(two, 8);
      if (first != address && second != address) {
        if (first != first) store<f64>(two, address);
        else if (second != second) store<f64>(two, address, 8);
      }
    }
    const mark = marks + ((number * markWidth + (stack >> 5)) << 2);
    store<i32>(mark, load<i32>(mark) | (1 << (stack & 31)));
  }
  store<i32>(tables, cells, cell_count);
  store<i32>(tables, found, candidate_count);
  return row;
}
