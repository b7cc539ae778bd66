/** What the list says of a goroutine, as far as it decides which ones to look at closely. */
export interface ListedGoroutine {
  readonly id: number;
  readonly status: number;
  readonly waitReason: number;
  /** All places that the list shows: current, user, start and `go` location. */
  readonly location: string;
  /** The user location and the `go` statement as Delve names groups: `/src/main.go:95 in main.f`. */
  readonly groupNames: Readonly<Record<GroupedBy, string>>;
  /** Started by the runtime for itself. */
  readonly system: boolean;
}

/** How Delve is asked to group goroutines: by user location, by `go` statement. */
export type GroupedBy = "user" | "go";

/** Goroutines that the list shows at one place, waiting for one reason, started by one statement. */
export interface LocationGroup {
  readonly status: number;
  readonly waitReason: number;
  readonly system: boolean;
  /** The `go` statement as Delve names groups. */
  readonly goStatement: string;
  readonly ids: number[];
}

/** Statuses of a goroutine that waits: waiting, and leaked (Go 1.26). */
const waitingStatuses: ReadonlySet<number> = new Set([4, 10]);

/** True when the goroutine is parked, so that its wait reason is not left over from an earlier wait. */
export function isParked(group: Pick<LocationGroup, "status">): boolean {
  return waitingStatuses.has(group.status & 0xfff);
}

/** Groups the listed goroutines by all that the list tells apart. */
export class Locations {
  readonly groups = new Map<string, LocationGroup>();
  readonly #named: Readonly<Record<GroupedBy, Map<string, Set<LocationGroup>>>> = {
    user: new Map(),
    go: new Map(),
  };
  goroutines = 0;

  add(goroutine: ListedGoroutine): void {
    this.goroutines++;
    const reason = isParked(goroutine) ? goroutine.waitReason : 0;
    const key = `${goroutine.location}\u0000${goroutine.status}\u0000${reason}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      group = {
        status: goroutine.status,
        waitReason: reason,
        system: goroutine.system,
        goStatement: goroutine.groupNames.go,
        ids: [],
      };
      this.groups.set(key, group);
      for (const by of ["user", "go"] as const) {
        const name = goroutine.groupNames[by];
        this.#named[by].set(name, (this.#named[by].get(name) ?? new Set()).add(group));
      }
    }
    group.ids.push(goroutine.id);
  }

  /** True when everyone whom the group's `go` statement started is in it. */
  hasAllOfItsGoStatement(group: LocationGroup): boolean {
    return this.#named.go.get(group.goStatement)?.size === 1;
  }

  /** All that are in one group of Delve's, by its name. */
  named(by: GroupedBy, name: string): LocationGroup[] {
    return [...(this.#named[by].get(name) ?? [])];
  }
}

const rare = 5;

/** A group so small that each of its goroutines is looked at. */
export function isRare(group: LocationGroup): boolean {
  return group.ids.length <= rare;
}

/** Stacks of a larger group that are looked at first; more follow only if they differ. */
const firstLook = 3;

/** Ids to look at in round `round` (from 0): all of a rare group, a few of a large one, spread over it. */
export function sampleIds(group: LocationGroup, round: number): number[] {
  const ids = group.ids;
  if (group.system) return round === 0 ? ids.slice(0, 1) : [];
  if (isRare(group)) return round === 0 ? ids : [];
  const wanted = Math.min(ids.length, firstLook * 4 ** round);
  const spread = new Set<number>();
  for (let i = 0; i < wanted; i++)
    spread.add(ids[Math.round((i * (ids.length - 1)) / Math.max(1, wanted - 1))]!);
  return [...spread];
}

/** Reads a goroutine of Delve's list; undefined when Delve could not read it. */
export function listedGoroutine(value: unknown): ListedGoroutine | undefined {
  const g = value as {
    id?: unknown;
    status?: unknown;
    waitReason?: unknown;
    unreadable?: unknown;
    userCurrentLoc?: DelveLocation;
    currentLoc?: DelveLocation;
    startLoc?: DelveLocation;
    goStatementLoc?: DelveLocation;
  } | null;
  if (typeof g?.id !== "number" || (typeof g.unreadable === "string" && g.unreadable !== ""))
    return undefined;
  const start = g.startLoc?.function?.name ?? "";
  return {
    id: g.id,
    status: typeof g.status === "number" ? g.status : 4,
    waitReason: typeof g.waitReason === "number" ? g.waitReason : 0,
    system: start.startsWith("runtime.") && start !== "runtime.main",
    groupNames: { user: groupName(g.userCurrentLoc), go: groupName(g.goStatementLoc) },
    location: [g.userCurrentLoc, g.currentLoc, g.startLoc, g.goStatementLoc].map(place).join("|"),
  };
}

interface DelveLocation {
  readonly file?: string;
  readonly line?: number;
  readonly function?: { readonly name?: string } | null;
}

function groupName(location: DelveLocation | undefined): string {
  return `${location?.file ?? ""}:${location?.line ?? 0} in ${location?.function?.name ?? "?"}`;
}

function place(location: DelveLocation | undefined): string {
  return `${location?.function?.name ?? ""}@${location?.file ?? ""}:${location?.line ?? 0}`;
}
